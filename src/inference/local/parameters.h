#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/chat.h"
#include "core/result.h"

/// Fields of a request that have no native form (`ChatRequest::extra`), for the embedded models.
namespace gatehouse::inference::local {

using ExtraFields = std::vector<std::pair<std::string, std::string>>;

/// Refuses what would change the answer and cannot be honoured.
Result<void> check_parameters(const api::ChatRequest& request);

/// Names of fields that change nothing here but might somewhere else, to be reported. `but` is one
/// that was read.
std::vector<std::string> ignored_parameters(const ExtraFields& extra, std::string_view but = {});

}  // namespace gatehouse::inference::local
