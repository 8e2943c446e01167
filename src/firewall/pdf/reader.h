#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The texts of PDF files (ISO 32000), with what they keep from a reader's eyes set apart.
namespace gatehouse::firewall::pdf {

/// How a text escapes whoever looks at the page.
enum class Trick : uint8_t {
  invisible,    // drawn with neither fill nor stroke, or transparent
  same_colour,  // as what it stands on: white on the page
  tiny,         // smaller than a point
  outside,      // beyond the page's edges, or clipped
  alternative,  // told instead of what is drawn: ActualText, Alt
  annotation,
  field,  // of a form
  metadata,
  action,  // scripts and addresses
};
inline constexpr size_t kTrickCount = static_cast<size_t>(Trick::action) + 1;
/// What findings in such a text carry as evidence: "hidden:white".
std::string_view evidence(Trick trick);

/// Why a file, or a part of it, can't be read.
enum class Gap : uint8_t {
  not_pdf,
  encrypted,  // and a password is needed
  broken,     // nothing of it can be made out
  over_limit,
  damaged,   // in a part
  unmapped,  // a font that does not tell its characters
  pictures,  // there is no text, but there are pictures
};
inline constexpr size_t kGapCount = static_cast<size_t>(Gap::pictures) + 1;
/// "encrypted", "over a limit".
std::string_view to_string(Gap gap);

/// Of all files that one reader reads. What is beyond is not read, and told as a gap.
struct Limits {
  size_t bytes = 32U << 20;    // of one file
  size_t read = 256U << 20;    // bytes read of files, some of them again and again
  size_t tokens = 1U << 20;    // of objects: some 250 bytes of memory each
  size_t decoded = 64U << 20;  // bytes that filters give
  size_t steps = 1U << 18;     // pages, fonts, forms, annotations, fields and the like
  size_t text = 1U << 20;      // bytes, of pages and beside them
  size_t stack = 256U << 10;   // bytes that a chain of references may take
};

struct Hidden {
  Trick trick = Trick::invisible;
  std::string text;
};

/// Texts in the order in which they are drawn. UTF-8, as far as the file's own texts are.
struct Document {
  std::string visible;
  /// Everything that the pages hold, as programs extract it. Empty where that is nothing else than
  /// `visible`, or all is hidden in one way.
  std::string all;
  std::vector<Hidden> hidden;  // one for each trick, ordered
  std::vector<Gap> gaps;       // ordered; empty: all was read
  size_t pages = 0;
};

class Budget;

/// Reads the files of one request. Never throws; time and memory are linear in the limits, whatever
/// a file holds. Milliseconds for a usual file, seconds at worst: not for an event loop. One reader
/// belongs to one thread at a time; several may read at once.
class Reader {
 public:
  explicit Reader(const Limits& limits = {});
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Document read(std::string_view bytes);

 private:
  std::unique_ptr<Budget> budget_;
};

/// Whether a file says of itself that it is a PDF: its mark stands in the first kilobyte.
bool is_pdf(std::string_view bytes);

}  // namespace gatehouse::firewall::pdf
