#pragma once

#include <string>

namespace gatehouse::config {

/// The JSON Schema (draft 2020-12) of gatehouse.yaml: docs/gatehouse.schema.json.
std::string json_schema();

/// The reference of all keys in Markdown: docs/configuration.md.
std::string reference();

}  // namespace gatehouse::config
