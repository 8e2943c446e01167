#include "firewall/text/fold_table.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace gatehouse::firewall {
namespace {

struct Lookalike {
  uint32_t code_point;
  char letter;
};

#include "firewall/text/fold_table.inc"

// Braille by its dots, the lowest bit the first: letters, a space, stops; the signs for a capital
// and for numbers, which change the next one, are left out.
constexpr char32_t kBraille = 0x2800;
constexpr std::array<char, 64> kBrailleSigns = [] {
  std::array<char, 64> signs{};
  constexpr std::array<unsigned char, 26> kLetters = {1,  3,  9,  25, 17, 11, 27, 19, 10,
                                                      26, 5,  7,  13, 29, 21, 15, 31, 23,
                                                      14, 30, 37, 39, 58, 45, 61, 53};
  for (size_t i = 0; i < kLetters.size(); ++i) signs[kLetters[i]] = static_cast<char>('a' + i);
  signs[0] = ' ';
  signs[2] = ',';
  signs[50] = '.';
  signs[38] = '?';
  signs[22] = '!';
  signs[4] = '\'';
  signs[36] = '-';
  return signs;
}();

Fold fold_of_braille(char32_t code_point) {
  const char& sign = kBrailleSigns[(code_point - kBraille) & 63];
  return {FoldKind::styled, {&sign, sign == '\0' ? size_t{0} : size_t{1}}};
}

constexpr char32_t kTableEnd = std::size(kFoldPages) * 64;

}  // namespace

Fold fold_of(char32_t code_point) {
  if (code_point >= kTableEnd) {
    // Beyond the table stand only ideographs, tags, variation selectors and private use.
    if (code_point >= 0xE0000 && code_point <= 0xE007F) return {FoldKind::drop_tag, {}};
    if (code_point >= 0xE0100 && code_point <= 0xE01EF) return {FoldKind::drop_selector, {}};
    if (code_point >= 0xE0000 && code_point <= 0xE0FFF) return {FoldKind::drop_invisible, {}};
    return {};
  }
  if (code_point >= kBraille && code_point < kBraille + 256) return fold_of_braille(code_point);
  const unsigned offset = kFoldBlocks[kFoldPages[code_point >> 6]][code_point & 63];
  if (offset == 0) return {};
  const unsigned char head = kFoldPool[offset];
  return {static_cast<FoldKind>(head >> 4),
          {reinterpret_cast<const char*>(kFoldPool) + offset + 1, size_t{head} & 15}};
}

char lookalike_of(char32_t code_point) {
  const auto* at = std::lower_bound(
      std::begin(kLookalikes), std::end(kLookalikes), code_point,
      [](const Lookalike& entry, char32_t wanted) { return entry.code_point < wanted; });
  return at != std::end(kLookalikes) && at->code_point == code_point ? at->letter : '\0';
}

}  // namespace gatehouse::firewall
