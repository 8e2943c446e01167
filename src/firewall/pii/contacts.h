#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse::firewall {

/// A span found by one of the readers; empty where there is none.
struct Span {
  size_t begin = 0;
  size_t end = 0;
  std::string_view rule;  // static
  float score = 0;
  std::string_view evidence;  // static
  explicit operator bool() const { return end > begin; }
};

/// The e-mail address around the '@' at `at` (RFC 5322's dot-atom form, a top-level domain).
Span read_email(std::string_view text, size_t at);

/// The IPv4, IPv6 or MAC address that the run of hex digits at `at` belongs to; it may begin before
/// `at` but not before `floor`.
Span read_address(std::string_view text, size_t at, size_t floor);

/// A telephone number that begins with the digit at `at` or with a sign before it, not before
/// `floor`. International (E.164) and grouped national forms stand alone; bare digits need
/// `context`: a word like "call" or "phone" before them.
Span read_phone(std::string_view text, size_t at, size_t floor, bool context);

/// An IBAN (ISO 13616) at `at`, compact or in groups of four.
Span read_iban(std::string_view text, size_t at);

/// A Bitcoin or Ethereum address that the run [begin, end) is.
Span read_wallet(std::string_view text, size_t begin, size_t end);

/// Words that announce a telephone number.
std::string_view phone_words();

/// Whether one of `words` (parted by '|', lower case) stands within 48 bytes before `at`, as a word
/// of its own at its beginning.
bool has_context(std::string_view text, size_t at, std::string_view words);

}  // namespace gatehouse::firewall
