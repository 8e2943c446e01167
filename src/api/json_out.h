#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include "core/json.h"

/// Appending JSON without a document in between: what the writers of the data path use. Internal to
/// the layer.
namespace gatehouse::api {

inline void append_number(std::string& out, std::integral auto value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

/// The shortest text that reads back as the same number; what JSON cannot say becomes 0.
inline void append_number(std::string& out, std::floating_point auto value) {
  if (!std::isfinite(value)) value = 0;
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

/// Writes the members of an object or the items of an array, with commas between them.
class ListWriter {
 public:
  /// Opens the list. `out` must outlive the writer.
  ListWriter(std::string& out, char open) : out_(out) { out_.push_back(open); }

  /// Starts the next item.
  std::string& item() {
    if (!first_) out_.push_back(',');
    first_ = false;
    return out_;
  }
  /// Starts the next member. `name` must need no escape.
  std::string& name(std::string_view name) {
    item().push_back('"');
    out_.append(name).append("\":");
    return out_;
  }
  void text(std::string_view key, std::string_view value) { json::append_string(name(key), value); }
  void raw(std::string_view key, std::string_view value) { name(key).append(value); }
  void boolean(std::string_view key, bool value) { name(key).append(value ? "true" : "false"); }
  template <typename T>
  void number(std::string_view key, T value) {
    append_number(name(key), value);
  }
  void close(char close) { out_.push_back(close); }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace gatehouse::api
