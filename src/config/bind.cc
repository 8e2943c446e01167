#include "config/bind.h"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <regex>

#include <fmt/format.h>

#include "config/scalars.h"
#include "config/secrets.h"

namespace gatehouse::config {
namespace {

class Binder {
 public:
  Binder(const BindOptions& options, ConfigErrors& errors) : options_(options), errors_(errors) {}

  void object(const Schema& schema, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::map) {
      wrong(node, path, "a map of keys");
      return;
    }
    for (const Member& member : node.members) take(schema, node, member, target, path);
    for (const Key& key : schema.keys()) {
      const bool secret = key.type == Key::Type::secret;
      const bool there = secret ? node.find(key.name + "_env") || node.find(key.name + "_file")
                                : node.find(key.name) != nullptr;
      if (there || !key.is_required) continue;
      add(node.line, node.column, join(path, key.name),
          secret ? fmt::format("Missing; expected \"{0}_env\" or \"{0}_file\".", key.name)
                 : fmt::format("Missing; expected {}.", expected(key)));
    }
  }

 private:
  static std::string join(const std::string& path, const std::string& key) {
    return path.empty() ? shown(key) : path + "." + shown(key);
  }

  void add(int line, int column, std::string key, std::string message, std::string value = {},
           std::string hint = {}) {
    errors_.push_back(ConfigError{options_.file, line, column, std::move(key), std::move(value),
                                  std::move(message), std::move(hint)});
  }

  /// "\"x\" is text; expected …".
  void wrong(const Node& node, const std::string& path, const std::string& wanted,
             std::string_view is = {}, std::string hint = {}) {
    const std::string what =
        is.empty() ? fmt::format("is {}", kind_in_words(node)) : std::string(is);
    if (node.kind == Node::Kind::scalar) {
      const std::string value = node.quoted || !is_plain_literal(node.text)
                                    ? fmt::format("\"{}\"", shown(node.text))
                                    : shown(node.text);
      add(node.line, node.column, path, fmt::format("{} {}; expected {}.", value, what, wanted),
          shown(node.text), std::move(hint));
    } else if (node.kind == Node::Kind::null) {
      add(node.line, node.column, path, fmt::format("There is no value; expected {}.", wanted));
    } else {
      add(node.line, node.column, path,
          fmt::format("This is {}; expected {}.", kind_in_words(node), wanted));
    }
  }

  void take(const Schema& schema, const Node& node, const Member& member, void* target,
            const std::string& path) {
    if (const Key* key = schema.find(member.key); key != nullptr) {
      if (key->type == Key::Type::secret) {
        add(member.line, member.column, join(path, member.key),
            fmt::format("A secret does not belong in this file: name an environment variable with "
                        "\"{0}_env\", or a file of mode 0600 with \"{0}_file\".",
                        key->name));
        return;
      }
      value(*key, member.value, target, join(path, member.key));
      return;
    }
    if (const Key* key = secret_of(schema, member.key); key != nullptr) {
      secret(*key, node, member, target, join(path, member.key));
      return;
    }
    std::vector<std::string> known;
    for (const Key& key : schema.keys()) {
      if (key.type == Key::Type::secret) {
        known.push_back(key.name + "_env");
        known.push_back(key.name + "_file");
      } else {
        known.push_back(key.name);
      }
    }
    const std::string near = nearest(member.key, known);
    add(member.line, member.column, join(path, member.key), "Unknown key.", {},
        near.empty() ? fmt::format("Known here: {}.", fmt::join(known, ", "))
                     : fmt::format("Did you mean \"{}\"?", near));
  }

  void value(const Key& key, const Node& node, void* target, const std::string& path) {
    switch (key.type) {
      case Key::Type::boolean:
        return boolean(key, node, target, path);
      case Key::Type::integer:
        return integer(key, node, target, path);
      case Key::Type::decimal:
      case Key::Type::text:
      case Key::Type::choice:
        return text(key, node, target, path);
      case Key::Type::texts:
        return texts(key, node, target, path);
      case Key::Type::text_map:
        return text_map(key, node, target, path);
      case Key::Type::object:
        if (node.kind == Node::Kind::map) return object(*key.schema, node, key.open(target), path);
        return wrong(node, path, expected(key));
      case Key::Type::objects:
        return objects(key, node, target, path);
      case Key::Type::secret:
        return;  // reached through its two names only
    }
  }

