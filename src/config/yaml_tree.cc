#include "config/yaml_tree.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <simdjson.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace gatehouse::config {
namespace {

/// Thrown through yaml-cpp to stop it; never leaves this file.
struct Stop {};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, ConfigErrors& errors) : file_(file), errors_(errors) {}

  Node take() { return std::move(root_); }
  bool empty() const { return !has_root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    start(mark, "", anchor, Node::Kind::null);
    finish();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "YAML aliases are not supported: write the value out.");
    start(mark, "", 0, Node::Kind::null);
    finish();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!stack_.empty() && stack_.back().node.kind == Node::Kind::map && !stack_.back().has_key) {
      take_key(mark, tag, anchor, value);
      return;
    }
    Node& node = start(mark, tag, anchor, Node::Kind::scalar);
    node.text = value;
    node.quoted = tag == "!";
    finish();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { finish(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { finish(); }

 private:
  struct Open {
    Node node;
    bool has_key = false;
    bool keep = true;  // false for the value of a key that was refused
    Member key;        // of a map: the key whose value comes next
  };

  void refuse(const YAML::Mark& mark, std::string message, std::string key = {}) {
    ConfigError error;
    error.file = file_;
    error.line = mark.line + 1;
    error.column = mark.column + 1;
    error.key = std::move(key);
    error.message = std::move(message);
    errors_.push_back(std::move(error));
  }

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (++nodes_ > kMaxNodes) {
      refuse(mark, fmt::format("The file holds more than {} values.", kMaxNodes));
      throw Stop();
    }
    if (stack_.size() >= kMaxYamlDepth) {
      refuse(mark, fmt::format("Nested deeper than {} levels.", kMaxYamlDepth));
      throw Stop();
    }
    if (anchor != 0) refuse(mark, "YAML anchors are not supported: write the value out.");
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(mark, fmt::format("YAML tags are not supported; found \"{}\".", shown(tag)));
    }
  }

  Node& start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              Node::Kind kind) {
    check(mark, tag, anchor);
    if (!stack_.empty() && stack_.back().node.kind == Node::Kind::map && !stack_.back().has_key) {
      // A key that is a list, a map or null.
      refuse(mark, "A key must be plain text.");
      throw Stop();
    }
    Open open;
    open.node.kind = kind;
    open.node.line = mark.line + 1;
    open.node.column = mark.column + 1;
    stack_.push_back(std::move(open));
    return stack_.back().node;
  }

  void take_key(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& key) {
    check(mark, tag, anchor);
    Open& map = stack_.back();
    map.has_key = true;
    map.keep = true;
    map.key = Member{key, mark.line + 1, mark.column + 1, {}};
    if (const Member* first = map.node.find(key)) {
      map.keep = false;
      refuse(
          mark,
          fmt::format("The key is written twice in the same place; first on line {}.", first->line),
          path_of(key));
    }
  }

  void finish() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    if (stack_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    parent.has_key = false;
    if (!parent.keep) return;
    if (node.kind == Node::Kind::null) {  // its mark is that of whatever comes next
      node.line = parent.key.line;
      node.column = parent.key.column;
    }
    parent.key.value = std::move(node);
    parent.node.members.push_back(std::move(parent.key));
  }

  std::string path_of(const std::string& last) const {
    std::string path;
    for (size_t i = 0; i + 1 < stack_.size(); ++i) {
      const Open& open = stack_[i];
      if (open.node.kind == Node::Kind::list) {
        path += fmt::format("[{}]", open.node.items.size());
      } else {
        path += (path.empty() ? "" : ".") + shown(open.key.key);
      }
    }
    return path + (path.empty() ? "" : ".") + shown(last);
  }

  const std::string& file_;
  ConfigErrors& errors_;
  std::vector<Open> stack_;
  Node root_;
  bool has_root_ = false;
  size_t nodes_ = 0;
};

void file_error(const std::string& file, int line, std::string message, ConfigErrors& errors) {
  ConfigError error;
  error.file = file;
  error.line = line;
  error.message = std::move(message);
  errors.push_back(std::move(error));
}

/// The line of the first byte that is not UTF-8.
int line_of_bad_utf8(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  int number = 0;
  while (std::getline(lines, line)) {
    ++number;
    if (!simdjson::validate_utf8(line.data(), line.size())) return number;
  }
  return number;
}

}  // namespace

const Member* Node::find(std::string_view key) const {
  const auto it = std::find_if(members.begin(), members.end(),
                               [key](const Member& member) { return member.key == key; });
  return it == members.end() ? nullptr : &*it;
}

Node parse_yaml(const std::string& file, const std::string& text, ConfigErrors& errors) {
  Node empty;
  empty.kind = Node::Kind::map;
  empty.line = 1;
  if (text.size() > kMaxFileBytes) {
    file_error(file, 0, fmt::format("The file is larger than {} bytes.", kMaxFileBytes), errors);
    return empty;
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    file_error(file, line_of_bad_utf8(text), "The line is not valid UTF-8.", errors);
    return empty;
  }
  std::istringstream stream(text);
  TreeBuilder builder(file, errors);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return empty;
    Node root = builder.take();
    TreeBuilder rest(file, errors);
    if (parser.HandleNextDocument(rest)) {
      const Node second = rest.take();
      file_error(file, second.line, "The file holds a second YAML document; expected one.", errors);
    }
    return root.kind == Node::Kind::null ? empty : root;
  } catch (const Stop&) {
  } catch (const YAML::Exception& e) {
    std::string what = e.msg;
    if (!what.empty() && what.back() == '.') what.pop_back();
    file_error(file, e.mark.line < 0 ? 0 : e.mark.line + 1,
               fmt::format("This is not YAML: {} (column {}).", shown(what), e.mark.column + 1),
               errors);
  }
  return empty;
}

const Node& node_at(const Node& root, std::string_view path) {
  const Node* node = &root;
  while (!path.empty()) {
    if (path.front() == '.') path.remove_prefix(1);
    if (!path.empty() && path.front() == '[') {
      const size_t end = path.find(']');
      if (end == std::string_view::npos) return *node;
      size_t index = 0;
      std::from_chars(path.data() + 1, path.data() + end, index);
      if (node->kind != Node::Kind::list || index >= node->items.size()) return *node;
      node = &node->items[index];
      path.remove_prefix(end + 1);
      continue;
    }
    const std::string_view key = path.substr(0, path.find_first_of(".["));
    const Member* member = node->find(key);
    if (member == nullptr) return *node;
    node = &member->value;
    path.remove_prefix(key.size());
  }
  return *node;
}

}  // namespace gatehouse::config
