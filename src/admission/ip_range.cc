#include "admission/ip_range.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace gatehouse::admission {
namespace {

constexpr std::array<unsigned char, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr size_t kMaxText = 45;  // the longest text of an IPv6 address

bool is_v4_text(std::string_view text) {
  return text.find(':') == std::string_view::npos;
}

bool bit_at(const IpAddress& address, unsigned bit) {
  return (address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxText) return std::nullopt;
  char terminated[kMaxText + 1];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  IpAddress address;
  if (is_v4_text(text)) {
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
    if (::inet_pton(AF_INET, terminated, address.bytes.data() + 12) != 1) return std::nullopt;
  } else if (::inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  IpRange range{*base, 128};
  if (slash == std::string_view::npos) return range;
  const std::string_view digits = text.substr(slash + 1);
  const unsigned longest = is_v4_text(text) ? 32 : 128;
  unsigned bits = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || bits > longest) {
    return std::nullopt;
  }
  range.prefix_bits = bits + (128 - longest);
  for (unsigned bit = range.prefix_bits; bit < 128; ++bit) {
    if (bit_at(range.base, bit)) return std::nullopt;
  }
  return range;
}

bool IpRange::contains(const IpAddress& address) const {
  const unsigned whole = prefix_bits / 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const unsigned rest = prefix_bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return (base.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

}  // namespace gatehouse::admission
