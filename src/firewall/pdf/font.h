#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/pdf/budget.h"
#include "firewall/pdf/cmap.h"
#include "firewall/pdf/encodings.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

/// What a font's codes mean and how wide they are (ISO 32000-1, 9.6 to 9.10). Immutable once read.
class Font {
 public:
  static std::shared_ptr<const Font> read(const QPDFObjectHandle& dictionary, Budget& budget);

  struct Glyph {
    double width = 0;     // in units of the font's size
    bool mapped = false;  // it is known what it means
    bool blank = false;   // the code 32 of one byte, to which word spacing applies
  };
  /// Takes a code off `bytes`, which are not empty, and appends its text.
  Glyph take(std::string_view& bytes, std::string& out) const;
  /// How high a line of it is, in units of its size.
  double height() const { return height_; }

 private:
  struct Widths {
    uint32_t first = 0;
    uint32_t last = 0;
    std::vector<double> each;  // one for all of them, or one for each
  };

  void read_simple(const QPDFObjectHandle& dictionary, Budget& budget);
  void read_type3(const QPDFObjectHandle& dictionary);
  void read_differences(QPDFObjectHandle differences, Budget& budget);
  void read_composite(const QPDFObjectHandle& dictionary, Budget& budget);
  void read_wide_widths(QPDFObjectHandle array, Budget& budget);
  size_t code_bytes(std::string_view bytes) const;
  bool append(uint32_t code, std::string& out) const;
  double width(uint32_t code) const;

  bool composite_ = false;
  bool multi_byte_ = false;  // a CMap of old times: one byte, or two if the first has its high bit
  bool utf16_ = false;       // codes are UTF-16
  std::optional<CMap> to_unicode_;
  std::optional<CMap> code_spaces_;
  std::shared_ptr<const Encoding> encoding_;
  std::vector<Widths> widths_;  // by `first`
  double default_width_ = 0;
  bool standard_widths_ = false;  // nothing was told: those of Helvetica
  double unit_ = 0.001;           // of widths
  double height_ = 1;
};

}  // namespace gatehouse::firewall::pdf
