#pragma once

#include <string>
#include <vector>

namespace gatehouse::config {

/// One thing that is wrong with a configuration file. Never holds a secret: values of keys that
/// could carry one are left out.
struct ConfigError {
  std::string file;
  int line = 0;  // 1-based; 0 if the file as a whole is at fault
  int column = 0;
  std::string key;      // path of the key, "upstreams[0].base_url"; empty if none
  std::string value;    // as written, shortened; empty if none
  std::string message;  // what is wrong and what is expected, one sentence or two
  std::string hint;     // "did you mean …"; empty if none

  /// "gatehouse.yaml:7: server.threads: \"many\" is … Did you mean …?": one line.
  std::string to_string() const;
};

/// In the order of the file.
using ConfigErrors = std::vector<ConfigError>;

/// All errors, one a line.
std::string to_string(const ConfigErrors& errors);

/// Sorts by line, keeping the order of errors on one line.
void sort_by_line(ConfigErrors& errors);

/// `text` on one line of at most 60 bytes and without control characters, for showing a value.
std::string shown(std::string_view text);

/// The name among `known` that `name` is most likely a slip of, or "" if none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace gatehouse::config
