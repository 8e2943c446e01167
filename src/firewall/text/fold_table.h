#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::firewall {

/// Why a code point is not kept as it is in the clean view. The order is the generator's.
enum class FoldKind : uint8_t {
  keep,
  plain,      // small letter or composed form of another script
  accent,     // Latin letter with marks: the letter alone
  styled,     // fullwidth, mathematical, circled, superscript…: the ASCII it stands for
  lookalike,  // Latin or common letter drawn like an ASCII one
  turned,     // letter drawn upside down
  space,
  drop_invisible,
  drop_bidi,
  drop_mark,
  drop_tag,
  drop_selector,
};

struct Fold {
  FoldKind kind = FoldKind::keep;
  std::string_view text;  // static; what the code point becomes, empty when it is dropped
};

/// What `code_point` (>= 0x80) becomes in the clean view. The table comes from ICU's normalisation
/// data and UTS #39's confusables; see tools/unicode/make_fold_table.cc.
Fold fold_of(char32_t code_point);

/// The ASCII letter that a letter of another script (Cyrillic, Greek, Armenian, Cherokee…) is drawn
/// like, or 0. Such letters are folded only inside words that mix scripts.
char lookalike_of(char32_t code_point);

}  // namespace gatehouse::firewall
