#pragma once

#include <list>
#include <string>
#include <vector>

#include "core/json.h"
#include "firewall/inspector.h"

namespace gatehouse::firewall {

/// Buffers that keep their memory from request to request.
struct Inspector::Scratch {
  Normalised text;
  std::string rest;  // of a text that was decoded for the most part
  Findings findings;
  std::vector<Judged> edits;  // all that is to be taken out or rewritten
  Findings cut;               // of one segment, to be taken out
  json::Parser parser;
  std::vector<Segment> read;     // the request's, if one of them is JSON with escapes
  std::list<std::string> views;  // that these read
  CleanMemory clean;
  std::vector<Turn> turns;
};

}  // namespace gatehouse::firewall
