#include "config/secrets.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "config/error.h"

namespace gatehouse::config {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;

bool is_variable_name(const std::string& name) {
  if (name.empty() || name.size() > 128 || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

/// What HTTP headers can't carry must not get into one.
bool is_sendable(const std::string& value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

Secret failed(std::string error) {
  Secret secret;
  secret.error = std::move(error);
  return secret;
}

}  // namespace

Secret secret_from_environment(const std::string& name, const Environment& environment) {
  if (!is_variable_name(name)) {
    Secret secret = failed(
        "The value (not shown, since it may be the secret itself) is not the name of an "
        "environment variable; expected capital letters, digits and _, for example "
        "OPENAI_API_KEY.");
    secret.misplaced = true;
    return secret;
  }
  std::optional<std::string> value;
  if (environment) {
    value = environment(name);
  } else if (const char* found = std::getenv(name.c_str());
             found != nullptr) {  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    value = found;
  }
  if (!value) return failed(fmt::format("The environment variable \"{}\" is not set.", name));
  if (value->empty()) return failed(fmt::format("The environment variable \"{}\" is empty.", name));
  if (!is_sendable(*value)) {
    return failed(fmt::format("The environment variable \"{}\" holds control characters.", name));
  }
  Secret secret;
  secret.value = std::move(*value);
  return secret;
}

Secret secret_from_file(const std::filesystem::path& path) {
  const std::string where = shown(path.lexically_normal().string());
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return failed(fmt::format("The file \"{}\" does not exist.", where));
  }
  if (std::filesystem::is_directory(path, error)) {
    return failed(fmt::format("\"{}\" is a folder; expected a file.", where));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxSecretBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.eof() && in.fail())) {
    return failed(fmt::format("The file \"{}\" can't be read.", where));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxSecretBytes) {
    return failed(fmt::format("The file \"{}\" is larger than {} bytes.", where, kMaxSecretBytes));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return failed(fmt::format("The file \"{}\" is empty.", where));
  if (!is_sendable(text)) {
    return failed(
        fmt::format("The file \"{}\" holds more than one line or control characters.", where));
  }
  Secret secret;
  secret.value = std::move(text);
  return secret;
}

}  // namespace gatehouse::config
