#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/yaml_tree.h"

namespace gatehouse::config {

/// Whether YAML 1.2 reads the unquoted text as a number, a boolean or null: then it is not text.
bool is_plain_literal(std::string_view text);

/// An optional sign and digits.
bool looks_like_integer(std::string_view text);

/// "text", "a number", "true or false", "a list", …
std::string kind_in_words(const Node& node);

/// What "30s" or "10MB" is in the unit that `key` ends with (`_ms`, `_seconds`, `_bytes`); nothing
/// if the text has no such unit or the key has none.
std::optional<int64_t> in_unit_of(std::string_view key, std::string_view text);

}  // namespace gatehouse::config
