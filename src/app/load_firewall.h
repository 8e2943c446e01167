#pragma once

#include <memory>

#include "core/result.h"
#include "firewall/firewall.h"

namespace gatehouse::app {

/// The firewall with the files of this installation: rules and trained models, and for the precise
/// tier a transformer that runs on the thread that asks it.
Result<std::unique_ptr<firewall::Firewall>> load_firewall();

}  // namespace gatehouse::app
