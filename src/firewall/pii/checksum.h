#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::firewall::checksum {

// All take digits only (letters where said), without separators; anything else is "false".

bool luhn(std::string_view digits);        // ISO/IEC 7812-1
bool verhoeff(std::string_view digits);    // Verhoeff 1969, used by Aadhaar
bool mod11_10(std::string_view digits);    // ISO 7064 mod 11,10: Steuer-ID, OIB
unsigned mod97(std::string_view alnum);    // ISO 7064 mod 97-10; letters count from 10
uint64_t number(std::string_view digits);  // at most 19 digits
/// Sum of digit times weight.
int weighted(std::string_view digits, const int* weights, size_t count);
/// Whether year (two digits or four), month and day name a day that exists.
bool is_date(int year, int month, int day);
inline int two(std::string_view digits, size_t at) {
  return (digits[at] - '0') * 10 + digits[at + 1] - '0';
}

}  // namespace gatehouse::firewall::checksum
