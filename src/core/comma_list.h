#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse {

/// Without the blanks and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// A header's list (RFC 9110, section 5.6.1). Calls `valid` for each comma-separated member, blanks
/// around it removed; false as soon as one is not, when there are more than `limit`, or none.
template <typename Valid>
bool each_member(std::string_view list, size_t limit, bool allow_empty, const Valid& valid) {
  size_t count = 0;
  for (;;) {
    const size_t comma = list.find(',');
    const std::string_view member = trimmed(list.substr(0, comma));
    if (member.empty()) {
      if (!allow_empty) return false;
    } else if (++count > limit || !valid(member)) {
      return false;
    }
    if (comma == std::string_view::npos) return count > 0;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace gatehouse
