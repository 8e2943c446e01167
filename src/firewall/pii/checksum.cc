#include "firewall/pii/checksum.h"

#include <array>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall::checksum {

bool luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (!is_ascii_digit(digits[i])) return false;
    int digit = digits[i] - '0';
    if ((digits.size() - i) % 2 == 0) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return !digits.empty() && sum % 10 == 0;
}

bool verhoeff(std::string_view digits) {
  // Products in the dihedral group of order ten.
  constexpr std::array<std::array<uint8_t, 10>, 10> kProduct = {{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                                 {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
                                                                 {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
                                                                 {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
                                                                 {4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
                                                                 {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
                                                                 {6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
                                                                 {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
                                                                 {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
                                                                 {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}};
  constexpr std::array<uint8_t, 10> kPermutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  uint8_t check = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[digits.size() - 1 - i];
    if (!is_ascii_digit(c)) return false;
    auto digit = static_cast<uint8_t>(c - '0');
    for (size_t k = 0; k < i % 8; ++k) digit = kPermutation[digit];
    check = kProduct[check][digit];
  }
  return !digits.empty() && check == 0;
}

bool mod11_10(std::string_view digits) {
  int product = 10;
  for (size_t i = 0; i + 1 < digits.size(); ++i) {
    if (!is_ascii_digit(digits[i])) return false;
    int sum = (digits[i] - '0' + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return digits.size() > 1 && (11 - product) % 10 == digits.back() - '0';
}

unsigned mod97(std::string_view alnum) {
  unsigned rest = 0;
  for (const char c : alnum) {
    const char upper = ascii_upper(c);
    if (is_ascii_digit(upper)) {
      rest = (rest * 10 + static_cast<unsigned>(upper - '0')) % 97;
    } else {
      rest = (rest * 100 + static_cast<unsigned>(upper - 'A') + 10) % 97;
    }
  }
  return rest;
}

uint64_t number(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits.substr(0, 19)) value = value * 10 + static_cast<uint64_t>(c - '0');
  return value;
}

int weighted(std::string_view digits, const int* weights, size_t count) {
  int sum = 0;
  for (size_t i = 0; i < count && i < digits.size(); ++i) sum += (digits[i] - '0') * weights[i];
  return sum;
}

bool is_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || day > kDays[static_cast<size_t>(month - 1)])
    return false;
  return month != 2 || day != 29 || year % 4 == 0;
}

}  // namespace gatehouse::firewall::checksum
