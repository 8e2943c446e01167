#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace gatehouse::config {

/// A secret or why there is none. The error never holds the secret, nor a name that may be one.
struct Secret {
  std::string value;
  std::string error;
  bool misplaced = false;  // the name itself looks like a secret
};

using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The variable's value. A name that is not of A-Z, 0-9 and '_' is refused unshown: people paste
/// the secret itself there.
Secret secret_from_environment(const std::string& name, const Environment& environment);

/// The file's content without the line end; at most 64 KiB.
Secret secret_from_file(const std::filesystem::path& path);

}  // namespace gatehouse::config
