#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::admission {

/// An IPv4 or IPv6 address; v4 is kept as v4-mapped v6, so that "::ffff:10.0.0.1" is 10.0.0.1.
struct IpAddress {
  std::array<unsigned char, 16> bytes{};
  static std::optional<IpAddress> parse(std::string_view text);
};

/// "10.0.0.0/8", "2001:db8::/32", or one address. Bits behind the prefix must be zero, so that a
/// typing error does not pass for a range.
struct IpRange {
  IpAddress base;
  unsigned prefix_bits = 128;  // of the 128
  static std::optional<IpRange> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
};

}  // namespace gatehouse::admission
