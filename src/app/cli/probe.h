#pragma once

#include <string>

#include "inference/specs.h"

namespace gatehouse::app::cli {

/// What came of asking an upstream.
struct Probe {
  bool ok = false;
  double milliseconds = 0;
  std::string detail;  // what was found, or what is wrong and what to do
};

/// Asks for the list of models with the real credential (an upstream without such a list answers
/// 404, which shows that it is there). With `model`, asks that for one token as well. The embedded
/// engine is probed by looking at its files.
Probe probe_upstream(const inference::UpstreamSpec& spec, const inference::LocalEngineSpec& engine,
                     const std::string& model);

}  // namespace gatehouse::app::cli
