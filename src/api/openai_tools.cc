#include <fmt/format.h>

#include "api/collect.h"
#include "api/openai_fields.h"

namespace gatehouse::api {
namespace {

enum FunctionField { kName, kDescription, kParameters, kStrict };
constexpr FieldTable<4> kFunctionFields{
    std::array<std::string_view, 4>{"name", "description", "parameters", "strict"}};

enum SchemaField { kSchemaName, kSchemaDescription, kSchema, kSchemaStrict };
constexpr FieldTable<4> kSchemaFields{
    std::array<std::string_view, 4>{"name", "description", "schema", "strict"}};

bool read_tool_name(Reader& reader, const Path& path, const json::Element& element,
                    std::string& out) {
  if (!reader.string(path, element, 1, RequestLimits::kNameBytes, out)) return false;
  if (is_tool_name(out)) return true;
  return reader.fail(
      path,
      fmt::format("'{}' must have at most 128 letters, digits and '_', '-', '.', ':'.",
                  path.text()),
      "invalid_value");
}

bool read_schema(Reader& reader, const Path& path, const json::Element& element, std::string& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  out = json::raw(element);
  return true;
}

/// The declaration of a function. `more` is set if it holds what has no native form.
bool read_declaration(Reader& reader, const Path& path, const json::Element& element, Tool& out,
                      bool& more) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  bool named = false;
  for (const auto& field : object) {
    const Path at(path, field.key);
    const int known = kFunctionFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kFunctionFields, field.key)) return false;
      more = true;
      continue;
    }
    if (field.value.is_null() && known != kName) continue;
    switch (known) {
      case kName:
        named = true;
        if (!read_tool_name(reader, at, field.value, out.name)) return false;
        break;
      case kDescription:
        if (!reader.string(at, field.value, out.description)) return false;
        break;
      case kParameters:
        if (!read_schema(reader, at, field.value, out.parameters)) return false;
        break;
      case kStrict:
        if (!reader.boolean(at, field.value, out.strict)) return false;
        break;
    }
  }
  return named || reader.missing(Path(path, "name"));
}

bool read_tool(Reader& reader, const Path& path, const json::Element& element, Tool& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  json::Element value;
  const Path type_path(path, "type");
  if (object.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, value, type)) return false;
  if (type == "function") {
    const Path at(path, "function");
    if (object.at_key("function").get(value) != simdjson::SUCCESS) return reader.missing(at);
    bool more = object.size() > 2;
    if (!read_declaration(reader, at, value, out, more)) return false;
    if (more) out.raw = json::raw(element);
    return true;
  }
  if (type.empty()) return reader.not_one_of(type_path, type, {"function", "custom"});
  // A tool of the server's own, or one with free-form input: passed on as it is.
  out.raw = json::raw(element);
  if (type == "custom") {
    const Path at(path, "custom");
    const Path name_path(at, "name");
    if (object.at_key("custom").get(value) != simdjson::SUCCESS) return reader.missing(at);
    json::Object custom;
    if (!reader.object(at, value, custom)) return false;
    if (custom.at_key("name").get(value) != simdjson::SUCCESS) return reader.missing(name_path);
    return read_tool_name(reader, name_path, value, out.name);
  }
  std::string_view name;
  if (object.at_key("name").get(name) == simdjson::SUCCESS && is_tool_name(name)) out.name = name;
  return true;
}

bool read_named(Reader& reader, const Path& path, const json::Object& object, ToolChoice& out) {
  json::Element value;
  const Path at(path, "name");
  if (object.at_key("name").get(value) != simdjson::SUCCESS) return reader.missing(at);
  out.mode = ToolChoice::Mode::named;
  return read_tool_name(reader, at, value, out.name);
}

/// The names of the tools that a choice is limited to.
bool read_allowed(Reader& reader, const Path& path, const json::Object& choice, ToolChoice& out) {
  const Path at(path, "tools");
  json::Element value;
  json::Array items;
  if (choice.at_key("tools").get(value) != simdjson::SUCCESS) return reader.missing(at);
  if (!reader.array(at, value, 1, RequestLimits::kTools, items)) return false;
  size_t i = 0;
  for (const json::Element item : items) {
    const Path here(at, i++);
    json::Object tool;
    if (!reader.object(here, item, tool)) return false;
    const Path type_path(here, "type");
    if (tool.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
    std::string_view type;
    if (!reader.string(type_path, value, type)) return false;
    if (type != "function" && type != "custom") {
      return reader.not_one_of(type_path, type, {"function", "custom"});
    }
    const Path holder(here, type);
    if (tool.at_key(type).get(value) != simdjson::SUCCESS) return reader.missing(holder);
    json::Object named;
    if (!reader.object(holder, value, named)) return false;
    const Path name_path(holder, "name");
    if (named.at_key("name").get(value) != simdjson::SUCCESS) return reader.missing(name_path);
    if (!read_tool_name(reader, name_path, value, out.allowed.emplace_back())) return false;
  }
  return true;
}

}  // namespace

