#include "firewall/pdf/font.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "firewall/pdf/objects.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall::pdf {
namespace {

constexpr size_t kMostWidths = 65'536;
constexpr size_t kMostDifferences = 1'024;

/// Of Helvetica's glyphs from blank to tilde, for fonts that every reader has and that need not
/// tell theirs.
constexpr std::array<short, 95> kHelvetica = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};
constexpr double kOtherWidth = 556;
constexpr double kCourierWidth = 600;

std::shared_ptr<const Encoding> lasting(const Encoding& encoding) {
  return {std::shared_ptr<void>(), &encoding};
}

/// An encoding by its name. Where none is told it is the font's own, which is mostly like these.
std::shared_ptr<const Encoding> base_encoding(const std::string& name, const std::string& subtype) {
  if (name == "WinAnsiEncoding") return lasting(win_ansi_encoding());
  if (name == "MacRomanEncoding") return lasting(mac_roman_encoding());
  if (name == "StandardEncoding") return lasting(standard_encoding());
  return lasting(subtype == "TrueType" ? win_ansi_encoding() : standard_encoding());
}

bool is_utf16(const std::string& cmap) {
  return cmap.find("UCS2") != cmap.npos || cmap.find("UTF16") != cmap.npos;
}

}  // namespace

std::shared_ptr<const Font> Font::read(const QPDFObjectHandle& dictionary, Budget& budget) {
  budget.steps();
  auto font = std::make_shared<Font>();
  const std::string subtype = name(member(dictionary, "/Subtype"));
  font->composite_ = subtype == "Type0";
  if (font->composite_) {
    font->read_composite(dictionary, budget);
  } else {
    font->read_simple(dictionary, budget);
    if (subtype == "Type3") font->read_type3(dictionary);
  }
  if (QPDFObjectHandle map = member(dictionary, "/ToUnicode"); map.isStream()) {
    font->to_unicode_ = CMap::parse(decode(map, budget).bytes, budget);
  }
  return font;
}

void Font::read_simple(const QPDFObjectHandle& dictionary, Budget& budget) {
  const std::string subtype = name(member(dictionary, "/Subtype"));
  QPDFObjectHandle encoding = member(dictionary, "/Encoding");
  QPDFObjectHandle base = member(encoding, "/BaseEncoding");
  encoding_ = base_encoding(name(base.isName() ? base : encoding), subtype);
  read_differences(member(encoding, "/Differences"), budget);

  std::vector<double> each = numbers(member(dictionary, "/Widths"), 256);
  budget.tokens(each.size());
  default_width_ =
      number(member(member(dictionary, "/FontDescriptor"), "/MissingWidth")).value_or(0);
  if (!each.empty()) {
    const double first = number(member(dictionary, "/FirstChar")).value_or(0);
    const auto from = static_cast<uint32_t>(std::clamp(first, 0.0, 255.0));
    widths_.push_back({from, from + static_cast<uint32_t>(each.size()) - 1, std::move(each)});
  } else if (name(member(dictionary, "/BaseFont")).find("Courier") != std::string::npos) {
    default_width_ = kCourierWidth;
  } else {
    standard_widths_ = true;
  }
}

/// A font of drawings has a scale of its own.
void Font::read_type3(const QPDFObjectHandle& dictionary) {
  const std::vector<double> matrix = numbers(member(dictionary, "/FontMatrix"), 6);
  if (matrix.size() < 4) return;
  unit_ = std::hypot(matrix[0], matrix[1]);
  const std::vector<double> box = numbers(member(dictionary, "/FontBBox"), 4);
  const double high = box.size() == 4 ? std::abs(box[3] - box[1]) : 0;
  height_ = std::hypot(matrix[2], matrix[3]) * (high > 0 ? high : 1000);
}

void Font::read_differences(QPDFObjectHandle differences, Budget& budget) {
  if (!differences.isArray()) return;
  auto changed = std::make_shared<Encoding>(*encoding_);
  const size_t size = std::min(kMostDifferences, static_cast<size_t>(differences.getArrayNItems()));
  budget.tokens(size);
  size_t code = 0;
  for (size_t i = 0; i < size; ++i) {
    QPDFObjectHandle item = differences.getArrayItem(static_cast<int>(i));
    if (const auto to = number(item)) {
      code = static_cast<size_t>(std::clamp(*to, 0.0, 255.0));
    } else if (code < changed->size()) {
      (*changed)[code++] = glyph_text(name(item));
    }
  }
  encoding_ = std::move(changed);
}

