#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/pdf/budget.h"

namespace gatehouse::firewall::pdf {

/// What the codes of a font mean: a ToUnicode CMap, or how long codes are in an encoding's CMap
/// (ISO 32000-1, 9.7.5 and 9.10.3).
class CMap {
 public:
  /// Reads what it can make out. Linear in the text.
  static CMap parse(std::string_view text, Budget& budget);

  /// Appends as UTF-8 what the code means; false where the map does not say.
  bool append(uint32_t code, std::string& out) const;
  /// Bytes of the code that `bytes` begins with, by the code space ranges; 0: there are none.
  size_t code_bytes(std::string_view bytes) const;

 private:
  struct Entry {
    uint32_t first = 0;
    uint32_t last = 0;
    std::u32string text;  // of `first`; the last character counts on
  };
  struct Space {
    std::string low, high;
  };
  friend class CMapReader;

  std::vector<Entry> entries_;  // by `first`
  std::vector<Space> spaces_;
};

/// Text in UTF-16BE as code points; lone surrogates are left out.
std::u32string from_utf16(std::string_view bytes);

}  // namespace gatehouse::firewall::pdf
