// Any bytes are a configuration or a list of errors, each with its file; never a crash, and never
// the content of an environment variable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  gatehouse::config::LoadOptions options;
  options.check_files = false;
  static const std::string kSecret = "never-shown";
  if (text.find(kSecret) != std::string::npos) return 0;  // found out by comparing; no leak
  options.environment = [](const std::string&) { return kSecret; };
  const auto config = gatehouse::config::parse(text, "fuzz.yaml", options);
  if (!config) {
    if (config.error().empty()) std::abort();
    for (const auto& error : config.error()) {
      const std::string line = error.to_string();
      if (!line.starts_with("fuzz.yaml:") || line.find('\n') != std::string::npos ||
          line.find(kSecret) != std::string::npos) {
        std::abort();
      }
    }
  }
  return 0;
}
