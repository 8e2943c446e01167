#pragma once

#include <filesystem>
#include <string_view>

namespace gatehouse::app {

/// Where a file of the installation is, whatever the working directory: beside the build
/// (build/release/gatehouse → build/assets, models/), else under ../share/gatehouse. If it is
/// nowhere, the first place where it should be.
std::filesystem::path installed_file(std::string_view relative);

/// The folder of the firewall's trained files.
inline std::filesystem::path firewall_models() {
  return installed_file("models/firewall");
}

}  // namespace gatehouse::app
