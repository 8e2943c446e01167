#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "api/anthropic_fields.h"
#include "api/collect.h"

// The content blocks of Anthropic's messages.
namespace gatehouse::api {
namespace {

enum BlockField {
  kType,
  kText,
  kSource,
  kId,
  kName,
  kInput,
  kToolUseId,
  kContent,
  kIsError,
  kThinking,
  kSignature,
  kData
};
constexpr FieldTable<12> kBlockFields{
    std::array<std::string_view, 12>{"type", "text", "source", "id", "name", "input", "tool_use_id",
                                     "content", "is_error", "thinking", "signature", "data"}};

/// A content block with its known fields picked out.
struct Block {
  const Path& path;
  json::Element whole;
  json::Object object;
  std::optional<json::Element> fields[12];
  std::string_view type;

  /// Whether it holds fields beyond those of its type: cache marks, citations.
  bool more_than(std::initializer_list<std::string_view> native) const {
    return std::any_of(object.begin(), object.end(), [&](const auto& field) {
      return !field.value.is_null() &&
             std::find(native.begin(), native.end(), field.key) == native.end();
    });
  }

  bool required(Reader& reader, BlockField field, std::string_view name, std::string& out,
                size_t min = 0, size_t max = SIZE_MAX) const {
    const Path at(path, name);
    if (!fields[field]) return reader.missing(at);
    return reader.string(at, *fields[field], min, max, out);
  }
};

bool open_block(Reader& reader, Block& block) {
  if (!reader.object(block.path, block.whole, block.object)) return false;
  for (const auto& field : block.object) {
    const int known = kBlockFields.find(field.key);
    if (known >= 0) {
      block.fields[known] = field.value;
    } else if (!reader.unknown(Path(block.path, field.key), kBlockFields, field.key)) {
      return false;
    }
  }
  const Path at(block.path, "type");
  if (!block.fields[kType]) return reader.missing(at);
  return reader.string(at, *block.fields[kType], block.type);
}

/// The fields of a block beyond those of its type, as a JSON object; empty if there are none.
std::string other_members(const Block& block, std::initializer_list<std::string_view> native) {
  std::string out;
  if (!block.more_than(native)) return out;
  for (const auto& field : block.object) {
    if (std::find(native.begin(), native.end(), field.key) == native.end()) {
      keep_member(field.key, field.value, out);
    }
  }
  return out;
}

/// `source` of an image or a document. Keeps a document's plain text.
bool read_source(Reader& reader, const Block& block, Part& out) {
  const Path path(block.path, "source");
  if (!block.fields[kSource]) return reader.missing(path);
  json::Object source;
  if (!reader.object(path, *block.fields[kSource], source)) return false;
  json::Element value;
  const Path type_path(path, "type");
  if (source.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, value, type)) return false;
  const bool document = out.kind == Part::Kind::file;
  std::string_view holder;
  if (type == "base64" || (document && type == "text")) {
    holder = "data";
  } else if (type == "url") {
    holder = "url";
  } else if (type == "file") {
    holder = "file_id";
  } else if (document && type == "content") {
    const Path at(path, "content");
    if (source.at_key("content").get(value) != simdjson::SUCCESS) return reader.missing(at);
    out.kind = Part::Kind::other;  // text in pieces
    return true;
  } else if (document) {
    return reader.not_one_of(type_path, type, {"base64", "text", "content", "url", "file"});
  } else {
    return reader.not_one_of(type_path, type, {"base64", "url", "file"});
  }
  const Path at(path, holder);
  if (source.at_key(holder).get(value) != simdjson::SUCCESS) return reader.missing(at);
  std::string_view text;
  if (!reader.string(at, value, text)) return false;
  if (text.empty()) {
    return reader.fail(at, fmt::format("'{}' must not be empty.", at.text()), "empty_string");
  }
  if (type == "text") out.text.assign(text);
  std::string_view media_type;
  if (type == "base64" && source.at_key("media_type").get(media_type) == simdjson::SUCCESS &&
      is_text_type(media_type)) {
    collect_side_text(*block.fields[kSource], out.beside);
  }
  return true;
}

/// What a block holds beyond the fields of its type.
void keep_beside(const Block& block, std::initializer_list<std::string_view> native, Part& out) {
  if (!block.more_than(native)) return;
  out.raw = json::raw(block.whole);
  collect_beside(block.object, native, out.beside);
}

/// A block that is not a tool's use or result.
bool read_part(Reader& reader, const Block& block, Part& out) {
  if (block.type == "text") {
    if (!block.required(reader, kText, "text", out.text)) return false;
    keep_beside(block, {"type", "text"}, out);
    return true;
  }
  if (block.type == "thinking") {
    out.kind = Part::Kind::thinking;
    keep_beside(block, {"type", "thinking", "signature"}, out);
    return block.required(reader, kThinking, "thinking", out.text) &&
           block.required(reader, kSignature, "signature", out.signature);
  }
  if (block.type == "redacted_thinking") {
    out.kind = Part::Kind::redacted_thinking;
    keep_beside(block, {"type", "data"}, out);
    return block.required(reader, kData, "data", out.signature);
  }
  if (block.type == "image" || block.type == "document") {
    out.kind = block.type == "image" ? Part::Kind::image : Part::Kind::file;
    if (!read_source(reader, block, out)) return false;
    if (out.kind == Part::Kind::other) {
      collect_beside(block.object, {}, out.beside);
    } else {
      collect_beside(block.object, {"source"}, out.beside);
    }
  } else if (block.type == "search_result" || block.type.ends_with("_tool_result") ||
             block.type == "server_tool_use" || block.type == "mcp_tool_use" ||
             block.type == "container_upload") {
    out.kind = Part::Kind::other;  // of the server's own tools: passed on, and read
    out.from_tool = block.type == "search_result" || block.type.ends_with("_tool_result");
    if (block.fields[kInput]) collect_side_text(*block.fields[kInput], out.beside);
    collect_beside(block.object, {"input"}, out.beside);
  } else {
    return reader.not_one_of(Path(block.path, "type"), block.type,
                             {"text", "image", "document", "search_result", "thinking",
                              "redacted_thinking", "tool_use", "tool_result"});
  }
  out.raw = json::raw(block.whole);
  return true;
}

bool read_tool_use(Reader& reader, const Block& block, Message& out) {
  ToolCall& call = out.tool_calls.emplace_back();
  call.parts_before = out.parts.size();
  if (!block.required(reader, kId, "id", call.id, 1, RequestLimits::kNameBytes)) return false;
  if (!block.required(reader, kName, "name", call.name, 1, RequestLimits::kNameBytes)) return false;
  if (!is_tool_name(call.name)) {
    const Path at(block.path, "name");
    return reader.fail(
        at, fmt::format("'{}' may only have letters, digits and '_', '-', '.', ':'.", at.text()),
        "invalid_value");
  }
  const Path input(block.path, "input");
  if (!block.fields[kInput]) return reader.missing(input);
  json::Object object;
  if (!reader.object(input, *block.fields[kInput], object)) return false;
  call.arguments = json::raw(*block.fields[kInput]);
  call.extra = other_members(block, {"type", "id", "name", "input"});
  return true;
}

/// A tool's result becomes a message of its own.
bool read_tool_result(Reader& reader, const Block& block, Message& out) {
  out.role = Role::tool;
  if (!block.required(reader, kToolUseId, "tool_use_id", out.tool_call_id, 1,
                      RequestLimits::kNameBytes)) {
    return false;
  }
  if (block.fields[kIsError] && !block.fields[kIsError]->is_null() &&
      !reader.boolean(Path(block.path, "is_error"), *block.fields[kIsError], out.tool_error)) {
    return false;
  }
  out.extra = other_members(block, {"type", "tool_use_id", "content", "is_error"});
  if (!block.fields[kContent] || block.fields[kContent]->is_null()) {
    out.no_content = true;
    return true;
  }
  const Path at(block.path, "content");
  return read_anthropic_blocks(reader, at, *block.fields[kContent], out);
}

}  // namespace

