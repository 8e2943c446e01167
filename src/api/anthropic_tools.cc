#include <fmt/format.h>

#include "api/anthropic_fields.h"
#include "api/collect.h"

namespace gatehouse::api {
namespace {

enum ToolField { kType, kName, kDescription, kInputSchema };
constexpr FieldTable<4> kToolFields{
    std::array<std::string_view, 4>{"type", "name", "description", "input_schema"}};

bool read_tool(Reader& reader, const Path& path, const json::Element& element, Tool& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  std::string_view type = "custom";
  bool more = false;
  Seen seen;
  for (const auto& field : object) {
    const Path at(path, field.key);
    const int known = kToolFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kToolFields, field.key)) return false;
      more = more || !field.value.is_null();
      continue;
    }
    if (field.value.is_null() && known != kName) continue;
    seen.set(known);
    bool read = true;
    json::Object schema;
    switch (known) {
      case kType:
        read = reader.string(at, field.value, type);
        break;
      case kName:
        read = reader.string(at, field.value, 1, RequestLimits::kNameBytes, out.name);
        if (read && !is_tool_name(out.name)) {
          return reader.fail(
              at,
              fmt::format("'{}' must have at most 128 letters, digits and '_', '-', '.', ':'.",
                          at.text()),
              "invalid_value");
        }
        break;
      case kDescription:
        read = reader.string(at, field.value, out.description);
        break;
      case kInputSchema:
        read = reader.object(at, field.value, schema);
        if (read) out.parameters = json::raw(field.value);
        break;
    }
    if (!read) return false;
  }
  // Other types are tools that the server itself runs; they have no schema, some have no name.
  const bool custom = type == "custom";
  if (custom && !seen.has(kName)) return reader.missing(Path(path, "name"));
  if (custom && !seen.has(kInputSchema)) return reader.missing(Path(path, "input_schema"));
  if (!custom || more) out.raw = json::raw(element);
  return true;
}

}  // namespace

bool read_anthropic_tools(Reader& reader, const Path& path, const json::Element& element,
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

bool read_anthropic_tool_choice(Reader& reader, const Path& path, const json::Element& element,
                                ToolChoice& out, std::optional<bool>& parallel) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  json::Element value;
  const Path type_path(path, "type");
  if (object.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, value, type)) return false;
  if (type == "auto") {
    out.mode = ToolChoice::Mode::automatic;
  } else if (type == "any") {
    out.mode = ToolChoice::Mode::required;
  } else if (type == "none") {
    out.mode = ToolChoice::Mode::none;
  } else if (type == "tool") {
    out.mode = ToolChoice::Mode::named;
    const Path at(path, "name");
    if (object.at_key("name").get(value) != simdjson::SUCCESS) return reader.missing(at);
    if (!reader.string(at, value, 1, RequestLimits::kNameBytes, out.name)) return false;
  } else {
    return reader.not_one_of(type_path, type, {"auto", "any", "tool", "none"});
  }
  if (object.at_key("disable_parallel_tool_use").get(value) != simdjson::SUCCESS) return true;
  bool disabled = false;
  if (!reader.boolean(Path(path, "disable_parallel_tool_use"), value, disabled)) return false;
  parallel = !disabled;
  return true;
}

}  // namespace gatehouse::api
