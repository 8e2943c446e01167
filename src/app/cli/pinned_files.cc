#include "app/cli/pinned_files.h"

#include <fstream>
#include <sstream>

#include "app/install_paths.h"
#include "core/digest.h"
#include "inference/local/model.h"

namespace gatehouse::app::cli {
namespace {

/// The value of `name = "value"`, or nothing.
std::string value_of(const std::string& line, std::string_view name) {
  const std::string start = std::string(name) + " = \"";
  if (!line.starts_with(start) || line.size() <= start.size() || line.back() != '"') return {};
  return line.substr(start.size(), line.size() - start.size() - 1);
}

}  // namespace

std::vector<PinnedFile> pinned_files(const std::string& lock) {
  std::vector<PinnedFile> files;
  std::istringstream lines(lock);
  std::string line;
  PinnedFile file;
  bool in_extract = false;
  const auto finish = [&] {
    if (file.path.starts_with("models/") && file.sha256.size() == 64) files.push_back(file);
    file = {};
  };
  while (std::getline(lines, line)) {
    if (line.starts_with("[[")) {
      finish();
      in_extract = line == "[[asset.extract]]";
      continue;
    }
    if (!in_extract) continue;
    if (const std::string to = value_of(line, "to"); !to.empty()) file.path = to;
    if (const std::string sum = value_of(line, "sha256"); !sum.empty()) file.sha256 = sum;
  }
  finish();
  return files;
}

std::vector<std::filesystem::path> engine_files(const inference::LocalEngineSpec& spec) {
  const auto pinned = [](std::string_view name) {
    return installed_file("models/" + std::string(name));
  };
  return {spec.chat_model_path.empty() ? pinned(inference::local::kPinnedChatModel)
                                       : std::filesystem::path(spec.chat_model_path),
          spec.embedding_model_path.empty() ? pinned(inference::local::kPinnedEmbeddingModel)
                                            : std::filesystem::path(spec.embedding_model_path)};
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(1 << 20, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

std::string sha256_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return {};
  Sha256 hash;
  hash.begin();
  std::string block(1 << 20, '\0');
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add(std::string_view(block.data(), static_cast<size_t>(in.gcount())));
  }
  if (in.bad()) return {};
  const Digest digest = hash.finish();
  std::string hex(64, '0');
  write_hex(digest, hex.data());
  return hex;
}

}  // namespace gatehouse::app::cli
