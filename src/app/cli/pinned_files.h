#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "inference/specs.h"

namespace gatehouse::app::cli {

/// A file that assets.lock pins.
struct PinnedFile {
  std::string path;    // below the folder of assets: "models/…"
  std::string sha256;  // lower-case hex
};

/// The files under models/ that assets.lock pins, from the lock's text. Only its lines
/// `[[asset.extract]]`, `to = "…"` and `sha256 = "…"` are read.
std::vector<PinnedFile> pinned_files(const std::string& lock);

/// The files that the embedded engine loads: those of the specification, or the pinned ones.
std::vector<std::filesystem::path> engine_files(const inference::LocalEngineSpec& spec);

/// A small text file whole (at most 1 MiB); empty if it can't be read.
std::string read_text(const std::filesystem::path& file);

/// SHA-256 of a file as lower-case hex; empty if it can't be read.
std::string sha256_of(const std::filesystem::path& file);

}  // namespace gatehouse::app::cli
