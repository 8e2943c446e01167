#include "firewall/text/fold_table.h"

#include <algorithm>
#include <iterator>

namespace gatehouse::firewall {
namespace {

struct Lookalike {
  uint32_t code_point;
  char letter;
};

#include "firewall/text/fold_table.inc"

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