bool read_anthropic_blocks(Reader& reader, const Path& path, const json::Element& element,
                           Message& out) {
  if (element.is_string()) return reader.string(path, element, out.parts.emplace_back().text);
  if (!element.is_array()) {
    return reader.wrong_type(path, "a string or an array of content blocks", element);
  }
  json::Array items;
  if (!reader.array(path, element, 0, RequestLimits::kParts, items)) return false;
  out.parts.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    Block block{at, item, {}, {}, {}};
    if (!open_block(reader, block)) return false;
    if (block.type == "tool_use" || block.type == "tool_result") {
      return reader.fail(
          Path(at, "type"),
          fmt::format("A block of type '{}' can't be in '{}'.", block.type, path.text()),
          "invalid_value");
    }
    if (!read_part(reader, block, out.parts.emplace_back())) return false;
  }
  return true;
}

bool read_anthropic_turn(Reader& reader, const Path& path, const json::Element& element, Role role,
                         std::vector<Message>& out) {
  if (!element.is_array()) {
    Message& message = out.emplace_back();
    message.role = role;
    return read_anthropic_blocks(reader, path, element, message);
  }
  json::Array items;
  if (!reader.array(path, element, role == Role::assistant ? 0 : 1, RequestLimits::kParts, items)) {
    return false;
  }
  const size_t begin = out.size();
  const auto current = [&]() -> Message& {
    // Blocks that follow a tool's result are the user's again.
    if (out.size() == begin || out.back().role != role) {
      Message& next = out.emplace_back();
      next.role = role;
      next.continues = out.size() - begin > 1;
    }
    return out.back();
  };
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    Block block{at, item, {}, {}, {}};
    if (!open_block(reader, block)) return false;
    const bool use = block.type == "tool_use";
    const bool result = block.type == "tool_result";
    if ((use && role != Role::assistant) || (result && role != Role::user)) {
      return reader.fail(Path(at, "type"),
                         fmt::format("A message of role '{}' can't hold a block of type '{}'.",
                                     to_string(role), block.type),
                         "invalid_value");
    }
    bool read = false;
    if (result) {
      Message& message = out.emplace_back();
      message.continues = out.size() - begin > 1;
      read = read_tool_result(reader, block, message);
    } else if (use) {
      read = read_tool_use(reader, block, current());
    } else {
      read = read_part(reader, block, current().parts.emplace_back());
    }
    if (!read) return false;
  }
  if (out.size() == begin) current().no_content = true;  // an assistant's empty list
  return true;
}

}  // namespace gatehouse::api
