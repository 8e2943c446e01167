#include "inference/providers/providers.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "inference/providers/http_backend.h"

namespace gatehouse::inference {
namespace {

/// Headers that belong to a connection or are made by the client itself.
constexpr std::string_view kReserved[] = {"host",
                                          "content-length",
                                          "transfer-encoding",
                                          "connection",
                                          "keep-alive",
                                          "upgrade",
                                          "te",
                                          "trailer",
                                          "expect",
                                          "content-encoding",
                                          "accept-encoding",
                                          "proxy-authorization",
                                          "proxy-connection"};

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Refusal bad_spec(const UpstreamSpec& spec, std::string_view field, std::string_view why) {
  return Refusal::invalid(fmt::format("upstreams.{}.{}", spec.name, field),
                          fmt::format("The upstream '{}': {} {}.", spec.name, field, why),
                          "invalid_upstream");
}

}  // namespace

Result<std::shared_ptr<Backend>> make_backend(const UpstreamSpec& spec) {
  if (spec.kind == UpstreamSpec::Kind::local) {
    return refuse(bad_spec(spec, "kind", "'local' is not reached over HTTP"));
  }
  Result<net::Endpoint> endpoint = net::Endpoint::parse(spec.base_url);
  if (!endpoint) return refuse(bad_spec(spec, "base_url", endpoint.error().message));
  if (!spec.ca_file.empty()) {
    if (!std::ifstream(spec.ca_file)) return refuse(bad_spec(spec, "ca_file", "can't be read"));
    endpoint->ca_file = spec.ca_file;
    endpoint->rekey();
  }
  const auto breaks_line = [](std::string_view value) {
    return value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  };
  if (breaks_line(spec.api_key)) {
    return refuse(bad_spec(spec, "api_key", "holds a line break (is it the file's last one?)"));
  }
  for (const auto& [name, value] : spec.headers) {
    if (!is_header_name(name)) return refuse(bad_spec(spec, "headers", "has a malformed name"));
    const bool reserved = std::any_of(std::begin(kReserved), std::end(kReserved),
                                      [&](auto known) { return net::same_name(known, name); });
    if (reserved) return refuse(bad_spec(spec, "headers", fmt::format("can't set '{}'", name)));
    if (breaks_line(value)) return refuse(bad_spec(spec, "headers", "has a line break in a value"));
  }
  return std::make_shared<HttpBackend>(spec, std::move(*endpoint));
}

}  // namespace gatehouse::inference
