#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "config/error.h"
#include "config/schema.h"
#include "config/yaml_tree.h"

namespace gatehouse::config {

struct BindOptions {
  std::string file;              // as shown in errors
  std::filesystem::path folder;  // that relative paths start from
  /// Whether `*_env` and `*_file` are looked up; otherwise a placeholder is stored.
  bool resolve_secrets = true;
  /// The value of an environment variable, or nothing; `getenv` where it is not set.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

/// Fills `object` (the struct that `schema` describes) from `node`, appending whatever is wrong to
/// `errors`. Keys that are wrong keep their default. (Not called `bind`: argument-dependent look-up
/// would silently prefer std::bind.)
void bind_tree(const Schema& schema, const Node& node, void* object, const BindOptions& options,
               ConfigErrors& errors);

/// "a whole number from 0 to 1024", "one of a, b": what a key takes, in words.
std::string expected(const Key& key);

}  // namespace gatehouse::config
