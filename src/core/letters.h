#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace gatehouse {

// Of ASCII alone, and of no language: what <cctype> answers depends on a locale.

constexpr bool is_ascii_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_ascii_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_ascii_letter(char c) {
  return is_ascii_lower(c) || is_ascii_upper(c);
}
constexpr bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_ascii_alnum(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c);
}
/// What JSON takes for white space.
constexpr bool is_ascii_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
/// A letter or digit of any script, byte by byte of UTF-8.
constexpr bool is_word_byte(char c) {
  return is_ascii_alnum(c) || static_cast<unsigned char>(c) >= 0x80;
}

constexpr char ascii_lower(char c) {
  return is_ascii_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr char ascii_upper(char c) {
  return is_ascii_lower(c) ? static_cast<char>(c - ('a' - 'A')) : c;
}

/// Where one of two characters stands first from `from` on, or npos. `find_first_of` makes a call
/// for every byte, which counts in what is read of each answer.
constexpr size_t find_either(std::string_view text, char one, char other, size_t from = 0) {
  for (size_t at = from; at < text.size(); ++at) {
    if (text[at] == one || text[at] == other) return at;
  }
  return std::string_view::npos;
}

/// Whether two names are the same but for capital letters.
constexpr bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return x == y || ascii_lower(x) == ascii_lower(y); });
}

}  // namespace gatehouse
