#include <fmt/format.h>

#include "api/anthropic_fields.h"
#include "api/collect.h"

namespace gatehouse::api {
namespace {

enum Field {
  kModel,
  kMessages,
  kSystem,
  kMaxTokens,
  kMetadata,
  kStopSequences,
  kStream,
  kTemperature,
  kTopK,
  kTopP,
  kTools,
  kToolChoice,
  kOutputConfig,
  kOutputFormat
};
constexpr FieldTable<14> kFields{std::array<std::string_view, 14>{
    "model", "messages", "system", "max_tokens", "metadata", "stop_sequences", "stream",
    "temperature", "top_k", "top_p", "tools", "tool_choice", "output_config", "output_format"}};

bool read_message(Reader& reader, const Path& path, const json::Element& element,
                  std::vector<Message>& out) {
  static constexpr FieldTable<2> kMessageFields{std::array<std::string_view, 2>{"role", "content"}};
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  std::optional<json::Element> fields[2];
  for (const auto& field : object) {
    const int known = kMessageFields.find(field.key);
    if (known >= 0) {
      fields[known] = field.value;
      continue;
    }
    const Path at(path, field.key);
    if (!reader.unknown(at, kMessageFields, field.key)) return false;
    return reader.fail(at, fmt::format("'{}' is not a field of a message.", at.text()),
                       "unknown_parameter");
  }
  const Path role_path(path, "role");
  if (!fields[0]) return reader.missing(role_path);
  std::string_view role;
  if (!reader.string(role_path, *fields[0], role)) return false;
  if (role != "user" && role != "assistant") {
    return reader.not_one_of(role_path, role, {"user", "assistant"});
  }
  const Path content_path(path, "content");
  if (!fields[1]) return reader.missing(content_path);
  return read_anthropic_turn(reader, content_path, *fields[1],
                             role == "user" ? Role::user : Role::assistant, out);
}

bool read_messages(Reader& reader, const Path& path, const json::Element& element,
                   ChatRequest& out) {
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kMessages, items)) return false;
  out.messages.reserve(out.messages.size() + items.size() + 1);
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    if (!read_message(reader, at, item, out.messages)) return false;
  }
  return true;
}

bool read_user(Reader& reader, const Path& path, const json::Element& element, ChatRequest& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  out.metadata = json::raw(element);
  json::Element user;
  if (object.at_key("user_id").get(user) != simdjson::SUCCESS || user.is_null()) return true;
  return reader.string(Path(path, "user_id"), user, 0, RequestLimits::kMetadataValueBytes,
                       out.user);
}

