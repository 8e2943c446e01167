#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::firewall {

/// A chat-template marker inside content: "<|im_start|>", "[INST]", "<<SYS>>", "<start_of_turn>",
/// "</s>" and their like, in any case. A tokeniser that takes one for its own would let content
/// speak as the system.
struct RoleMarker {
  size_t begin = std::string_view::npos;  // npos: there is none
  size_t end = 0;
};

/// The first marker at or after `from`. Linear.
RoleMarker find_role_marker(std::string_view text, size_t from = 0);

/// `text` with a space put behind the first character of each marker: it reads as before, and no
/// tokeniser takes it for a marker. Counts them in `markers`.
std::string neutralise_role_markers(std::string_view text, size_t& markers);

}  // namespace gatehouse::firewall
