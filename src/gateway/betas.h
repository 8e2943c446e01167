#pragma once

#include <string>

#include "core/result.h"
#include "net/http.h"

namespace gatehouse::gateway {

/// The features that a client of Anthropic's API asks for in `anthropic-beta`, names with commas
/// between them as an upstream is told; empty if it asks for none. Refuses what is no list of
/// names, or more than 1024 bytes.
Result<std::string> beta_features(const net::Request& request);

}  // namespace gatehouse::gateway
