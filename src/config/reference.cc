#include <limits>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/keys.h"
#include "config/published.h"

namespace gatehouse::config {
namespace {

constexpr const char* kIntroduction = R"(# Configuration

<!-- Made by `gatehouse check --print-reference` from the same description that the loader uses.
     Change src/config/keys_*.cc, then run `make docs`. -->

Gatehouse needs no configuration file: `gatehouse serve --data DIR` runs the embedded engine. With
`--config gatehouse.yaml` it reads one YAML file; `gatehouse check gatehouse.yaml` tells everything
that is wrong with it at once. [gatehouse.schema.json](gatehouse.schema.json) is its JSON Schema, for
editors; [gatehouse.example.yaml](../gatehouse.example.yaml) is an example to start from.

- Unknown keys, wrong types, duplicate keys and impossible combinations are refused, each with file,
  line, key, value and what was expected.
- Units stand in the names: `_ms`, `_us`, `_bytes`, `_per_minute`, `usd`. Amounts of money are exact
  decimals.
- Secrets never stand in the file. `NAME_env` names an environment variable that holds the secret,
  `NAME_file` a file; a plain `NAME` is refused.
- Relative paths start at the folder of the configuration file.
- YAML anchors, aliases, tags and second documents are refused; a file holds at most 1 MiB.
- `SIGHUP`, `gatehouse reload` and `POST /admin/v1/reload` read the file anew: it is validated first
  and swapped whole; on an error the old configuration stays. `data_dir`, `server`, `admin`,
  `upstream_pool`, `engine` and `audit` take effect at the next start, and a reload says so.
)";

std::string cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string range(const Key& key) {
  const bool below = key.min != std::numeric_limits<int64_t>::min();
  const bool above = key.max != std::numeric_limits<int64_t>::max();
  if (below && above) return fmt::format("{} to {}", key.min, key.max);
  if (below) return fmt::format("at least {}", key.min);
  return "";
}

std::string anchor(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '.' && c != '[' && c != ']') out += c;
  }
  return out;
}

std::string type(const Key& key, const std::string& path) {
  const std::string link = fmt::format("[{}](#{})", path, anchor(path));
  switch (key.type) {
    case Key::Type::boolean:
      return "true or false";
    case Key::Type::integer: {
      const std::string limits = range(key);
      return limits.empty() ? "whole number" : "whole number, " + limits;
    }
    case Key::Type::decimal:
      return key.form.empty() ? "number" : key.form;
    case Key::Type::text:
      return key.is_path ? "path" : key.form.empty() ? "text" : key.form;
    case Key::Type::choice:
      return fmt::format("`{}`", fmt::join(key.allowed, "`, `"));
    case Key::Type::texts:
      if (!key.allowed.empty()) return fmt::format("list of `{}`", fmt::join(key.allowed, "`, `"));
      return "list of text";
    case Key::Type::text_map:
      return "map of text";
    case Key::Type::object:
      return "map: " + link;
    case Key::Type::objects:
      return "list of maps: " + link;
    case Key::Type::secret:
      return "secret";
  }
  return "";
}

std::string fallback(const Schema& schema, const Key& key) {
  if (key.is_required) return "required";
  if (!key.default_words.empty()) return key.default_words;
  if (!key.get) return "";
  const boost::json::value value = key.get(schema.defaults());
  if (value.is_null()) return "";
  if (value.is_string()) return fmt::format("`{}`", std::string_view(value.as_string()));
  if (value.is_array()) {
    std::string out;
    for (const auto& item : value.as_array()) {
      out += fmt::format("{}`{}`", out.empty() ? "" : ", ", std::string_view(item.as_string()));
    }
    return out;
  }
  return fmt::format("`{}`", boost::json::serialize(value));
}

class Writer {
 public:
  std::string out = kIntroduction;

  void section(const Schema& schema, const std::string& path, int level) {
    if (path.empty()) {
      out += "\n## Top level\n\n";
    } else {
      out += fmt::format("\n{} {}\n\n{}\n\n", std::string(static_cast<size_t>(level), '#'), path,
                         schema.doc());
    }
    out += "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const Key& key : schema.keys()) row(schema, key, path);
    for (const Key& key : schema.keys()) {
      // A kind of object that stands in several places is described once.
      if (key.schema == nullptr || place(*key.schema, inner(path, key)) != inner(path, key))
        continue;
      section(*key.schema, inner(path, key), path.empty() ? 2 : 3);
    }
  }

 private:
  static std::string inner(const std::string& path, const Key& key) {
    return (path.empty() ? "" : path + ".") + key.name +
           (key.type == Key::Type::objects ? "[]" : "");
  }

  /// Where a kind of object is described: the first place that it stands in.
  const std::string& place(const Schema& schema, const std::string& path) {
    return places_.emplace(schema.name(), path).first->second;
  }

  void row(const Schema& schema, const Key& key, const std::string& path) {
    std::string meaning = key.doc;
    if (!key.example.empty()) meaning += fmt::format(" Example: `{}`.", key.example);
    const std::string name = key.type == Key::Type::secret
                                 ? fmt::format("`{0}_env` or `{0}_file`", key.name)
                                 : fmt::format("`{}`", key.name);
    const std::string where =
        key.schema == nullptr ? std::string() : place(*key.schema, inner(path, key));
    out += fmt::format("| {} | {} | {} | {} |\n", name, cell(type(key, where)),
                       cell(fallback(schema, key)), cell(meaning));
  }

  std::map<std::string, std::string> places_;
};

}  // namespace

std::string reference() {
  Writer writer;
  writer.section(root_schema(), "", 2);
  return writer.out;
}

}  // namespace gatehouse::config