/// A schema for the answer: `output_config.format`, in an earlier beta `output_format`.
bool read_output_format(Reader& reader, const Path& path, const json::Element& element,
                        ResponseFormat& out) {
  const Path type_path(path, "type");
  const Path schema_path(path, "schema");
  json::Object object;
  json::Object schema;
  json::Element value;
  std::string_view type;
  if (!reader.object(path, element, object)) return false;
  if (object.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  if (!reader.string(type_path, value, type)) return false;
  if (type != "json_schema") return reader.not_one_of(type_path, type, {"json_schema"});
  if (object.at_key("schema").get(value) != simdjson::SUCCESS) return reader.missing(schema_path);
  if (!reader.object(schema_path, value, schema)) return false;
  out.kind = ResponseFormat::Kind::json_schema;
  out.name = "answer";
  out.schema = json::raw(value);
  out.strict = true;
  collect_side_text(element, out.side_text);
  return true;
}

bool read_output_config(Reader& reader, const Path& path, const json::Element& element,
                        ChatRequest& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  if (!keep_extra(reader, path, element, out.extra)) return false;
  json::Element format;
  if (object.at_key("format").get(format) != simdjson::SUCCESS || format.is_null()) return true;
  if (object.size() == 1) out.response_format.member = path.name;
  return read_output_format(reader, Path(path, "format"), format, out.response_format);
}

bool read_field(Reader& reader, const Path& at, int field, const json::Element& value,
                ChatRequest& out, Message& system) {
  Sampling& sampling = out.sampling;
  switch (field) {
    case kModel:
      return read_model(reader, at, value, out.model);
    case kMessages:
      return read_messages(reader, at, value, out);
    case kSystem:
      system.role = Role::system;
      return read_anthropic_blocks(reader, at, value, system);
    case kMaxTokens:
      return read_optional<int64_t>(reader, at, value, 1, kTokenLimit, sampling.max_tokens);
    case kMetadata:
      return read_user(reader, at, value, out);
    case kStopSequences: {
      json::Array items;
      if (!reader.array(at, value, 0, RequestLimits::kStop, items)) return false;
      return read_stop(reader, at, value, sampling.stop);
    }
    case kStream:
      return reader.boolean(at, value, out.stream);
    case kTemperature:
      return read_optional<double>(reader, at, value, 0, 1, sampling.temperature);
    case kTopK:
      return read_optional<int64_t>(reader, at, value, 0, 1'000'000, sampling.top_k);
    case kTopP:
      return read_optional<double>(reader, at, value, 0, 1, sampling.top_p);
    case kTools:
      return read_anthropic_tools(reader, at, value, out.tools);
    case kToolChoice:
      return read_anthropic_tool_choice(reader, at, value, out.tool_choice,
                                        out.parallel_tool_calls);
    case kOutputConfig:
      return read_output_config(reader, at, value, out);
    default:
      out.response_format.member = at.name;
      return keep_extra(reader, at, value, out.extra) &&
             read_output_format(reader, at, value, out.response_format);
  }
}

bool check_tool_choice(Reader& reader, const Path& root, const ChatRequest& out) {
  using Mode = ToolChoice::Mode;
  const Path at(root, "tool_choice");
  const Mode mode = out.tool_choice.mode;
  if (out.tools.empty() && (mode == Mode::named || mode == Mode::required)) {
    return reader.fail(at, "'tool_choice' needs tools to choose from.", "invalid_value");
  }
  if (mode != Mode::named) return true;
  for (const Tool& tool : out.tools) {
    if (tool.name == out.tool_choice.name) return true;
  }
  return reader.fail(at, "'tool_choice' names a tool that is not among the tools.",
                     "invalid_value");
}

bool read(Reader& reader, ChatRequest& out, bool counting) {
  json::Object root;
  if (!read_root(reader, out.body, root)) return false;
  const Path here;
  Seen seen;
  Message system;
  for (const auto& field : root) {
    const Path at(here, field.key);
    const int known = kFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kFields, field.key)) return false;
      if (!keep_extra(reader, at, field.value, out.extra)) return false;
      continue;
    }
    if (field.value.is_null() && known > kMessages) continue;
    seen.set(known);
    if (!read_field(reader, at, known, field.value, out, system)) return false;
  }
  if (!seen.has(kModel)) return reader.missing(Path(here, "model"));
  if (!seen.has(kMessages)) return reader.missing(Path(here, "messages"));
  if (!counting && !seen.has(kMaxTokens)) return reader.missing(Path(here, "max_tokens"));
  if (seen.has(kOutputConfig) && seen.has(kOutputFormat)) {
    return reader.fail(Path(here, "output_format"),
                       "Give either 'output_config' or 'output_format', not both.",
                       "invalid_value");
  }
  if (seen.has(kSystem)) out.messages.insert(out.messages.begin(), std::move(system));
  return check_tool_choice(reader, here, out);
}

Result<ChatRequest> parse(std::string body, bool counting) {
  ChatRequest out;
  out.dialect = Dialect::anthropic;
  out.include_usage = true;  // its streams always tell
  out.body = std::move(body);
  Reader reader;
  if (!read(reader, out, counting)) return refuse(std::move(reader.error));
  return out;
}

}  // namespace

Result<ChatRequest> parse_anthropic_messages(std::string body) {
  return parse(std::move(body), false);
}

Result<ChatRequest> parse_anthropic_count_tokens(std::string body) {
  return parse(std::move(body), true);
}

}  // namespace gatehouse::api
