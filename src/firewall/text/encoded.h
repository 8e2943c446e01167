#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// Appends a child for each encoded or hidden span of `out.clean`, with `clean` holding the raw
/// decoded text; `normalise` finishes them. Linear: each decoder reads a byte a few times at most.
void find_encoded(Normalised& out, size_t max_children);

/// Whether bytes decoded from something read as text: valid UTF-8, few control characters, mostly
/// letters, digits and spaces. What decides that a run of characters was an encoding.
bool reads_as_text(std::string_view bytes);

/// What a character stands for in base64, in both alphabets; negative if it stands in neither.
int base64_value(char c);

// The decoders, each for one run of its alphabet, without surrounding text. Empty where the run is
// not such an encoding, of UTF-8 or UTF-16. RFC 4648 for base64 (both alphabets, padding optional)
// and base32.
std::optional<std::string> decode_base64(std::string_view run);
/// The bytes of a base64 run whatever they are; empty where it holds other characters.
std::string base64_bytes(std::string_view run);
/// Base64 that comes cut into pieces, taken as long as it may be a text.
class Base64Pieces {
 public:
  /// The next piece, of the alphabet and line breaks. False, and nothing taken, where it is none.
  bool take(std::string_view piece);
  std::optional<std::string> text() &&;

 private:
  std::string bytes_;
  unsigned held_ = 0;
  unsigned bits_ = 0;
  size_t read_ = 0;  // bytes known to be text
  size_t odd_ = 0;   // control characters among them
};
std::optional<std::string> decode_base32(std::string_view run);
std::optional<std::string> decode_hex(std::string_view run);      // "4f76…", also with separators
std::optional<std::string> decode_ascii85(std::string_view run);  // without <~ ~>
std::optional<std::string> decode_base85(std::string_view run);   // RFC 1924's alphabet, Git's
/// One line: a character for its length, then four for each three bytes. Bytes of any kind; empty
/// where it is no such line.
std::optional<std::string> decode_uu_line(std::string_view line);
std::optional<std::string> decode_decimal(std::string_view run);  // "73 103 110", any signs between
std::optional<std::string> decode_morse(std::string_view run);
std::optional<std::string> decode_binary(std::string_view run);
/// Percent signs, \u, \x and octal escapes, HTML character references and quoted-printable, each
/// decoded where it stands; other bytes are kept. The counts say how many of each kind there were.
/// Quoted-printable only on request: "a=20" is also half of a query string.
struct Unescaped {
  std::string text;
  uint32_t percent = 0;
  uint32_t entities = 0;
  uint32_t escapes = 0;
};
Unescaped unescape(std::string_view text, bool quoted_printable = false);

}  // namespace gatehouse::firewall
