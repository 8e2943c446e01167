#pragma once

#include <memory>

#include "core/result.h"
#include "inference/backend.h"
#include "inference/specs.h"

namespace gatehouse::inference {

/// A backend over HTTP for a server of kind `openai` or `anthropic`. Refuses a spec whose URL or
/// CA file cannot be used; connects to nothing yet.
Result<std::shared_ptr<Backend>> make_backend(const UpstreamSpec& spec);

}  // namespace gatehouse::inference