  void boolean(const Key& key, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::scalar || node.quoted ||
        (node.text != "true" && node.text != "false")) {
      return wrong(node, path, expected(key));
    }
    key.set_boolean(target, node.text == "true");
  }

  void integer(const Key& key, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::scalar || node.quoted || !looks_like_integer(node.text)) {
      std::string hint;
      if (node.kind == Node::Kind::scalar) {
        if (const auto number = in_unit_of(key.name, node.text)) {
          hint = fmt::format("The unit is in the key's name: write {}.", *number);
        }
      }
      return wrong(node, path, expected(key), {}, std::move(hint));
    }
    const char* begin = node.text.data() + (node.text.front() == '+' ? 1 : 0);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(begin, node.text.data() + node.text.size(), number);
    if (error != std::errc() || number < key.min || number > key.max) {
      return wrong(node, path, expected(key), "is out of range");
    }
    key.set_integer(target, number);
  }

  void text(const Key& key, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::scalar) return wrong(node, path, expected(key));
    if (key.type != Key::Type::decimal && !node.quoted && is_plain_literal(node.text)) {
      return wrong(node, path, expected(key), {}, fmt::format("Quote it: \"{}\".", node.text));
    }
    if (key.type == Key::Type::text && node.text.empty() && key.is_required) {
      return wrong(node, path, expected(key), "is empty");
    }
    if (!key.pattern.empty() && key.type == Key::Type::text &&
        (node.text.size() > 4096 || !std::regex_match(node.text, std::regex(key.pattern)))) {
      return wrong(node, path, expected(key), "is malformed");
    }
    std::string value = node.text;
    if (key.is_path && !value.empty()) value = (options_.folder / value).lexically_normal();
    const std::string problem = key.set_text(target, value);
    if (problem.empty()) return;
    const std::string near = nearest(node.text, key.allowed);
    wrong(node, path, expected(key), problem == "bad" ? bad(key) : problem,
          near.empty() ? "" : fmt::format("Did you mean \"{}\"?", near));
  }

  static std::string_view bad(const Key& key) {
    return key.type == Key::Type::choice ? "is not allowed" : "is malformed";
  }

  void texts(const Key& key, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::list) return wrong(node, path, expected(key));
    if (!fits(key, node, path)) return;
    std::vector<std::string> values;
    for (size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      const std::string where = fmt::format("{}[{}]", path, i);
      if (item.kind != Node::Kind::scalar) {
        wrong(item, where, key.form.empty() ? "text" : key.form);
      } else if (!item.quoted && is_plain_literal(item.text)) {
        wrong(item, where, "text", {}, fmt::format("Quote it: \"{}\".", item.text));
      } else if (!key.allowed.empty() && !contains(key.allowed, item.text)) {
        const std::string near = nearest(item.text, key.allowed);
        wrong(item, where, fmt::format("one of {}", fmt::join(key.allowed, ", ")), "is not allowed",
              near.empty() ? "" : fmt::format("Did you mean \"{}\"?", near));
      } else if (!key.pattern.empty() && (item.text.size() > 4096 ||
                                          !std::regex_match(item.text, std::regex(key.pattern)))) {
        wrong(item, where, key.form, "is malformed");
      } else {
        values.push_back(item.text);
      }
    }
    if (const std::string problem = key.set_texts(target, std::move(values)); !problem.empty()) {
      add(node.line, node.column, path, problem);
    }
  }

  static bool contains(const std::vector<std::string>& list, const std::string& text) {
    for (const std::string& entry : list) {
      if (entry == text) return true;
    }
    return false;
  }

  bool fits(const Key& key, const Node& node, const std::string& path) {
    const auto count = static_cast<int64_t>(node.items.size());
    if (count >= key.min && count <= key.max) return true;
    add(node.line, node.column, path,
        fmt::format("The list has {} entries; expected {} to {}.", count, key.min, key.max));
    return false;
  }

  void text_map(const Key& key, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::map) return wrong(node, path, expected(key));
    std::vector<std::pair<std::string, std::string>> values;
    for (const Member& member : node.members) {
      const std::string where = join(path, member.key);
      const Node& item = member.value;
      if (item.kind != Node::Kind::scalar) {
        wrong(item, where, "text");
      } else if (!item.quoted && is_plain_literal(item.text)) {
        wrong(item, where, "text", {}, fmt::format("Quote it: \"{}\".", item.text));
      } else {
        values.emplace_back(member.key, item.text);
      }
    }
    if (const std::string problem = key.set_text_map(target, std::move(values)); !problem.empty()) {
      add(node.line, node.column, path, problem);
    }
  }

  void objects(const Key& key, const Node& node, void* target, const std::string& path) {
    if (node.kind != Node::Kind::list) return wrong(node, path, expected(key));
    if (!fits(key, node, path)) return;
    for (size_t i = 0; i < node.items.size(); ++i) {
      object(*key.schema, node.items[i], key.append(target), fmt::format("{}[{}]", path, i));
    }
  }

  static const Key* secret_of(const Schema& schema, const std::string& name) {
    for (const std::string_view ending : {"_env", "_file"}) {
      if (name.size() <= ending.size() || !name.ends_with(ending)) continue;
      const Key* key = schema.find(name.substr(0, name.size() - ending.size()));
      if (key != nullptr && key->type == Key::Type::secret) return key;
    }
    return nullptr;
  }

  void secret(const Key& key, const Node& node, const Member& member, void* target,
              const std::string& path) {
    const bool from_file = member.key.ends_with("_file");
    if (from_file && node.find(key.name + "_env") != nullptr) {
      add(member.line, member.column, path,
          fmt::format("Both \"{0}_env\" and \"{0}_file\" are there; expected one of them.",
                      key.name));
      return;
    }
    const Node& source = member.value;
    if (source.kind != Node::Kind::scalar) {
      return wrong(source, path,
                   from_file ? "the path of a file" : "the name of an environment variable");
    }
    const Secret secret = from_file ? secret_from_file(options_.folder / source.text)
                                    : secret_from_environment(source.text, options_.environment);
    if (!options_.resolve_secrets) {
      // Still refuses a secret that stands where the name of a variable should.
      if (secret.misplaced) add(source.line, source.column, path, secret.error);
      key.set_text(target, "(not resolved)");
      return;
    }
    if (!secret.error.empty()) return add(source.line, source.column, path, secret.error);
    key.set_text(target, secret.value);
  }

  const BindOptions& options_;
  ConfigErrors& errors_;
};

}  // namespace

