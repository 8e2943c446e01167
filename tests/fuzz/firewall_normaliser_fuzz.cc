// Any bytes through the normaliser: offsets stay within the original, children within their bounds;
// and what it makes of them through the other ways to read a text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "firewall/text/normaliser.h"
#include "firewall/text/respell.h"

using namespace gatehouse::firewall;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Normalised view;
  normalise(text, view);
  if (view.clean.size() != view.canonical.size()) std::abort();
  uint32_t last = 0;
  for (uint32_t i = 0; i <= view.clean.size(); ++i) {
    const uint32_t at = view.map.to_original(i);
    if (at < last || at > size) std::abort();
    last = at;
  }
  for (uint32_t i = 0; i <= view.undone.size(); ++i) {
    if (view.undone_map.to_original(i) > size) std::abort();
  }
  const NormaliserLimits limits;
  if (view.children.size() > limits.max_children) std::abort();
  for (const Child& child : view.children) {
    if (child.begin > child.end || child.end > size || child.depth > limits.max_depth) std::abort();
  }
  if (reread(std::string_view(view.clean).substr(0, 2000)).size() > 18) std::abort();
  return 0;
}
