#include "firewall/pdf/cmap.h"

#include <algorithm>
#include <utility>

#include "firewall/pdf/lexer.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall::pdf {
namespace {

constexpr size_t kLongestText = 64;  // bytes that one code may mean
constexpr size_t kMostSpaces = 64;
constexpr size_t kOverlaps = 4;           // entries looked at for one code
constexpr size_t kMostOperands = 70'000;  // before one word

uint32_t number_of(std::string_view code) {
  uint32_t number = 0;
  for (const char c : code.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

std::u32string from_utf16(std::string_view bytes) {
  std::u32string text;
  const auto unit = [&bytes](size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(bytes[i]) << 8 |
                                 static_cast<unsigned char>(bytes[i + 1]));
  };
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const char32_t first = unit(i);
    if (first < 0xD800 || first > 0xDFFF) {
      text.push_back(first);
    } else if (first < 0xDC00 && i + 3 < bytes.size()) {
      const char32_t second = unit(i + 2);
      if (second < 0xDC00 || second > 0xDFFF) continue;
      text.push_back(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
      i += 2;
    }
  }
  return text;
}

/// Gathers what stands before each "end…" and takes it for what that says.
class CMapReader {
 public:
  CMapReader(CMap& map, Budget& budget) : map_(map), budget_(budget) {}

  void read(std::string_view text) {
    Lexer lexer(text);
    Token token;
    while (lexer.next(token)) take(token);
    std::stable_sort(map_.entries_.begin(), map_.entries_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }

 private:
  struct Operand {
    std::string text;
    bool in_array = false;
  };

  void take(const Token& token) {
    switch (token.kind) {
      case Token::Kind::text:
        if (operands_.size() < kMostOperands) operands_.push_back({token.text, in_array_});
        return;
      case Token::Kind::array_begin:
      case Token::Kind::array_end:
        in_array_ = token.kind == Token::Kind::array_begin;
        return;
      case Token::Kind::word:
        break;
      default:
        return;
    }
    if (token.text == "endcodespacerange") add_spaces();
    if (token.text == "endbfchar") add_characters();
    if (token.text == "endbfrange") add_ranges();
    operands_.clear();
    in_array_ = false;
  }

  void add_spaces() {
    for (size_t i = 0; i + 1 < operands_.size() && map_.spaces_.size() < kMostSpaces; i += 2) {
      CMap::Space space{operands_[i].text, operands_[i + 1].text};
      const size_t size = space.low.size();
      if (size == space.high.size() && size >= 1 && size <= 4) {
        map_.spaces_.push_back(std::move(space));
      }
    }
  }

  void add(uint32_t first, uint32_t last, std::string_view meaning) {
    std::u32string text = from_utf16(meaning.substr(0, kLongestText));
    if (text.empty() || last < first) return;
    budget_.decoded(sizeof(CMap::Entry));
    map_.entries_.push_back({first, last, std::move(text)});
  }

  void add_characters() {
    for (size_t i = 0; i + 1 < operands_.size(); i += 2) {
      const uint32_t code = number_of(operands_[i].text);
      add(code, code, operands_[i + 1].text);
    }
  }

  void add_ranges() {
    for (size_t i = 0; i + 2 < operands_.size();) {
      const uint32_t first = number_of(operands_[i].text);
      const uint32_t last = number_of(operands_[i + 1].text);
      i += 2;
      if (!operands_[i].in_array) {
        add(first, last, operands_[i++].text);
        continue;
      }
      for (uint32_t code = first; i < operands_.size() && operands_[i].in_array; ++i, ++code) {
        add(code, code, operands_[i].text);
      }
    }
  }

  CMap& map_;
  Budget& budget_;
  std::vector<Operand> operands_;
  bool in_array_ = false;
};

CMap CMap::parse(std::string_view text, Budget& budget) {
  CMap map;
  CMapReader(map, budget).read(text);
  return map;
}

bool CMap::append(uint32_t code, std::string& out) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), code,
                                [](uint32_t value, const Entry& e) { return value < e.first; });
  for (size_t looked = 0; looked < kOverlaps && after != entries_.begin(); ++looked) {
    const Entry& entry = *--after;
    if (code > entry.last) continue;
    for (const char32_t c : entry.text.substr(0, entry.text.size() - 1)) append_utf8(out, c);
    const char32_t last = entry.text.back() + (code - entry.first);
    if (last <= 0x10FFFF && (last < 0xD800 || last > 0xDFFF)) append_utf8(out, last);
    return true;
  }
  return false;
}

size_t CMap::code_bytes(std::string_view bytes) const {
  size_t longest = 0;
  for (const Space& space : spaces_) {
    longest = std::max(longest, space.low.size());
    if (bytes.size() < space.low.size()) continue;
    bool within = true;
    for (size_t i = 0; i < space.low.size(); ++i) {
      const auto at = static_cast<unsigned char>(bytes[i]);
      within = within && at >= static_cast<unsigned char>(space.low[i]) &&
               at <= static_cast<unsigned char>(space.high[i]);
    }
    if (within) return space.low.size();
  }
  return longest;
}

}  // namespace gatehouse::firewall::pdf
