#pragma once

#include <cstddef>
#include <memory>

#include "core/result.h"
#include "firewall/firewall.h"

namespace gatehouse::app {

/// The firewall with the files of this installation: rules and trained models, and for the precise
/// tier a transformer that the embedded engine runs, `contexts` texts at a time.
Result<std::unique_ptr<firewall::Firewall>> load_firewall(size_t contexts = 1);

}  // namespace gatehouse::app
