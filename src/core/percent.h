#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

/// What a hexadecimal digit stands for, in both cases; negative if it is none.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Part of a URL with its escapes undone (RFC 3986, section 2.1); none where a '%' begins no
/// escape.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace gatehouse
