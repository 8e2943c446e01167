#pragma once

#include <span>
#include <string>
#include <vector>

#include "firewall/policy/policy.h"

namespace gatehouse::firewall {

/// The first 16 hex digits of SHA-256 over everything that decides. Independent of the order of
/// memory, of the program's build, and of the default rules' spelling: equal tables, equal hash.
std::string fingerprint(const PolicySpec& spec, std::span<const Policy::Rule> table,
                        const std::vector<RuleSpec>& by_prefix, std::span<const bool> inspects);

}  // namespace gatehouse::firewall
