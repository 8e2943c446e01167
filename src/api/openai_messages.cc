#include <fmt/format.h>

#include "api/collect.h"
#include "api/openai_fields.h"

namespace gatehouse::api {
namespace {

enum MessageField {
  kRole,
  kContent,
  kName,
  kToolCalls,
  kToolCallId,
  kFunctionCall,
  kRefusal,
  kReasoning
};
constexpr FieldTable<8> kMessageFields{
    std::array<std::string_view, 8>{"role", "content", "name", "tool_calls", "tool_call_id",
                                    "function_call", "refusal", "reasoning_content"}};

enum PartField { kType, kText, kImageUrl, kInputAudio, kFile, kPartRefusal };
constexpr FieldTable<6> kPartFields{
    std::array<std::string_view, 6>{"type", "text", "image_url", "input_audio", "file", "refusal"}};

constexpr FieldTable<5> kCallFields{
    std::array<std::string_view, 5>{"id", "type", "function", "custom", "index"}};
constexpr FieldTable<2> kFunctionFields{std::array<std::string_view, 2>{"name", "arguments"}};
constexpr FieldTable<2> kCustomFields{std::array<std::string_view, 2>{"name", "input"}};

bool read_role(Reader& reader, const Path& path, const json::Element& element, Role& out) {
  std::string_view role;
  if (!reader.string(path, element, role)) return false;
  if (role == "user") {
    out = Role::user;
  } else if (role == "assistant") {
    out = Role::assistant;
  } else if (role == "system") {
    out = Role::system;
  } else if (role == "tool" || role == "function") {  // the latter from before tools
    out = Role::tool;
  } else if (role == "developer") {
    out = Role::developer;
  } else {
    return reader.not_one_of(path, role,
                             {"system", "developer", "user", "assistant", "tool", "function"});
  }
  return true;
}

/// The object of an image, a sound or a file: its text fields must be text.
bool check_media(Reader& reader, const Path& path, const json::Element& element,
                 std::initializer_list<std::string_view> required) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  for (const std::string_view name : required) {
    const Path at(path, name);
    json::Element value;
    if (object.at_key(name).get(value) != simdjson::SUCCESS) return reader.missing(at);
    std::string_view text;
    if (!reader.string(at, value, text)) return false;
    if (text.empty()) {
      return reader.fail(at, fmt::format("'{}' must not be empty.", at.text()), "empty_string");
    }
  }
  return true;
}

/// Whether a message of this role may hold a part of this type.
bool allowed_in(Role role, Part::Kind kind) {
  switch (kind) {
    case Part::Kind::text:
      return true;
    case Part::Kind::refusal:
      return role == Role::assistant;
    default:
      return role == Role::user || role == Role::tool;
  }
}

bool read_part(Reader& reader, const Path& path, const json::Element& element, Role role,
               Part& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  std::optional<json::Element> fields[6];
  for (const auto& field : object) {
    const int known = kPartFields.find(field.key);
    if (known >= 0) {
      fields[known] = field.value;
    } else if (!reader.unknown(Path(path, field.key), kPartFields, field.key)) {
      return false;
    }
  }
  const Path type_path(path, "type");
  if (!fields[kType]) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, *fields[kType], type)) return false;

  const auto require = [&](PartField field, std::string_view name) {
    return fields[field] ? true : reader.missing(Path(path, name));
  };
  if (type == "text") {
    if (!require(kText, "text")) return false;
    if (!reader.string(Path(path, "text"), *fields[kText], out.text)) return false;
  } else if (type == "refusal") {
    out.kind = Part::Kind::refusal;
    if (!require(kPartRefusal, "refusal")) return false;
    if (!reader.string(Path(path, "refusal"), *fields[kPartRefusal], out.text)) return false;
  } else if (type == "image_url") {
    out.kind = Part::Kind::image;
    if (!require(kImageUrl, type)) return false;
    if (!check_media(reader, Path(path, type), *fields[kImageUrl], {"url"})) return false;
  } else if (type == "input_audio") {
    out.kind = Part::Kind::audio;
    if (!require(kInputAudio, type)) return false;
    if (!check_media(reader, Path(path, type), *fields[kInputAudio], {"data", "format"}))
      return false;
  } else if (type == "file") {
    out.kind = Part::Kind::file;
    if (!require(kFile, type)) return false;
    if (!check_media(reader, Path(path, type), *fields[kFile], {})) return false;
  } else if (type == "video_url" || type == "audio_url") {  // of other servers of this dialect
    out.kind = Part::Kind::other;
  } else {
    return reader.not_one_of(type_path, type,
                             {"text", "image_url", "input_audio", "file", "refusal"});
  }
  if (!allowed_in(role, out.kind)) {
    return reader.fail(type_path,
                       fmt::format("A message of role '{}' can't hold a part of type '{}'.",
                                   to_string(role), type),
                       "invalid_value");
  }
  const bool text = out.kind == Part::Kind::text || out.kind == Part::Kind::refusal;
  if (text && object.size() == 2) return true;
  out.raw = json::raw(element);
  if (text) {
    collect_beside(object, {type}, out.beside);
  } else {
    collect_beside(object, {}, out.beside);
  }
  return true;
}

