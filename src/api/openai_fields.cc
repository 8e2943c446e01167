#include "api/openai_fields.h"

#include <charconv>

#include <fmt/format.h>

namespace gatehouse::api {

bool read_root(Reader& reader, std::string& body, json::Object& root) {
  auto parsed = json::thread_parser().parse(body);
  if (!parsed) {
    reader.error = std::move(parsed.error());
    return false;
  }
  const Path here;
  return reader.object(here, *parsed, root) && reader.unique_names(here, *parsed);
}

bool read_model(Reader& reader, const Path& path, const json::Element& element, std::string& out) {
  return reader.string(path, element, 1, RequestLimits::kNameBytes, out);
}

bool read_stop(Reader& reader, const Path& path, const json::Element& element,
               std::vector<std::string>& out) {
  if (element.is_string()) {
    out.emplace_back();
    return reader.string(path, element, 1, RequestLimits::kStopBytes, out.back());
  }
  if (!element.is_array())
    return reader.wrong_type(path, "a string or an array of strings", element);
  json::Array items;
  if (!reader.array(path, element, 0, RequestLimits::kStop, items)) return false;
  out.reserve(items.size());
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    out.emplace_back();
    if (!reader.string(at, item, 1, RequestLimits::kStopBytes, out.back())) return false;
  }
  return true;
}

bool read_logit_bias(Reader& reader, const Path& path, const json::Element& element,
                     std::vector<std::pair<int, double>>& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  if (object.size() > RequestLimits::kLogitBias) {
    return reader.fail(
        path,
        fmt::format("'{}' must have at most {} entries.", path.text(), RequestLimits::kLogitBias),
        "object_above_max_properties");
  }
  out.reserve(object.size());
  for (const auto& field : object) {
    const Path at(path, field.key);
    int token = -1;
    const char* end = field.key.data() + field.key.size();
    const auto [stop, error] = std::from_chars(field.key.data(), end, token);
    if (error != std::errc() || stop != end || token < 0) {
      return reader.fail(at, fmt::format("'{}' must be named by a token id.", at.text()),
                         "invalid_value");
    }
    double bias = 0;
    if (!reader.number(at, field.value, -100, 100, bias)) return false;
    out.emplace_back(token, bias);
  }
  return true;
}

bool read_metadata(Reader& reader, const Path& path, const json::Element& element,
                   std::string& out) {
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  if (object.size() > RequestLimits::kMetadata) {
    return reader.fail(
        path,
        fmt::format("'{}' must have at most {} entries.", path.text(), RequestLimits::kMetadata),
        "object_above_max_properties");
  }
  for (const auto& field : object) {
    const Path at(path, field.key);
    if (field.key.size() > RequestLimits::kMetadataKeyBytes) {
      return reader.fail(at,
                         fmt::format("The names in '{}' must have at most {} bytes.", path.text(),
                                     RequestLimits::kMetadataKeyBytes),
                         "string_above_max_length");
    }
    std::string value;
    if (!reader.string(at, field.value, 0, RequestLimits::kMetadataValueBytes, value)) return false;
  }
  out = json::raw(element);
  return true;
}

bool read_stream_options(Reader& reader, const Path& path, const json::Element& element,
                         ChatRequest& out) {
  static constexpr FieldTable<1> kFields{std::array<std::string_view, 1>{"include_usage"}};
  json::Object object;
  if (!reader.object(path, element, object)) return false;
  bool more = false;
  for (const auto& field : object) {
    const Path at(path, field.key);
    if (kFields.find(field.key) == 0) {
      if (!field.value.is_null() && !reader.boolean(at, field.value, out.include_usage))
        return false;
    } else {
      if (!reader.unknown(at, kFields, field.key)) return false;
      more = true;
    }
  }
  return !more || keep_extra(reader, path, element, out.extra);
}

bool keep_extra(Reader& reader, const Path& path, const json::Element& element,
                std::vector<std::pair<std::string, std::string>>& extra) {
  if (extra.size() >= RequestLimits::kExtra) {
    return reader.fail(
        Path(),
        fmt::format("The body has more than {} fields that are not known.", RequestLimits::kExtra),
        "unknown_parameter");
  }
  extra.emplace_back(std::string(path.name), json::raw(element));
  return true;
}

}  // namespace gatehouse::api
