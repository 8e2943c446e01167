#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firewall/text/fold_table.h"
#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// Collects runs of code points that are not drawn but can carry a text: tag characters, variation
/// selectors (16 and up are bytes, as the published emoji trick has it), and two kinds of
/// zero-width characters used as bits. A run that spells printable text becomes a child.
class HiddenText {
 public:
  /// Whether the code point belongs to a run (begun or gone on). If not, the caller flushes.
  bool take(char32_t value, FoldKind kind, size_t begin, size_t end, Normalised& out);
  /// Ends the run that is open, if any.
  void flush(Normalised& out, size_t at) {
    if (!run_.empty()) finish(out, at);
    black_flag_ = false;
  }

 private:
  enum class Run : uint8_t { none, tags, selectors, bits };
  void finish(Normalised& out, size_t at);
  void finish_tags(Normalised& out, size_t at);
  void finish_selectors(Normalised& out, size_t at);
  void finish_bits(Normalised& out, size_t at);

  std::u32string run_;
  size_t begin_ = 0;
  Run kind_ = Run::none;
  bool black_flag_ = false;  // U+1F3F4 stood before: tags spell a region's flag
};

}  // namespace gatehouse::firewall