bool read_content(Reader& reader, const Path& path, const json::Element& element, Message& out) {
  if (element.is_string()) {
    std::string_view text;
    if (!reader.string(path, element, text)) return false;
    out.parts.emplace_back().text.assign(text);
    return true;
  }
  if (!element.is_array()) {
    return reader.wrong_type(path, "a string or an array of content parts", element);
  }
  json::Array items;
  const size_t min = out.role == Role::assistant ? 0 : 1;
  if (!reader.array(path, element, min, RequestLimits::kParts, items)) return false;
  out.parts.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    if (!read_part(reader, at, item, out.role, out.parts.emplace_back())) return false;
  }
  return true;
}

/// Keeps all fields of an object that the table does not name.
template <size_t N>
bool keep_unknown(Reader& reader, const Path& path, const FieldTable<N>& table,
                  const json::Object& object, std::string& extra) {
  for (const auto& field : object) {
    if (table.find(field.key) >= 0) continue;
    if (!reader.unknown(Path(path, field.key), table, field.key)) return false;
    keep_member(field.key, field.value, extra);
  }
  return true;
}

/// {"name","arguments"} of a function call, {"name","input"} of a custom tool's.
bool read_function(Reader& reader, const Path& path, const json::Element& element, ToolCall& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  const FieldTable<2>& known = out.custom ? kCustomFields : kFunctionFields;
  const std::string_view input = out.custom ? "input" : "arguments";
  if (!keep_unknown(reader, path, known, object, out.function_extra)) return false;
  json::Element value;
  const Path name_path(path, "name");
  if (object.at_key("name").get(value) != simdjson::SUCCESS) return reader.missing(name_path);
  if (!reader.string(name_path, value, 1, RequestLimits::kNameBytes, out.name)) return false;
  if (!is_tool_name(out.name)) {
    return reader.fail(
        name_path,
        fmt::format("'{}' may only have letters, digits and '_', '-', '.', ':'.", name_path.text()),
        "invalid_value");
  }
  const Path input_path(path, input);
  if (object.at_key(input).get(value) != simdjson::SUCCESS) return reader.missing(input_path);
  return reader.string(input_path, value, out.arguments);
}

bool read_tool_call(Reader& reader, const Path& path, const json::Element& element, ToolCall& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  if (!keep_unknown(reader, path, kCallFields, object, out.extra)) return false;
  json::Element value;
  const Path id_path(path, "id");
  if (object.at_key("id").get(value) != simdjson::SUCCESS) return reader.missing(id_path);
  if (!reader.string(id_path, value, 1, RequestLimits::kNameBytes, out.id)) return false;
  const Path type_path(path, "type");
  std::string_view type = "function";  // some servers leave it out
  if (object.at_key("type").get(value) == simdjson::SUCCESS &&
      !reader.string(type_path, value, type)) {
    return false;
  }
  if (type != "function" && type != "custom") {
    return reader.not_one_of(type_path, type, {"function", "custom"});
  }
  const Path what(path, type);
  if (object.at_key(type).get(value) != simdjson::SUCCESS) return reader.missing(what);
  out.custom = type == "custom";
  return read_function(reader, what, value, out);
}

