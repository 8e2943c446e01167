#pragma once

#include <cstddef>

#include "firewall/text/normaliser.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

/// Calls `scan(view, out)` for the clean view of a text and for each text decoded from it, and
/// turns the offsets of what it finds into those of the original: a finding in a decoded text has
/// the span of the encoded one, and says how it was hidden.
template <typename Scan>
void scan_clean_views(const Normalised& text, Findings& out, Scan&& scan) {
  const size_t first = out.size();
  scan(text.clean, out);
  for (size_t i = first; i < out.size(); ++i) {
    out[i].begin = text.map.to_original(out[i].begin);
    out[i].end = text.map.to_original(out[i].end);
  }
  for (const Child& child : text.children) {
    const size_t from = out.size();
    scan(child.clean, out);
    for (size_t i = from; i < out.size(); ++i) {
      out[i].begin = child.begin;
      out[i].end = child.end;
      out[i].evidence = to_string(child.how);
    }
  }
}

}  // namespace gatehouse::firewall
