#include "config/json_tree.h"

#include <string>
#include <utility>

#include "config/bind.h"

namespace gatehouse::config {

Node node_from_json(const json::Element& element) {
  Node node;
  switch (element.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      break;
    case simdjson::dom::element_type::STRING:
      node.kind = Node::Kind::scalar;
      node.quoted = true;
      node.text = std::string_view(element);
      break;
    case simdjson::dom::element_type::ARRAY:
      node.kind = Node::Kind::list;
      for (const json::Element item : json::Array(element)) {
        node.items.push_back(node_from_json(item));
      }
      break;
    case simdjson::dom::element_type::OBJECT:
      node.kind = Node::Kind::map;
      for (const auto& [key, value] : json::Object(element)) {
        node.members.push_back(Member{std::string(key), 0, 0, node_from_json(value)});
      }
      break;
    default:  // numbers and booleans, as they were written
      node.kind = Node::Kind::scalar;
      node.text = json::raw(element);
  }
  return node;
}

void bind_json(const Schema& schema, const json::Element& body, void* object, ConfigErrors& errors,
               std::string_view id) {
  BindOptions options;
  options.resolve_secrets = false;
  Node node = node_from_json(body);
  if (!id.empty() && node.find("id") == nullptr) {
    Node value;
    value.kind = Node::Kind::scalar;
    value.quoted = true;
    value.text = id;
    node.members.push_back(Member{"id", 0, 0, std::move(value)});
  }
  bind_tree(schema, node, object, options, errors);
}

}  // namespace gatehouse::config
