#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/error.h"

namespace gatehouse::config {

struct Member;

/// A YAML document as plain values that know where they were written. Bounded: see the limits.
struct Node {
  enum class Kind : unsigned char { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;  // a scalar that is text whatever it looks like
  int line = 0;         // 1-based
  int column = 0;
  std::string text;             // of a scalar
  std::vector<Node> items;      // of a list
  std::vector<Member> members;  // of a map, in the order of the file, each key once

  const Member* find(std::string_view key) const;
};

struct Member {
  std::string key;
  int line = 0;
  int column = 0;
  Node value;
};

inline constexpr size_t kMaxFileBytes = 1 << 20;
inline constexpr size_t kMaxNodes = 100'000;
inline constexpr size_t kMaxYamlDepth = 32;

/// Reads one YAML document. What cannot be read (syntax, a second document, too deep, too large)
/// or is refused on purpose (anchors and aliases, tags, duplicate keys) is appended to `errors`;
/// the tree then holds what was readable. An empty document is an empty map.
Node parse_yaml(const std::string& file, const std::string& text, ConfigErrors& errors);

/// The node of a path such as "upstreams[1].base_url", or the nearest above it that exists.
const Node& node_at(const Node& root, std::string_view path);

}  // namespace gatehouse::config
