#pragma once

#include <span>
#include <string>
#include <string_view>

#include "firewall/types.h"

namespace gatehouse::firewall {

class Vault;

/// `text` with each finding's bytes replaced by a placeholder: for personal data the vault's, which
/// can be turned back; for all else, or without a vault, the label alone, "[SECRET]". Findings may
/// come in any order and overlap; what overlaps becomes one, and a secret if it holds one.
std::string redact(std::string_view text, std::span<const Finding> findings, Vault* vault);

/// The same for valid JSON, which it stays. The findings are of the text as it reads with the
/// escapes of its strings undone (text/json_view.h).
std::string redact_json(std::string_view json, std::span<const Finding> findings, Vault* vault);

}  // namespace gatehouse::firewall
