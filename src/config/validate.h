#pragma once

#include "config/config.h"
#include "config/yaml_tree.h"

namespace gatehouse::config {

/// Appends what is impossible about a configuration whose keys are right one by one: names that
/// lead nowhere, things declared twice, settings that exclude each other. `root` tells the lines.
void validate(const Config& config, const Node& root, const LoadOptions& options,
              ConfigErrors& errors);

}  // namespace gatehouse::config
