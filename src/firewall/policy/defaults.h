#pragma once

#include <vector>

#include "firewall/policy/policy.h"

namespace gatehouse::firewall {

/// The rules that hold where a policy says nothing: what an operator gets out of the box. The
/// thresholds of the learned categories were set once, from the development data alone; see
/// docs/firewall/model-card.md.
const std::vector<RuleSpec>& default_rules();

}  // namespace gatehouse::firewall
