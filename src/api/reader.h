#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/field_table.h"
#include "core/json.h"
#include "core/refusal.h"

/// What the request parsers of all dialects share: typed reads that remember the first mistake with
/// its path. Internal to the layer.
namespace gatehouse::api {

/// Where in the body a value is. A chain on the stack: its text is only made for an error.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;  // of a field; empty for an item
  size_t index = 0;       // of an item

  Path() = default;
  Path(const Path& outer, std::string_view field) : parent(&outer), name(field) {}
  Path(const Path& outer, size_t item) : parent(&outer), index(item) {}
  std::string text() const;  // "messages[0].role"; empty for the body itself
};

/// Reads values; the functions return false once something is wrong, and `error` says what.
class Reader {
 public:
  bool fail(const Path& path, std::string message, std::string_view code);
  bool missing(const Path& path);
  bool wrong_type(const Path& path, std::string_view expected, const json::Element& got);
  /// `got` is shown shortened.
  bool not_one_of(const Path& path, std::string_view got,
                  std::initializer_list<std::string_view> allowed);

  bool object(const Path& path, const json::Element& element, json::Object& out);
  /// At least `min` and at most `max` items.
  bool array(const Path& path, const json::Element& element, size_t min, size_t max,
             json::Array& out);
  bool string(const Path& path, const json::Element& element, std::string& out);
  bool string(const Path& path, const json::Element& element, std::string_view& out);
  /// Also checks the length in bytes.
  bool string(const Path& path, const json::Element& element, size_t min, size_t max,
              std::string& out);
  bool boolean(const Path& path, const json::Element& element, bool& out);
  bool integer(const Path& path, const json::Element& element, int64_t min, int64_t max,
               int64_t& out);
  bool number(const Path& path, const json::Element& element, double min, double max, double& out);

  /// For a name that the table of this object does not have: fails if it is a known one in another
  /// letter case, since some upstreams would take it for that.
  template <size_t N>
  bool unknown(const Path& path, const FieldTable<N>& table, std::string_view name) {
    const std::string_view meant = table.other_case(name);
    return meant.empty() || wrong_case(path, meant);
  }

  /// Refuses a body in which an object has a name twice: parsers differ in which one wins, and the
  /// firewall must see what the upstream will see.
  bool unique_names(const Path& path, const json::Element& element);

  /// The first mistake.
  Refusal error;

 private:
  bool wrong_case(const Path& path, std::string_view meant);
};

/// The fields that one object had, as bits in the order of its table.
class Seen {
 public:
  void set(int field) { bits_ |= uint64_t{1} << field; }
  bool has(int field) const { return (bits_ >> field & 1) != 0; }

 private:
  uint64_t bits_ = 0;
};

/// A name of a participant or a tool, which must not be able to look like markup of a chat
/// template.
bool is_participant_name(std::string_view name);
bool is_tool_name(std::string_view name);

}  // namespace gatehouse::api
