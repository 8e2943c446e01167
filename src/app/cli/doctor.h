#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"

namespace gatehouse::app::cli {

/// One thing that was looked at.
struct Finding {
  enum class State : unsigned char { ok, warning, failed };
  State state = State::ok;
  std::string what;    // "data folder"
  std::string detail;  // what was found
  std::string advice;  // what to do; empty if nothing
};
std::string_view to_string(Finding::State state);

// Each looks at one side of the machine or the configuration.
Finding check_cpu();
Finding check_file_descriptors(const config::Config& config);
Finding check_clock();
Finding check_memory(const config::Config& config);
std::vector<Finding> check_data_dir(const std::filesystem::path& dir);
std::vector<Finding> check_ports(const config::Config& config, const std::filesystem::path& dir);
std::vector<Finding> check_models(const config::Config& config, bool fast);
Finding check_firewall();
std::vector<Finding> check_upstreams(const config::Config& config);

}  // namespace gatehouse::app::cli
