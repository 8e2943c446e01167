#include "config/schema.h"

#include <algorithm>

namespace gatehouse::config {

const Key* Schema::find(std::string_view name) const {
  const auto it =
      std::find_if(keys_.begin(), keys_.end(), [name](const Key& key) { return key.name == name; });
  return it == keys_.end() ? nullptr : &*it;
}

boost::json::value to_json(const Schema& schema, const void* object) {
  boost::json::object out;
  for (const Key& key : schema.keys()) {
    if (key.type == Key::Type::objects) {
      boost::json::array list;
      for (const void* element : key.elements(object)) {
        list.push_back(to_json(*key.schema, element));
      }
      if (!list.empty()) out[key.name] = std::move(list);
    } else if (key.type == Key::Type::object) {
      const void* member = key.member(object);
      if (member == nullptr) continue;
      boost::json::value value = to_json(*key.schema, member);
      if (!value.as_object().empty()) out[key.name] = std::move(value);
    } else if (boost::json::value value = key.get(object); !value.is_null()) {
      out[key.name] = std::move(value);
    }
  }
  return out;
}

}  // namespace gatehouse::config
