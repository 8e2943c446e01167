#include <limits>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/json_text.h"
#include "config/keys.h"
#include "config/published.h"

namespace gatehouse::config {
namespace {

namespace bj = boost::json;

bj::object reference_to(const Schema& schema) {
  return bj::object{{"$ref", "#/$defs/" + schema.name()}};
}

void add_range(bj::object& out, const Key& key, const char* least, const char* most) {
  if (key.min != std::numeric_limits<int64_t>::min()) out[least] = key.min;
  if (key.max != std::numeric_limits<int64_t>::max()) out[most] = key.max;
}

bj::object text_item(const Key& key) {
  bj::object item{{"type", "string"}};
  if (!key.allowed.empty()) item["enum"] = bj::array(key.allowed.begin(), key.allowed.end());
  if (!key.pattern.empty()) item["pattern"] = key.pattern;
  return item;
}

bj::object type_of(const Key& key) {
  switch (key.type) {
    case Key::Type::boolean:
      return {{"type", "boolean"}};
    case Key::Type::integer: {
      bj::object out{{"type", "integer"}};
      add_range(out, key, "minimum", "maximum");
      return out;
    }
    case Key::Type::decimal: {
      bj::object out{{"type", bj::array{"number", "string"}}, {"minimum", 0}};
      out["pattern"] = R"(^[0-9]+(\.[0-9]+)?$)";
      return out;
    }
    case Key::Type::text: {
      bj::object out = text_item(key);
      if (key.is_required && key.pattern.empty()) out["minLength"] = 1;
      return out;
    }
    case Key::Type::choice:
      return text_item(key);
    case Key::Type::texts: {
      bj::object out{{"type", "array"}, {"items", text_item(key)}};
      add_range(out, key, "minItems", "maxItems");
      return out;
    }
    case Key::Type::text_map:
      return {{"type", "object"}, {"additionalProperties", bj::object{{"type", "string"}}}};
    case Key::Type::object:
      return reference_to(*key.schema);
    case Key::Type::objects: {
      bj::object out{{"type", "array"}, {"items", reference_to(*key.schema)}};
      add_range(out, key, "minItems", "maxItems");
      return out;
    }
    case Key::Type::secret:
      break;
  }
  return {};
}

void add_secret(const Key& key, bj::object& properties, bj::array& all_of) {
  const std::string env = key.name + "_env";
  const std::string file = key.name + "_file";
  properties[env] = {{"description", key.doc + " The name of an environment variable."},
                     {"type", "string"},
                     {"pattern", "^[A-Z_][A-Z0-9_]{0,127}$"}};
  properties[file] = {
      {"description", key.doc + " The path of a file."}, {"type", "string"}, {"minLength", 1}};
  const bj::object has_env{{"required", bj::array{env}}};
  const bj::object has_file{{"required", bj::array{file}}};
  if (key.is_required) {
    all_of.emplace_back(bj::object{{"oneOf", bj::array{has_env, has_file}}});
  } else {
    const bj::object both{{"required", bj::array{env, file}}};
    all_of.emplace_back(bj::object{{"not", both}});
  }
}

class Writer {
 public:
  bj::object object(const Schema& schema) {
    bj::object properties;
    bj::array required;
    bj::array all_of;
    for (const Key& key : schema.keys()) {
      if (key.type == Key::Type::secret) {
        add_secret(key, properties, all_of);
        continue;
      }
      bj::object property{{"description", key.doc}};
      for (auto& member : type_of(key)) property[member.key()] = std::move(member.value());
      if (key.get && !key.is_required) {
        if (bj::value value = key.get(schema.defaults()); !value.is_null()) {
          property["default"] = std::move(value);
        }
      }
      if (!key.example.empty()) property["examples"] = bj::array{key.example};
      if (key.is_required) required.emplace_back(key.name);
      properties[key.name] = std::move(property);
      if (key.schema != nullptr) define(*key.schema);
    }
    bj::object out{{"type", "object"}, {"description", schema.doc()}};
    out["properties"] = std::move(properties);
    if (!required.empty()) out["required"] = std::move(required);
    if (!all_of.empty()) out["allOf"] = std::move(all_of);
    out["additionalProperties"] = false;
    return out;
  }

  bj::object take_definitions() { return std::move(definitions_); }

 private:
  void define(const Schema& schema) {
    if (definitions_.contains(schema.name())) return;
    definitions_[schema.name()] = nullptr;  // keeps its place in the order
    bj::object made = object(schema);
    definitions_[schema.name()] = std::move(made);
  }

  bj::object definitions_;
};

}  // namespace

std::string json_schema() {
  Writer writer;
  bj::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                  {"title", "gatehouse.yaml"}};
  for (auto& member : writer.object(root_schema())) {
    root[member.key()] = std::move(member.value());
  }
  root["$defs"] = writer.take_definitions();
  return pretty(root);
}

}  // namespace gatehouse::config
