#include "gateway/betas.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/comma_list.h"

namespace gatehouse::gateway {
namespace {

constexpr size_t kMaxBytes = 1024;
constexpr std::string_view kHeader = "anthropic-beta";

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// Appends the names of one header line.
bool add_names(std::string_view line, std::string& out) {
  return each_member(line, kMaxBytes, /*allow_empty=*/false, [&out](std::string_view name) {
    if (!is_name(name) || out.size() + name.size() + 1 > kMaxBytes) return false;
    if (!out.empty()) out.push_back(',');
    out.append(name);
    return true;
  });
}

}  // namespace

Result<std::string> beta_features(const net::Request& request) {
  std::string features;
  for (const net::Header& header : request.headers()) {
    if (!net::same_name(header.name, kHeader) || add_names(header.value, features)) continue;
    return refuse(Refusal::invalid(
        std::string(kHeader),
        "The header 'anthropic-beta' takes names of letters, digits, '-', '_' and '.' with commas "
        "between them, at most 1024 bytes."));
  }
  return features;
}

}  // namespace gatehouse::gateway
