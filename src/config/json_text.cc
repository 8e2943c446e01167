#include "config/json_text.h"

#include <boost/json.hpp>

namespace gatehouse::config {
namespace {

constexpr size_t kLineWidth = 90;

bool is_plain(const boost::json::value& value) {
  return !value.is_array() && !value.is_object();
}

/// "[1, 2]": with a blank after each comma, or nothing if it is not flat or too long.
std::string on_one_line(const boost::json::value& value, size_t indent) {
  std::string out;
  if (value.is_array()) {
    out = "[";
    for (const auto& item : value.as_array()) {
      if (!is_plain(item)) return {};
      if (out.size() > 1) out += ", ";
      out += boost::json::serialize(item);
    }
    out += "]";
  } else {
    out = "{";
    for (const auto& member : value.as_object()) {
      if (!is_plain(member.value())) return {};
      if (out.size() > 1) out += ", ";
      out += boost::json::serialize(boost::json::string(member.key())) + ": " +
             boost::json::serialize(member.value());
    }
    out += "}";
  }
  return out.size() + indent <= kLineWidth ? out : std::string();
}

void append(std::string& out, const boost::json::value& value, size_t indent) {
  if (is_plain(value)) {
    out += boost::json::serialize(value);
    return;
  }
  if (const std::string line = on_one_line(value, indent); !line.empty()) {
    out += line;
    return;
  }
  const bool array = value.is_array();
  const std::string inner(indent + 2, ' ');
  out += array ? "[\n" : "{\n";
  bool first = true;
  const auto next = [&] {
    if (!first) out += ",\n";
    first = false;
    out += inner;
  };
  if (array) {
    for (const auto& item : value.as_array()) {
      next();
      append(out, item, indent + 2);
    }
  } else {
    for (const auto& member : value.as_object()) {
      next();
      out += boost::json::serialize(boost::json::string(member.key())) + ": ";
      append(out, member.value(), indent + 2);
    }
  }
  out += "\n" + std::string(indent, ' ') + (array ? "]" : "}");
}

}  // namespace

std::string pretty(const boost::json::value& value) {
  std::string out;
  append(out, value, 0);
  return out + "\n";
}

}  // namespace gatehouse::config
