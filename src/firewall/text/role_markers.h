#pragma once

#include <span>
#include <string>
#include <string_view>

#include "firewall/types.h"

namespace gatehouse::firewall {

/// Finds what chat templates use to part roles, inside content that must not: control tokens
/// ("<|im_start|>", "[INST]", "<start_of_turn>", DeepSeek's with full-width bars …) and lines that
/// play another role ("### System:", "Human:" behind an empty line). Offsets are of `text`. Linear.
void find_role_markers(std::string_view text, Findings& out);

/// `text` with each marker broken by a visible blank, so that no tokenizer reads it as one and a
/// person still reads the same: "< |im_start|>", "### System :". `markers` come from
/// find_role_markers over the same text.
std::string neutralise_role_markers(std::string_view text, std::span<const Finding> markers);

}  // namespace gatehouse::firewall
