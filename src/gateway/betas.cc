#include "gateway/betas.h"

#include <algorithm>
#include <string_view>
#include <utility>

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

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Appends the names of one header line.
bool add_names(std::string_view line, std::string& out) {
  while (true) {
    const size_t comma = line.find(',');
    const std::string_view name = trimmed(line.substr(0, comma));
    if (!is_name(name) || out.size() + name.size() + 1 > kMaxBytes) return false;
    if (!out.empty()) out.push_back(',');
    out.append(name);
    if (comma == std::string_view::npos) return true;
    line.remove_prefix(comma + 1);
  }
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
