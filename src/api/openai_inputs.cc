#include <fmt/format.h>

#include "api/openai_fields.h"

// Embeddings and moderations: requests whose body is an input and little else.
namespace gatehouse::api {
namespace {

enum InputField { kModel, kInput, kEncodingFormat, kDimensions, kUser };
constexpr FieldTable<5> kEmbeddingFields{
    std::array<std::string_view, 5>{"model", "input", "encoding_format", "dimensions", "user"}};
constexpr FieldTable<2> kModerationFields{std::array<std::string_view, 2>{"model", "input"}};

bool read_text(Reader& reader, const Path& path, const json::Element& element, std::string& out) {
  return reader.string(path, element, 1, SIZE_MAX, out);
}

bool read_tokens(Reader& reader, const Path& path, const json::Element& element,
                 std::vector<int32_t>& out) {
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kPromptTokens, items)) return false;
  out.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    int64_t token = 0;
    if (!reader.integer(at, item, 0, INT32_MAX, token)) return false;
    out.push_back(static_cast<int32_t>(token));
  }
  return true;
}

bool read_inputs(Reader& reader, const Path& path, const json::Element& element,
                 EmbeddingRequest& out) {
  if (element.is_string()) return read_text(reader, path, element, out.inputs.emplace_back());
  if (!element.is_array()) {
    return reader.wrong_type(path, "a string, an array of strings, or token ids", element);
  }
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kPromptTokens, items)) return false;
  const json::Element first = items.at(0);
  if (first.is_number()) {
    return read_tokens(reader, path, element, out.token_inputs.emplace_back());
  }
  if (!reader.array(path, element, 1, RequestLimits::kPrompts, items)) return false;
  const bool tokens = first.is_array();
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    const bool read = tokens ? read_tokens(reader, at, item, out.token_inputs.emplace_back())
                             : read_text(reader, at, item, out.inputs.emplace_back());
    if (!read) return false;
  }
  return true;
}

bool read_embedding_field(Reader& reader, const Path& at, int field, const json::Element& value,
                          EmbeddingRequest& out) {
  switch (field) {
    case kModel:
      return read_model(reader, at, value, out.model);
    case kInput:
      return read_inputs(reader, at, value, out);
    case kEncodingFormat: {
      std::string_view format;
      if (!reader.string(at, value, format)) return false;
      if (format != "float" && format != "base64") {
        return reader.not_one_of(at, format, {"float", "base64"});
      }
      out.base64 = format == "base64";
      return true;
    }
    case kDimensions: {
      int64_t dimensions = 0;
      if (!reader.integer(at, value, 1, 65'536, dimensions)) return false;
      out.dimensions = static_cast<int>(dimensions);
      return true;
    }
    default:
      return reader.string(at, value, 0, RequestLimits::kMetadataValueBytes, out.user);
  }
}

bool read_embedding(Reader& reader, EmbeddingRequest& out) {
  json::Object root;
  if (!read_root(reader, out.body, root)) return false;
  const Path here;
  Seen seen;
  for (const auto& field : root) {
    const Path at(here, field.key);
    const int known = kEmbeddingFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kEmbeddingFields, field.key)) return false;
      if (!keep_extra(reader, at, field.value, out.extra)) return false;
      continue;
    }
    if (field.value.is_null() && known != kModel && known != kInput) continue;
    seen.set(known);
    if (!read_embedding_field(reader, at, known, field.value, out)) return false;
  }
  if (!seen.has(kModel)) return reader.missing(Path(here, "model"));
  return seen.has(kInput) || reader.missing(Path(here, "input"));
}

/// {"type":"text","text"} or {"type":"image_url",…}.
bool read_moderation_part(Reader& reader, const Path& path, const json::Element& element,
                          ModerationRequest& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  json::Element value;
  const Path type_path(path, "type");
  if (object.at_key("type").get(value) != simdjson::SUCCESS) return reader.missing(type_path);
  std::string_view type;
  if (!reader.string(type_path, value, type)) return false;
  if (type == "text") {
    const Path at(path, "text");
    if (object.at_key("text").get(value) != simdjson::SUCCESS) return reader.missing(at);
    return reader.string(at, value, out.inputs.emplace_back());
  }
  if (type != "image_url") return reader.not_one_of(type_path, type, {"text", "image_url"});
  const Path at(path, "image_url");
  if (object.at_key("image_url").get(value) != simdjson::SUCCESS) return reader.missing(at);
  json::Object image;
  if (!reader.object(at, value, image)) return false;
  const Path url_path(at, "url");
  if (image.at_key("url").get(value) != simdjson::SUCCESS) return reader.missing(url_path);
  std::string_view url;
  ++out.images;
  return reader.string(url_path, value, url);
}

bool read_moderation_input(Reader& reader, const Path& path, const json::Element& element,
                           ModerationRequest& out) {
  if (element.is_string()) return reader.string(path, element, out.inputs.emplace_back());
  if (!element.is_array()) {
    return reader.wrong_type(path, "a string, an array of strings, or an array of parts", element);
  }
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kPrompts, items)) return false;
  out.multimodal = items.at(0).is_object();
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    const bool read = out.multimodal ? read_moderation_part(reader, at, item, out)
                                     : reader.string(at, item, out.inputs.emplace_back());
    if (!read) return false;
  }
  return true;
}

bool read_moderation(Reader& reader, std::string& body, ModerationRequest& out) {
  json::Object root;
  if (!read_root(reader, body, root)) return false;
  const Path here;
  Seen seen;
  for (const auto& field : root) {
    const Path at(here, field.key);
    const int known = kModerationFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kModerationFields, field.key)) return false;
      continue;
    }
    if (field.value.is_null() && known == kModel) continue;
    seen.set(known);
    const bool read = known == kModel ? read_model(reader, at, field.value, out.model)
                                      : read_moderation_input(reader, at, field.value, out);
    if (!read) return false;
  }
  return seen.has(kInput) || reader.missing(Path(here, "input"));
}

}  // namespace

Result<EmbeddingRequest> parse_openai_embedding(std::string body) {
  EmbeddingRequest out;
  out.body = std::move(body);
  Reader reader;
  if (!read_embedding(reader, out)) return refuse(std::move(reader.error));
  return out;
}

Result<ModerationRequest> parse_openai_moderation(std::string body) {
  ModerationRequest out;
  Reader reader;
  if (!read_moderation(reader, body, out)) return refuse(std::move(reader.error));
  return out;
}

}  // namespace gatehouse::api
