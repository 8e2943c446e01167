#pragma once

#include <memory>

#include "core/result.h"
#include "inference/backend.h"
#include "inference/specs.h"

namespace gatehouse::app {

/// The embedded engine with its models loaded: those of the specification, or the pinned ones
/// beside the build.
Result<std::shared_ptr<inference::Backend>> make_local_backend(inference::LocalEngineSpec spec);

}  // namespace gatehouse::app
