#pragma once

#include <string>
#include <string_view>

namespace gatehouse::api {

/// Appends one SSE event: its name if there is one, its data line by line, an empty line.
inline void append_sse(std::string& out, std::string_view event, std::string_view data) {
  if (!event.empty()) out.append("event: ").append(event).push_back('\n');
  for (size_t end = data.find('\n'); end != std::string_view::npos; end = data.find('\n')) {
    out.append("data: ").append(data.substr(0, end)).push_back('\n');
    data.remove_prefix(end + 1);
  }
  out.append("data: ").append(data).append("\n\n");
}

}  // namespace gatehouse::api
