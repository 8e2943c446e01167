#include "firewall/role_markers.h"

#include <algorithm>
#include <array>

namespace gatehouse::firewall {
namespace {

constexpr size_t kLongestName = 40;

constexpr std::array<std::string_view, 16> kFixed = {"[inst]",
                                                     "[/inst]",
                                                     "<<sys>>",
                                                     "<</sys>>",
                                                     "<start_of_turn>",
                                                     "<end_of_turn>",
                                                     "<bos>",
                                                     "<eos>",
                                                     "<s>",
                                                     "</s>",
                                                     "[system_prompt]",
                                                     "[/system_prompt]",
                                                     "[tool_results]",
                                                     "[/tool_results]",
                                                     "[available_tools]",
                                                     "[/available_tools]"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool starts_with_folded(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char wanted, char c) { return wanted == lower(c); });
}

/// Length of "<|name|>" at the beginning of `text`; 0 if it is none. A bar of full width, as some
/// models use, counts as a bar.
size_t bar_marker(std::string_view text) {
  constexpr std::string_view kWideBar = "\xEF\xBD\x9C";
  const auto bar = [&](size_t at) -> size_t {
    if (at < text.size() && text[at] == '|') return 1;
    return text.substr(std::min(at, text.size())).starts_with(kWideBar) ? kWideBar.size() : 0;
  };
  size_t at = 1;
  const size_t opening = bar(at);
  if (opening == 0) return 0;
  at += opening;
  const size_t name = at;
  while (at < text.size() && at - name <= kLongestName) {
    if (const size_t closing = bar(at); closing != 0) {
      // "a <| b |> c" is an operator.
      const bool closed = at > name && text[name] != ' ' && text[at - 1] != ' ' &&
                          at + closing < text.size() && text[at + closing] == '>';
      return closed ? at + closing + 1 : 0;
    }
    const char c = lower(text[at]);
    // "▁" stands between the words of some names; its bytes are let through.
    const bool in_name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                         c == ' ' || c == '/' || static_cast<unsigned char>(c) >= 0x80;
    if (!in_name) return 0;
    ++at;
  }
  return 0;
}

size_t marker_length(std::string_view text) {
  if (text[0] == '<') {
    if (const size_t length = bar_marker(text); length != 0) return length;
  }
  for (const std::string_view fixed : kFixed) {
    if (starts_with_folded(text, fixed)) return fixed.size();
  }
  return 0;
}

}  // namespace

RoleMarker find_role_marker(std::string_view text, size_t from) {
  for (size_t at = from; at < text.size(); ++at) {
    if (text[at] != '<' && text[at] != '[') continue;
    const size_t length = marker_length(text.substr(at));
    if (length != 0) return {at, at + length};
  }
  return {};
}

std::string neutralise_role_markers(std::string_view text, size_t& markers) {
  std::string out;
  size_t shown = 0;
  markers = 0;
  for (RoleMarker marker = find_role_marker(text); marker.begin != std::string_view::npos;
       marker = find_role_marker(text, marker.end)) {
    ++markers;
    out.append(text, shown, marker.begin + 1 - shown);
    out.push_back(' ');
    shown = marker.begin + 1;
  }
  out.append(text, shown);
  return out;
}

}  // namespace gatehouse::firewall
