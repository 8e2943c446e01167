#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

struct HostPort {
  std::string host;  // an IPv4 or IPv6 literal, without brackets
  uint16_t port = 0;
};

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (becomes 127.0.0.1); nothing if it is none.
std::optional<HostPort> parse_host_port(std::string_view text);

/// The same the other way round.
std::string join_host_port(const std::string& host, uint16_t port);

}  // namespace gatehouse::config
