#pragma once

#include <algorithm>
#include <string_view>

namespace gatehouse {

/// A-Z as a-z, all else as it is: of protocols' names, not of a language.
constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Whether two names are the same but for capital letters.
constexpr bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return x == y || lower_ascii(x) == lower_ascii(y); });
}

}  // namespace gatehouse
