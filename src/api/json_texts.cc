#include "api/json_texts.h"

#include "api/json_out.h"
#include "api/unread.h"

namespace gatehouse::api {
namespace {

// As deep as the parser lets a document be.
void append_changed(std::string_view name, const json::Element& element, const TextChange& change,
                    std::string& out) {
  std::string_view text;
  json::Array items;
  json::Object object;
  if (element.get(text) == simdjson::SUCCESS) {
    std::string changed(text);
    if (!is_opaque(name, text)) change(name, changed);
    json::append_string(out, changed);
  } else if (element.get(items) == simdjson::SUCCESS) {
    ListWriter list(out, '[');
    for (const json::Element item : items) append_changed(name, item, change, list.item());
    list.close(']');
  } else if (element.get(object) == simdjson::SUCCESS) {
    ListWriter list(out, '{');
    for (const auto& field : object) {
      std::string key(field.key);
      change({}, key);
      json::append_string(list.item(), key);
      out.push_back(':');
      append_changed(field.key, field.value, change, out);
    }
    list.close('}');
  } else {
    const std::string written = json::raw(element);
    std::string changed = written;
    if (element.is_number()) change(name, changed);
    if (changed == written) {
      out.append(written);
    } else {
      json::append_string(out, changed);
    }
  }
}

}  // namespace

std::string change_texts(std::string_view json, const TextChange& change) {
  json::Parser parser;
  const auto parsed = parser.parse_copy(json);
  std::string out;
  if (parsed) append_changed({}, *parsed, change, out);
  return out;
}

}  // namespace gatehouse::api
