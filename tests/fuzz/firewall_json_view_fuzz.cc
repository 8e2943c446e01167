// How JSON reads does not depend on where it was cut; what is shown of it is what came; and JSON
// in which something was replaced is JSON still.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json.h"
#include "firewall/text/json_view.h"

using namespace gatehouse;
using firewall::JsonView;

namespace {

JsonView::Placeholder mark() {
  return [](std::string_view, size_t, size_t, std::string& out) { out += "[X]"; };
}

std::string view_of(JsonView& json, std::string_view text, size_t step) {
  std::string view;
  for (size_t at = 0; at < text.size(); at += step) json.feed(text.substr(at, step), view);
  json.finish(view);
  return view;
}

// A bare number or word is text to the view.
bool is_json(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos || std::string_view("{[\"").find(text[first]) == std::string_view::npos) {
    return false;
  }
  return json::thread_parser().parse_copy(text).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t step = 1 + data[0] % 16;
  const size_t every = 1 + data[1] % 32;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  JsonView whole(mark());
  const std::string view = view_of(whole, text, std::max<size_t>(text.size(), 1));
  std::string shown;
  whole.show(view.size(), shown);
  whole.end(shown);
  if (shown != text) std::abort();

  JsonView pieces(mark());
  if (view_of(pieces, text, step) != view) std::abort();
  std::string edited;
  bool replaced = false;
  for (size_t at = 0; at < view.size(); replaced = !replaced) {
    at = std::min(at + every, view.size());
    while (at < view.size() && (static_cast<uint8_t>(view[at]) & 0xC0U) == 0x80) ++at;
    replaced ? pieces.show(at, edited) : pieces.replace(at, "pii.card", edited);
  }
  pieces.end(edited);
  if (is_json(text) && !is_json(edited)) std::abort();
  return 0;
}