bool read_openai_tools(Reader& reader, const Path& path, const json::Element& element,
                       std::vector<Tool>& out) {
  json::Array items;
  if (!reader.array(path, element, 0, RequestLimits::kTools, items)) return false;
  out.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    Tool& tool = out.emplace_back();
    if (!read_tool(reader, at, item, tool)) return false;
    collect_side_text(item, tool.side_text);
  }
  return true;
}

bool read_openai_functions(Reader& reader, const Path& path, const json::Element& element,
                           std::vector<Tool>& out) {
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kTools, items)) return false;
  out.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    bool more = false;
    Tool& tool = out.emplace_back();
    if (!read_declaration(reader, at, item, tool, more)) return false;
    collect_side_text(item, tool.side_text);
  }
  return true;
}

bool read_openai_tool_choice(Reader& reader, const Path& path, const json::Element& element,
                             ToolChoice& out) {
  if (element.is_string()) {
    std::string_view mode;
    if (!reader.string(path, element, mode)) return false;
    if (mode == "auto") {
      out.mode = ToolChoice::Mode::automatic;
    } else if (mode == "none") {
      out.mode = ToolChoice::Mode::none;
    } else if (mode == "required") {
      out.mode = ToolChoice::Mode::required;
    } else {
      return reader.not_one_of(path, mode, {"none", "auto", "required"});
    }
    return true;
  }
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return reader.wrong_type(path, "a string or an object", element);
  }
  json::Element value;
  const Path type_path(path, "type");
  if (object.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, value, type)) return false;
  if (type != "function" && type != "custom" && type != "allowed_tools") {
    return reader.not_one_of(type_path, type, {"function", "custom", "allowed_tools"});
  }
  const Path at(path, type);
  if (object.at_key(type).get(value) != simdjson::SUCCESS) return reader.missing(at);
  json::Object choice;
  if (!reader.object(at, value, choice)) return false;
  if (type == "function") return read_named(reader, at, choice, out);
  out.raw = json::raw(element);
  if (type == "custom") return read_named(reader, at, choice, out);
  std::string_view mode;
  const Path mode_path(at, "mode");
  if (choice.at_key("mode").get(value) != simdjson::SUCCESS) return reader.missing(mode_path);
  if (!reader.string(mode_path, value, mode)) return false;
  if (mode != "auto" && mode != "required") {
    return reader.not_one_of(mode_path, mode, {"auto", "required"});
  }
  out.mode = mode == "required" ? ToolChoice::Mode::required : ToolChoice::Mode::automatic;
  return read_allowed(reader, at, choice, out);
}

bool read_openai_function_call(Reader& reader, const Path& path, const json::Element& element,
                               ToolChoice& out) {
  if (element.is_string()) {
    std::string_view mode;
    if (!reader.string(path, element, mode)) return false;
    if (mode != "auto" && mode != "none") return reader.not_one_of(path, mode, {"none", "auto"});
    out.mode = mode == "none" ? ToolChoice::Mode::none : ToolChoice::Mode::automatic;
    return true;
  }
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return reader.wrong_type(path, "a string or an object", element);
  }
  return read_named(reader, path, object, out);
}

bool read_openai_response_format(Reader& reader, const Path& path, const json::Element& element,
                                 ResponseFormat& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  json::Element value;
  const Path type_path(path, "type");
  if (object.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, value, type)) return false;
  collect_side_text(element, out.side_text);
  if (type == "text") return true;
  if (type == "json_object") {
    out.kind = ResponseFormat::Kind::json_object;
    // llama.cpp and others take a schema right here.
    if (object.at_key("schema").get(value) != simdjson::SUCCESS || value.is_null()) return true;
    out.kind = ResponseFormat::Kind::json_schema;
    out.name = "answer";
    return read_schema(reader, Path(path, "schema"), value, out.schema);
  }
  if (type != "json_schema") {
    return reader.not_one_of(type_path, type, {"text", "json_object", "json_schema"});
  }
  out.kind = ResponseFormat::Kind::json_schema;
  const Path at(path, "json_schema");
  if (object.at_key("json_schema").get(value) != simdjson::SUCCESS) return reader.missing(at);
  json::Object schema;
  if (!reader.object(at, value, schema)) return false;
  Seen seen;
  for (const auto& field : schema) {
    const Path here(at, field.key);
    const int known = kSchemaFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(here, kSchemaFields, field.key)) return false;
      continue;
    }
    if (field.value.is_null() && known != kSchemaName) continue;
    seen.set(known);
    switch (known) {
      case kSchemaName:
        if (!read_tool_name(reader, here, field.value, out.name)) return false;
        break;
      case kSchemaDescription:
        if (!reader.string(here, field.value, out.description)) return false;
        break;
      case kSchema:
        if (!read_schema(reader, here, field.value, out.schema)) return false;
        break;
      case kSchemaStrict:
        if (!reader.boolean(here, field.value, out.strict)) return false;
        break;
    }
  }
  if (!seen.has(kSchemaName)) return reader.missing(Path(at, "name"));
  if (out.schema.empty()) out.schema = "{}";  // any JSON: the schema may be left out
  return true;
}

}  // namespace gatehouse::api
