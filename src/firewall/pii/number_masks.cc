#include "firewall/pii/number_masks.h"

#include <algorithm>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr char kDigitOrX = 'D';  // "[dX]" of a mask, held as one character

bool is_separator(char c) {
  return c == '-' || c == ' ' || c == '.' || c == '/';
}

bool is_group_char(char mask) {
  return mask == 'd' || mask == 'A' || mask == 'x' || mask == kDigitOrX;
}

}  // namespace

const NumberMasks& NumberMasks::standard() {
  static const NumberMasks masks;
  return masks;
}

NumberMasks::NumberMasks() {
  for (const NumberKind& kind : number_kinds()) {
    for (size_t at = 0; at <= kind.masks.size();) {
      const size_t end = std::min(kind.masks.find('|', at), kind.masks.size());
      std::string mask(kind.masks.substr(at, end - at));
      if (const size_t choice = mask.find("[dX]"); choice != std::string::npos) {
        mask.replace(choice, 4, 1, kDigitOrX);
      }
      if (mask.find('_') == std::string::npos) {
        add(kind, mask);
      } else {
        std::string apart = mask;
        std::replace(apart.begin(), apart.end(), '_', '-');
        add(kind, apart);
        std::erase(mask, '_');
        add(kind, mask);
      }
      at = end + 1;
    }
  }
}

void NumberMasks::add(const NumberKind& kind, std::string mask) {
  size_t run = 0;
  while (run < mask.size() && is_group_char(mask[run])) ++run;
  const auto index = static_cast<uint16_t>(masks_.size());
  const bool digit_first = mask[0] != 'A';
  const bool letter_first = mask[0] == 'A' || mask[0] == 'x';
  if (digit_first) index_[0][run].push_back(index);
  if (letter_first) index_[1][run].push_back(index);
  masks_.push_back({&kind, std::move(mask)});
}

bool NumberMasks::fits(const Mask& mask, std::string_view text, size_t at, Match& match) {
  std::array<char, 24> compact;
  size_t size = 0;
  char separator = '\0';  // what stands for the mask's '-'
  char literal = '\0';
  for (const char wanted : mask.text) {
    if (at >= text.size()) return false;
    const char c = text[at++];
    switch (wanted) {
      case 'd':
        if (!is_ascii_digit(c)) return false;
        break;
      case 'A':
        if (!is_ascii_upper(c)) return false;
        break;
      case 'x':
        if (!is_ascii_digit(c) && !is_ascii_upper(c)) return false;
        break;
      case kDigitOrX:
        if (!is_ascii_digit(c) && c != 'X' && c != 'x') return false;
        break;
      case '-':
        if (!is_separator(c) || (separator != '\0' && c != separator)) return false;
        separator = c;
        continue;
      default:
        if (c != wanted) return false;
        literal = c;
        continue;
    }
    if (size == compact.size()) return false;
    compact[size++] = c == 'x' ? 'X' : c;
  }
  if (at < text.size()) {
    const char next = text[at];
    if (is_ascii_alnum(next) || next == '_') return false;
    // "555-12-3456-78" and "1.2.3" go on; "4111 … 1111 12/27" does not.
    const bool joins = next == '-' || next == '.' || next == '/';
    if (joins && at + 1 < text.size() && is_ascii_digit(text[at + 1])) return false;
  }
  const std::string_view view(compact.data(), size);
  if (!mask.kind->valid(view)) return false;
  match.kind = mask.kind;
  match.end = at;
  match.separator = separator != '\0' ? separator : literal;
  match.compact.assign(view);
  return true;
}

}  // namespace gatehouse::firewall
