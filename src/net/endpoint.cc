#include <charconv>

#include "net/client.h"

namespace gatehouse::net {
namespace {

Refusal bad_url(std::string_view url, std::string_view why) {
  Refusal refusal = Refusal::invalid(
      "", "\"" + std::string(url) + "\" is not a usable URL: " + std::string(why) + ".",
      "invalid_url");
  refusal.layer = Layer::net;
  refusal.reason = refusal.message;
  return refusal;
}

bool plain(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f) return false;
  }
  return true;
}

bool host_characters(std::string_view host) {
  for (const char c : host) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
    if (!good) return false;
  }
  return true;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    endpoint.tls = true;
    endpoint.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return refuse(bad_url(url, "it must begin with http:// or https://"));
  }
  if (!plain(url)) return refuse(bad_url(url, "it holds a blank or a character outside ASCII"));
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return refuse(bad_url(url, "a base URL has no query and no fragment"));
  }
  std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return refuse(bad_url(url, "credentials do not belong into it"));
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return refuse(bad_url(url, "a ']' is missing"));
    endpoint.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (endpoint.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) {
      return refuse(bad_url(url, "the IPv6 address is malformed"));
    }
  } else {
    endpoint.host = authority.substr(0, authority.find(':'));
    port = authority.substr(endpoint.host.size());
    if (!host_characters(endpoint.host)) return refuse(bad_url(url, "the host is malformed"));
  }
  if (endpoint.host.empty()) return refuse(bad_url(url, "the host is missing"));
  if (!port.empty()) {
    const char* begin = port.data() + 1;
    const char* end = port.data() + port.size();
    const auto [stop, code] = std::from_chars(begin, end, endpoint.port);
    if (port[0] != ':' || begin == end || stop != end || code != std::errc() ||
        endpoint.port == 0) {
      return refuse(bad_url(url, "the port must be a number from 1 to 65535"));
    }
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  endpoint.base_path = path;
  const bool usual = endpoint.port == (endpoint.tls ? 443 : 80);
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  endpoint.host_header = v6 ? "[" + endpoint.host + "]" : endpoint.host;
  if (!usual) endpoint.host_header += ":" + std::to_string(endpoint.port);
  endpoint.rekey();
  return endpoint;
}

std::string Endpoint::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void Endpoint::rekey() {
  pool_key = tls ? "https " : "http ";
  pool_key += authority();
  if (!tls) return;
  for (const std::string* part : {&ca_file, &server_name, &certificate_file, &key_file}) {
    pool_key += '\n';
    pool_key += *part;
  }
  if (insecure) pool_key += "\ninsecure";
}

}  // namespace gatehouse::net
