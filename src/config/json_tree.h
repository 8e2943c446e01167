#pragma once

#include <string_view>

#include "config/schema.h"
#include "config/yaml_tree.h"
#include "core/json.h"

namespace gatehouse::config {

/// A JSON document as the tree that `bind_tree` takes, so that the admin API reads the same objects
/// as the file, by the same rules and with the same words. Depth is bounded by the JSON parser.
Node node_from_json(const json::Element& element);

/// Binds a JSON body to the struct that `schema` describes. Errors have no file. `id`, if not
/// empty, is the key of that name, unless the body has it.
void bind_json(const Schema& schema, const json::Element& body, void* object, ConfigErrors& errors,
               std::string_view id = {});

}  // namespace gatehouse::config
