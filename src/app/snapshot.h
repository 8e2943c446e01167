#pragma once

#include <memory>

#include "config/config.h"
#include "core/result.h"
#include "gateway/services.h"
#include "inference/backend.h"

namespace gatehouse::app {

/// What requests see of a configuration. `local` is the embedded engine's backend, null if it is
/// off; it lives on over reloads. Refuses what only shows when things are put together, with the
/// path of the key at fault.
Result<std::shared_ptr<const gateway::Snapshot>> build_snapshot(
    const config::Config& config, const std::shared_ptr<inference::Backend>& local);

}  // namespace gatehouse::app
