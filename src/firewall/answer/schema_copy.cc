#include "firewall/answer/schema_copy.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gatehouse::firewall {
namespace {

using json::build::array;
using json::build::object;
using json::build::value;

constexpr size_t kMaxValues = 4096;
/// Schemas that apply to the same value, each through the one before: what bounds the stack.
constexpr int kMaxChain = 16;

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 18> kPlain = {"$ref",
                                                     "type",
                                                     "enum",
                                                     "const",
                                                     "required",
                                                     "minimum",
                                                     "maximum",
                                                     "minLength",
                                                     "exclusiveMinimum",
                                                     "exclusiveMaximum",
                                                     "multipleOf",
                                                     "maxLength",
                                                     "minItems",
                                                     "maxItems",
                                                     "uniqueItems",
                                                     "minProperties",
                                                     "maxProperties",
                                                     "nullable"};
// Of a value's own schema; of its members' or elements'.
constexpr std::array<std::string_view, 4> kOne = {"not", "if", "then", "else"};
constexpr std::array<std::string_view, 5> kOneInside = {"additionalProperties", "additionalItems",
                                                        "contains", "propertyNames", "items"};
constexpr std::array<std::string_view, 3> kLists = {"allOf", "anyOf", "oneOf"};
constexpr std::array<std::string_view, 3> kMaps = {"properties", "definitions", "$defs"};
/// What a value is called and for. `format` counts as such unless a dialect says otherwise.
constexpr std::array<std::string_view, 18> kAnnotations = {
    "title",    "description", "default",         "examples",
    "example",  "$comment",    "$schema",         "$id",
    "id",       "format",      "contentEncoding", "contentMediaType",
    "readOnly", "writeOnly",   "deprecated",      "strict",
    "name",     "$vocabulary"};

unexpected<Refusal> cannot(std::string why) {
  Refusal refusal = Refusal::invalid("", "The schema cannot be checked.", "schema_unsupported");
  refusal.layer = Layer::firewall;
  refusal.reason = std::move(why);
  return refuse(std::move(refusal));
}

class Copier {
 public:
  bool copy(const json::Element& from, value& to) {
    if (!count()) return false;
    bool truth = false;
    if (from.get(truth) == simdjson::SUCCESS) {
      to = truth ? value(object{}) : value(object{{"not", object{}}});
      return true;
    }
    json::Object members;
    if (from.get(members) != simdjson::SUCCESS) return fail("a schema is no object");
    object& out = to.emplace_object();
    for (const auto& [name, member] : members) {
      if (!keyword(name, member, out)) return false;
    }
    // Which members are additional depends on patterns that are not tried.
    if (members.at_key("patternProperties").error() == simdjson::SUCCESS) {
      out.erase("additionalProperties");
    }
    tidy(out);
    return true;
  }

  bool partly = false;
  std::string why;

 private:
  bool keyword(std::string_view name, const json::Element& from, object& out) {
    if (is_one_of(kAnnotations, name)) return true;
    if (is_one_of(kMaps, name)) return map(from, out[name]);
    if (is_one_of(kLists, name) || name == "prefixItems" || (name == "items" && from.is_array())) {
      return list(from, out[name]);
    }
    if (is_one_of(kOne, name) || is_one_of(kOneInside, name)) return copy(from, out[name]);
    if (is_one_of(kPlain, name)) return plain(from, out[name]);
    partly = true;
    return true;
  }

  bool map(const json::Element& from, value& to) {
    json::Object members;
    if (from.get(members) != simdjson::SUCCESS) return fail("schemas by name are no object");
    object& out = to.emplace_object();
    for (const auto& [name, member] : members) {
      if (!copy(member, out[name])) return false;
    }
    return true;
  }

  bool list(const json::Element& from, value& to) {
    json::Array items;
    if (from.get(items) != simdjson::SUCCESS) return fail("a list of schemas is no array");
    array& out = to.emplace_array();
    for (const json::Element& item : items) {
      if (!copy(item, out.emplace_back(nullptr))) return false;
    }
    return true;
  }