void Font::read_composite(const QPDFObjectHandle& dictionary, Budget& budget) {
  QPDFObjectHandle encoding = member(dictionary, "/Encoding");
  if (encoding.isStream()) {
    code_spaces_ = CMap::parse(decode(encoding, budget).bytes, budget);
  } else if (const std::string cmap = name(encoding); !cmap.starts_with("Identity")) {
    utf16_ = is_utf16(cmap);
    multi_byte_ = !utf16_;
  }
  QPDFObjectHandle descendants = member(dictionary, "/DescendantFonts");
  QPDFObjectHandle descendant = descendants.isArray() && descendants.getArrayNItems() > 0
                                    ? descendants.getArrayItem(0)
                                    : descendants;
  default_width_ = number(member(descendant, "/DW")).value_or(1000);
  read_wide_widths(member(descendant, "/W"), budget);
}

/// "c [w1 w2 …]" and "first last w".
void Font::read_wide_widths(QPDFObjectHandle array, Budget& budget) {
  if (!array.isArray()) return;
  const auto code_at = [&array](size_t i) {
    const double value = number(array.getArrayItem(static_cast<int>(i))).value_or(0);
    return static_cast<uint32_t>(std::clamp(value, 0.0, 65'535.0));
  };
  const size_t size = std::min(kMostWidths, static_cast<size_t>(array.getArrayNItems()));
  budget.tokens(size);
  for (size_t i = 0; i + 1 < size;) {
    const uint32_t first = code_at(i);
    QPDFObjectHandle second = array.getArrayItem(static_cast<int>(i + 1));
    if (second.isArray()) {
      std::vector<double> each = numbers(second, kMostWidths - first);
      budget.tokens(each.size());
      const auto last = first + static_cast<uint32_t>(std::max<size_t>(each.size(), 1)) - 1;
      if (!each.empty()) widths_.push_back({first, last, std::move(each)});
      i += 2;
    } else if (i + 2 < size) {
      const auto all = number(array.getArrayItem(static_cast<int>(i + 2)));
      widths_.push_back({first, code_at(i + 1), {all.value_or(0)}});
      i += 3;
    } else {
      break;
    }
  }
  std::stable_sort(widths_.begin(), widths_.end(),
                   [](const Widths& a, const Widths& b) { return a.first < b.first; });
}

double Font::width(uint32_t code) const {
  if (standard_widths_) {
    return code >= 32 && code < 32 + kHelvetica.size() ? kHelvetica[code - 32] : kOtherWidth;
  }
  const auto after =
      std::upper_bound(widths_.begin(), widths_.end(), code,
                       [](uint32_t value, const Widths& w) { return value < w.first; });
  if (after == widths_.begin()) return default_width_;
  const Widths& range = *std::prev(after);
  if (code > range.last) return default_width_;
  return range.each.size() == 1 ? range.each[0] : range.each[code - range.first];
}

size_t Font::code_bytes(std::string_view bytes) const {
  if (!composite_) return 1;
  size_t count = 2;
  if (code_spaces_) {
    if (const size_t told = code_spaces_->code_bytes(bytes); told > 0) count = told;
  } else if (multi_byte_) {
    count = static_cast<unsigned char>(bytes[0]) >= 0x80 ? 2 : 1;
  } else if (utf16_) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    count = first >= 0xD8 && first < 0xDC ? 4 : 2;
  }
  return std::min(count, bytes.size());
}

bool Font::append(uint32_t code, std::string& out) const {
  if (to_unicode_ && to_unicode_->append(code, out)) return true;
  if (!encoding_ || code > 255) return false;
  const std::string& text = (*encoding_)[code];
  out += text;
  return !text.empty();
}

Font::Glyph Font::take(std::string_view& bytes, std::string& out) const {
  const std::string_view taken = bytes.substr(0, code_bytes(bytes));
  bytes.remove_prefix(taken.size());
  uint32_t code = 0;
  for (const char c : taken) code = code << 8 | static_cast<unsigned char>(c);
  Glyph glyph;
  glyph.width = width(code) * unit_;
  glyph.blank = taken.size() == 1 && code == 32;
  glyph.mapped = append(code, out);
  if (!glyph.mapped && utf16_) {
    for (const char32_t c : from_utf16(taken)) append_utf8(out, c);
    glyph.mapped = true;
  }
  return glyph;
}

}  // namespace gatehouse::firewall::pdf