void bind_tree(const Schema& schema, const Node& node, void* object, const BindOptions& options,
               ConfigErrors& errors) {
  Binder(options, errors).object(schema, node, object, "");
}

std::string expected(const Key& key) {
  const bool open_below = key.min == std::numeric_limits<int64_t>::min();
  const bool open_above = key.max == std::numeric_limits<int64_t>::max();
  std::string out;
  switch (key.type) {
    case Key::Type::boolean:
      return "true or false";
    case Key::Type::integer:
      if (open_below && open_above) return "a whole number";
      if (open_above) return fmt::format("a whole number of {} or more", key.min);
      return fmt::format("a whole number from {} to {}", key.min, key.max);
    case Key::Type::choice:
      return fmt::format("one of {}", fmt::join(key.allowed, ", "));
    case Key::Type::texts:
      out = key.form.empty() ? "a list of text" : "a list, each " + key.form;
      if (!key.allowed.empty()) out = fmt::format("a list of {}", fmt::join(key.allowed, ", "));
      break;
    case Key::Type::text_map:
      out = "a map of text to text";
      break;
    case Key::Type::object:
      return "a map of keys";
    case Key::Type::objects:
      return "a list of maps";
    case Key::Type::decimal:
      out = key.form.empty() ? "a number" : key.form;
      break;
    case Key::Type::text:
    case Key::Type::secret:
      out = key.form.empty() ? "text" : key.form;
      break;
  }
  if (!key.example.empty()) out += fmt::format(", for example {}", key.example);
  return out;
}

}  // namespace gatehouse::config