  bool plain(const json::Element& from, value& to) {
    boost::system::error_code bad;
    to = json::build::parse(json::raw(from), bad);
    if (bad) return fail("a value that cannot be read");
    const size_t parts = from.is_array() ? from.get_array().value_unsafe().size() : 1;
    for (size_t i = 0; i < parts; ++i) {
      if (!count()) return false;
    }
    return true;
  }

  /// What draft 2020-12 says otherwise, and OpenAPI's word for "or null".
  static void tidy(object& schema) {
    if (value* first = schema.if_contains("prefixItems")) {
      value positions = std::move(*first);
      if (value* rest = schema.if_contains("items")) {
        value others = std::move(*rest);
        schema["additionalItems"] = std::move(others);
      }
      schema["items"] = std::move(positions);
      schema.erase("prefixItems");
    }
    if (const value* may = schema.if_contains("nullable")) {
      const bool null = may->is_bool() && may->get_bool();
      schema.erase("nullable");
      if (null) schema = object{{"anyOf", array{object{{"type", "null"}}, value(schema)}}};
    }
    if (schema.size() > 1 && schema.contains("$ref")) {
      object reference;
      reference["$ref"] = std::move(schema["$ref"]);
      schema.erase("$ref");
      if (value* all = schema.if_contains("allOf"); all != nullptr && all->is_array()) {
        all->get_array().push_back(std::move(reference));
      } else {
        schema["allOf"] = array{std::move(reference)};
      }
    }
  }

  bool count() { return ++values_ <= kMaxValues || fail("too many keywords"); }
  bool fail(std::string reason) {
    why = std::move(reason);
    return false;
  }

  size_t values_ = 0;
};

/// Whether the schemas that apply to the same value end after a few.
class Chains {
 public:
  explicit Chains(const value& root) : root_(root) {}

  bool end(const value& at) {
    if (const array* items = at.if_array()) {
      return std::all_of(items->begin(), items->end(), [this](const value& v) { return end(v); });
    }
    const object* schema = at.if_object();
    if (schema == nullptr) return true;
    if (length(at, 0) > kMaxChain) return false;
    return std::all_of(schema->begin(), schema->end(), [this](const auto& member) {
      return member.key() == "enum" || member.key() == "const" || end(member.value());
    });
  }

 private:
  int length(const value& at, int before) {
    const object* schema = at.if_object();
    if (schema == nullptr) return 0;
    if (before > kMaxChain) return kMaxChain + 1;
    const auto [known, fresh] = lengths_.try_emplace(schema, kMaxChain + 1);  // if it meets itself
    if (!fresh) return known->second;
    int longest = 0;
    const auto through = [&](const value& next) {
      longest = std::max(longest, length(next, before + 1) + 1);
    };
    for (const std::string_view name : kOne) {
      if (const value* next = schema->if_contains(name)) through(*next);
    }
    for (const std::string_view name : kLists) {
      const value* list = schema->if_contains(name);
      if (list == nullptr || !list->is_array()) continue;
      for (const value& next : list->get_array()) through(next);
    }
    if (const value* reference = schema->if_contains("$ref")) through(target(*reference));
    return lengths_[schema] = longest;
  }

  /// What leads outside, or nowhere, counts as endless.
  const value& target(const value& reference) {
    boost::system::error_code bad;
    const auto* text = reference.if_string();
    if (text != nullptr && !text->empty() && text->front() == '#') {
      const value* found = root_.find_pointer(std::string_view(*text).substr(1), bad);
      if (found != nullptr) return *found;
    }
    lengths_[&outside_.get_object()] = kMaxChain + 1;
    return outside_;
  }

  const value& root_;
  const value outside_ = object{};
  std::unordered_map<const object*, int> lengths_;
};

}  // namespace

Result<SchemaCopy> copy_schema(const json::Element& schema) {
  SchemaCopy copy;
  Copier copier;
  if (!copier.copy(schema, copy.schema)) return cannot(copier.why);
  if (!Chains(copy.schema).end(copy.schema)) {
    return cannot(
        "references that lead outside or to themselves, or too many schemas of one value");
  }
  copy.partly = copier.partly;
  return copy;
}

}  // namespace gatehouse::firewall
