#pragma once

#include <vector>

#include "firewall/inspector.h"

namespace gatehouse::firewall {

/// A finding that the policy takes out of the text of a segment.
struct Cut {
  uint32_t segment;
  Finding finding;
};

/// Buffers that keep their memory from request to request.
struct Inspector::Scratch {
  Normalised text;
  Findings findings;
  // All that is to be taken out, recorded in the verdict or not: as many as a detector finds, so
  // bounded by the texts' size.
  std::vector<Cut> cuts;
  Findings cut;  // the same of one segment
  CleanMemory clean;
  std::vector<Turn> turns;
};

}  // namespace gatehouse::firewall
