#include "gateway/ignored.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gatehouse::gateway {

std::string fields_named(const std::vector<std::string>& lines) {
  constexpr size_t kMostBytes = 1024;
  std::vector<std::string> names;
  size_t bytes = 0;
  for (const std::string& line : lines) {
    std::string name = line.substr(0, line.find(": "));
    for (char& c : name) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
      if (!plain) c = '?';
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    bytes += name.size();
    if (bytes > kMostBytes) break;
    names.push_back(std::move(name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace gatehouse::gateway
