#pragma once

#include <memory>

#include "firewall/firewall.h"
#include "firewall/inspector.h"

namespace gatehouse::firewall {

/// The guard for one answer under this policy. `parts` must outlive it.
std::unique_ptr<OutputGuard> make_output_guard(const Parts& parts,
                                               std::shared_ptr<const Policy> policy,
                                               const OutputContext& context);

}  // namespace gatehouse::firewall
