#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gatehouse::store {

/// Replaces a file whole or not at all, also over a loss of power: written aside, flushed, renamed.
/// Mode 0600.
Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes);

/// The file's bytes; nullopt if there is no such file.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path);

/// Makes `dir` and its parents if need be; a new one is for its owner only (0700).
Result<void> make_private_dir(const std::filesystem::path& dir);

/// Makes renames and new files in `dir` survive a loss of power.
Result<void> sync_dir(const std::filesystem::path& dir);

}  // namespace gatehouse::store
