#pragma once

#include <vector>

#include "firewall/inspector.h"

namespace gatehouse::firewall {

/// Buffers that keep their memory from request to request.
struct Inspector::Scratch {
  Normalised text;
  Findings findings;
  std::vector<Judged> edits;  // all that is to be taken out or rewritten
  Findings cut;               // of one segment, to be taken out
  CleanMemory clean;
  std::vector<Turn> turns;
};

}  // namespace gatehouse::firewall
