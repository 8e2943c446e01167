#include "api/reader.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

namespace gatehouse::api {
namespace {

constexpr size_t kShownBytes = 64;

/// A value from the request for an error message: short, and never cut inside a character.
std::string shown(std::string_view value) {
  if (value.size() <= kShownBytes) return fmt::format("'{}'", value);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return fmt::format("'{}…'", value.substr(0, end));
}

std::string subject(const Path& path) {
  std::string text = path.text();
  return text.empty() ? std::string("The body") : fmt::format("'{}'", text);
}

bool names_differ(const json::Object& object, std::string_view& twice) {
  // Small objects are compared pair by pair; larger ones go through a set.
  constexpr size_t kSmall = 16;
  std::string_view names[kSmall];
  size_t count = 0;
  for (const auto& field : object) {
    for (size_t i = 0; i < count; ++i) {
      if (names[i] == field.key) {
        twice = field.key;
        return false;
      }
    }
    if (count == kSmall) break;
    names[count++] = field.key;
  }
  if (object.size() <= kSmall) return true;
  std::unordered_set<std::string_view> all;
  for (const auto& field : object) {
    if (!all.insert(field.key).second) {
      twice = field.key;
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Path::text() const {
  std::vector<const Path*> chain;
  for (const Path* at = this; at->parent != nullptr; at = at->parent) chain.push_back(at);
  std::string out;
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    if ((*at)->name.data() == nullptr) {
      out += fmt::format("[{}]", (*at)->index);
      continue;
    }
    if (!out.empty()) out.push_back('.');
    out.append((*at)->name.substr(0, kShownBytes));
    // A name that the client made up may be cut inside a character.
    while (!simdjson::validate_utf8(out)) out.pop_back();
  }
  return out;
}

bool Reader::fail(const Path& path, std::string message, std::string_view code) {
  error = Refusal::invalid(path.text(), std::move(message), std::string(code));
  return false;
}

bool Reader::missing(const Path& path) {
  return fail(path, fmt::format("'{}' is required.", path.text()), "missing_required_parameter");
}

bool Reader::wrong_type(const Path& path, std::string_view expected, const json::Element& got) {
  return fail(path,
              fmt::format("{} must be {}, not {}.", subject(path), expected, json::type_name(got)),
              "invalid_type");
}

bool Reader::not_one_of(const Path& path, std::string_view got,
                        std::initializer_list<std::string_view> allowed) {
  std::string list;
  for (const std::string_view value : allowed) {
    if (!list.empty()) list += ", ";
    list += fmt::format("'{}'", value);
  }
  return fail(path, fmt::format("{} must be one of {}, not {}.", subject(path), list, shown(got)),
              "invalid_value");
}

bool Reader::object(const Path& path, const json::Element& element, json::Object& out) {
  if (element.get(out) == simdjson::SUCCESS) return true;
  return wrong_type(path, "an object", element);
}

bool Reader::array(const Path& path, const json::Element& element, size_t min, size_t max,
                   json::Array& out) {
  if (element.get(out) != simdjson::SUCCESS) return wrong_type(path, "an array", element);
  const size_t size = out.size();
  if (size < min) {
    return fail(
        path,
        fmt::format("{} must have at least {} item{}.", subject(path), min, min == 1 ? "" : "s"),
        size == 0 ? "empty_array" : "array_below_min_length");
  }
  if (size > max) {
    return fail(path, fmt::format("{} must have at most {} items.", subject(path), max),
                "array_above_max_length");
  }
  return true;
}

bool Reader::string(const Path& path, const json::Element& element, std::string_view& out) {
  if (element.get(out) == simdjson::SUCCESS) return true;
  return wrong_type(path, "a string", element);
}

bool Reader::string(const Path& path, const json::Element& element, std::string& out) {
  std::string_view text;
  if (!string(path, element, text)) return false;
  out.assign(text);
  return true;
}

bool Reader::string(const Path& path, const json::Element& element, size_t min, size_t max,
                    std::string& out) {
  std::string_view text;
  if (!string(path, element, text)) return false;
  if (text.size() < min) {
    return fail(path, fmt::format("{} must not be empty.", subject(path)), "empty_string");
  }
  if (text.size() > max) {
    return fail(path, fmt::format("{} must have at most {} bytes.", subject(path), max),
                "string_above_max_length");
  }
  out.assign(text);
  return true;
}

bool Reader::boolean(const Path& path, const json::Element& element, bool& out) {
  if (element.get(out) == simdjson::SUCCESS) return true;
  return wrong_type(path, "a boolean", element);
}

bool Reader::integer(const Path& path, const json::Element& element, int64_t min, int64_t max,
                     int64_t& out) {
  if (element.is_uint64() && !element.is_int64()) {
    return fail(path, fmt::format("{} must be at most {}.", subject(path), max),
                "integer_above_max_value");
  }
  int64_t value = 0;
  if (!element.is_int64() || element.get(value) != simdjson::SUCCESS) {
    return wrong_type(path, "an integer", element);
  }
  if (value < min) {
    return fail(path, fmt::format("{} must be at least {}, not {}.", subject(path), min, value),
                "integer_below_min_value");
  }
  if (value > max) {
    return fail(path, fmt::format("{} must be at most {}, not {}.", subject(path), max, value),
                "integer_above_max_value");
  }
  out = value;
  return true;
}

bool Reader::number(const Path& path, const json::Element& element, double min, double max,
                    double& out) {
  double value = 0;
  if (!element.is_number() || element.get(value) != simdjson::SUCCESS) {
    return wrong_type(path, "a number", element);
  }
  if (value < min) {
    return fail(path, fmt::format("{} must be at least {:g}, not {:g}.", subject(path), min, value),
                "decimal_below_min_value");
  }
  if (value > max) {
    return fail(path, fmt::format("{} must be at most {:g}, not {:g}.", subject(path), max, value),
                "decimal_above_max_value");
  }
  out = value;
  return true;
}

bool Reader::wrong_case(const Path& path, std::string_view meant) {
  return fail(path, fmt::format("{} is not a known name; write '{}'.", subject(path), meant),
              "unknown_parameter");
}

bool Reader::unique_names(const Path& path, const json::Element& element) {
  // The parser bounds the depth, so that recursion is safe.
  if (element.is_array()) {
    json::Array items;
    if (element.get(items) != simdjson::SUCCESS) return true;
    size_t i = 0;
    for (const json::Element item : items) {
      const Path here(path, i++);
      if ((item.is_object() || item.is_array()) && !unique_names(here, item)) return false;
    }
    return true;
  }
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) return true;
  std::string_view twice;
  if (!names_differ(object, twice)) {
    const Path here(path, twice);
    return fail(here, fmt::format("{} occurs more than once in one object.", subject(here)),
                "duplicate_parameter");
  }
  for (const auto& field : object) {
    const json::Element value = field.value;
    if (!value.is_object() && !value.is_array()) continue;
    const Path here(path, field.key);
    if (!unique_names(here, value)) return false;
  }
  return true;
}

bool is_participant_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == '|' || c == '\\' ||
           c == '/' || c == 0x7f;
  });
}

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
  });
}

}  // namespace gatehouse::api
