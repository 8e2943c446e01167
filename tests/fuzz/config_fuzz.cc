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
  options.environment = [](const std::string&) { return std::string("never-shown"); };
  const auto config = gatehouse::config::parse(text, "fuzz.yaml", options);
  if (!config) {
    if (config.error().empty()) std::abort();
    for (const auto& error : config.error()) {
      const std::string line = error.to_string();
      if (!line.starts_with("fuzz.yaml:") || line.find('\n') != std::string::npos ||
          line.find("never-shown") != std::string::npos) {
        std::abort();
      }
    }
  }
  return 0;
}
