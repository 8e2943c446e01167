#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/text/offset_map.h"

namespace gatehouse::firewall {

/// How a hidden or encoded text was found. `to_string` gives what findings carry as evidence.
enum class Decoding : uint8_t {
  tag_characters,
  variation_selectors,
  zero_width_bits,
  base64,
  base32,
  ascii85,
  hex,
  decimal,
  percent,
  html_entities,
  escapes,  // \uXXXX, \xXX, \ooo, quoted-printable
  rot13,
  substitution,  // other alphabets: Caesar, Atbash, ROT47
  uuencode,
  morse,
  binary,
  reversed,
  upside_down,
  html_comment,
  hidden_markup,  // white, zero-size or display:none text; alt and title text
};
inline constexpr size_t kDecodingCount = static_cast<size_t>(Decoding::hidden_markup) + 1;
std::string_view to_string(Decoding decoding);

/// How much a text hides, by trick. Counts of code points unless the name says words.
struct Evidence {
  uint32_t invalid_utf8 = 0;
  uint32_t invisible = 0;          // anywhere, joiners in emoji and scripts that need them included
  uint32_t invisible_in_word = 0;  // between ASCII letters or digits, where no script needs them
  uint32_t bidi = 0;               // overrides and embeddings only
  uint32_t marks = 0;              // combining marks taken off
  uint32_t styled = 0;
  uint32_t turned = 0;
  uint32_t tags = 0;
  uint32_t selectors = 0;  // variation selectors beyond the one that an emoji may have
  uint32_t mixed_words = 0;
  uint32_t leet_words = 0;
  uint32_t scrambled_words = 0;
  uint32_t spaced_words = 0;  // letters set apart by one separator
  uint32_t stretched_words = 0;
  uint32_t joined_words = 0;  // words glued together or joined by _ . -
  uint32_t odd_case_words = 0;
  uint32_t children = 0;

  /// 0 (plain text) to 1: how much effort went into hiding. Accents, emoji and other scripts do not
  /// count. Encoding alone is not hiding: children do not count either.
  float score(size_t text_bytes) const;
  /// Whether some of it is what no reader sees at all, not what only looks odd.
  bool unseen() const { return tags > 0 || selectors > 0 || bidi > 0; }
};

/// A text found inside another one by decoding.
struct Child {
  std::string clean;      // as Normalised::clean, of the decoded text
  std::string canonical;  // the same in lower case, with word tricks undone
  uint32_t begin = 0;     // the encoded span in the ORIGINAL text
  uint32_t end = 0;
  Decoding how = Decoding::base64;
  uint8_t depth = 1;
};

/// What the normaliser makes of one text. Reused from text to text, so that it stops allocating.
/// `original` must outlive it.
struct Normalised {
  std::string_view original;
  /// Code points folded and cleaned, the case of ASCII letters kept: what case-sensitive detectors
  /// scan. `map` leads back to the original.
  std::string clean;
  /// `clean` in lower case, byte for byte as long, so that `map` holds for it too.
  std::string canonical;
  OffsetMap map;
  /// A second view in lower case with leet, spacing, stretching, scrambling and glueing undone;
  /// empty where there is no evidence of such tricks.
  std::string undone;
  OffsetMap undone_map;
  /// Words stand there in pieces, which only `undone` has together.
  bool in_pieces = false;
  /// Decoded texts, outer before inner.
  std::vector<Child> children;
  Evidence evidence;
};

struct NormaliserLimits {
  uint32_t max_depth = 3;
  uint32_t max_children = 64;
  /// Decoded bytes of all children together, as a multiple of the original's size.
  uint32_t max_expansion = 3;
};

/// One pass over `original` (at most 2 GiB; what is beyond is not looked at), then the passes that
/// the evidence calls for. Linear in the size of the text. Pure and thread-safe.
void normalise(std::string_view original, Normalised& out, const NormaliserLimits& limits = {});

/// The first part alone: clean and canonical view, map and the evidence of code points. For streams
/// and for texts that need no decoding.
void clean_text(std::string_view original, Normalised& out);

/// ASCII letters of `text` in lower case; the other bytes as they are. `out` is overwritten.
void lower_ascii(std::string_view text, std::string& out);

}  // namespace gatehouse::firewall