bool read_tool_calls(Reader& reader, const Path& path, const json::Element& element,
                     std::vector<ToolCall>& out) {
  json::Array items;
  if (!reader.array(path, element, 0, RequestLimits::kToolCalls, items)) return false;
  out.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    if (!read_tool_call(reader, at, item, out.emplace_back())) return false;
  }
  return true;
}

bool read_message(Reader& reader, const Path& path, const json::Element& element, Message& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  std::optional<json::Element> fields[8];
  for (const auto& field : object) {
    const int known = kMessageFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(Path(path, field.key), kMessageFields, field.key)) return false;
      keep_member(field.key, field.value, out.extra);
    } else if (!field.value.is_null()) {
      fields[known] = field.value;
    }
  }
  const Path role_path(path, "role");
  if (!fields[kRole]) return reader.missing(role_path);
  if (!read_role(reader, role_path, *fields[kRole], out.role)) return false;

  const auto only = [&](MessageField field, std::string_view name, Role role) {
    if (!fields[field] || out.role == role) return true;
    const Path at(path, name);
    return reader.fail(
        at,
        fmt::format("'{}' only belongs into a message of role '{}'.", at.text(), to_string(role)),
        "invalid_value");
  };
  if (!only(kToolCalls, "tool_calls", Role::assistant) ||
      !only(kFunctionCall, "function_call", Role::assistant) ||
      !only(kRefusal, "refusal", Role::assistant) ||
      !only(kReasoning, "reasoning_content", Role::assistant) ||
      !only(kToolCallId, "tool_call_id", Role::tool)) {
    return false;
  }

  if (fields[kReasoning]) {
    Part& thinking = out.parts.emplace_back();
    thinking.kind = Part::Kind::thinking;
    if (!reader.string(Path(path, "reasoning_content"), *fields[kReasoning], thinking.text)) {
      return false;
    }
  }
  const Path content_path(path, "content");
  if (fields[kContent]) {
    if (!read_content(reader, content_path, *fields[kContent], out)) return false;
  } else if (out.role == Role::assistant) {
    out.no_content = true;
    if (!fields[kToolCalls] && !fields[kFunctionCall] && !fields[kRefusal] && out.extra.empty()) {
      return reader.missing(content_path);
    }
  } else {
    return reader.missing(content_path);
  }
  if (fields[kRefusal]) {
    Part& refusal = out.parts.emplace_back();
    refusal.kind = Part::Kind::refusal;
    if (!reader.string(Path(path, "refusal"), *fields[kRefusal], refusal.text)) return false;
  }
  if (fields[kName]) {
    const Path at(path, "name");
    if (!reader.string(at, *fields[kName], 1, RequestLimits::kNameBytes, out.name)) return false;
    if (!is_participant_name(out.name)) {
      return reader.fail(
          at,
          fmt::format("'{}' must have at most 64 bytes, without spaces and without any of <|\\/>.",
                      at.text()),
          "invalid_value");
    }
  }
  if (fields[kToolCalls] &&
      !read_tool_calls(reader, Path(path, "tool_calls"), *fields[kToolCalls], out.tool_calls)) {
    return false;
  }
  if (fields[kFunctionCall] &&
      !read_function(reader, Path(path, "function_call"), *fields[kFunctionCall],
                     out.tool_calls.emplace_back())) {
    return false;
  }
  if (out.role == Role::tool) {
    const Path at(path, "tool_call_id");
    if (fields[kToolCallId]) {
      return reader.string(at, *fields[kToolCallId], 1, RequestLimits::kNameBytes,
                           out.tool_call_id);
    }
    std::string_view role;
    if (fields[kRole]->get(role) == simdjson::SUCCESS && role != "function")
      return reader.missing(at);
    if (out.name.empty()) return reader.missing(Path(path, "name"));
  }
  return true;
}

}  // namespace

void keep_member(std::string_view name, const json::Element& value, std::string& extra) {
  if (extra.empty()) {
    extra.push_back('{');
  } else {
    extra.back() = ',';
  }
  json::append_string(extra, name);
  extra.push_back(':');
  extra += json::raw(value);
  extra.push_back('}');
}

bool read_openai_messages(Reader& reader, const Path& path, const json::Element& element,
                          std::vector<Message>& out) {
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kMessages, items)) return false;
  out.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    if (!read_message(reader, at, item, out.emplace_back())) return false;
  }
  return true;
}

}  // namespace gatehouse::api
