#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include <valijson/adapters/boost_json_adapter.hpp>

#include "core/json.h"

/// Valijson's view of a document to be validated. The library has no bound of its own: each value
/// that it looks at counts against the budget of the validation, and beyond it throws. Else it is
/// as the library's own view of Boost.JSON, but for numbers: 1.0 is an integer, and what only fits
/// an unsigned integer is a number.
namespace gatehouse::firewall::counted {

struct OutOfBudget : std::runtime_error {
  OutOfBudget() : std::runtime_error("too much to validate") {}
};

/// What is left for the calling thread's validation under way.
inline thread_local size_t budget = 0;

inline void count() {
  if (budget == 0) throw OutOfBudget();
  --budget;
}

class Adapter;
using Member = std::pair<std::string, Adapter>;

/// Over the elements of an array, or the members of an object.
template <typename Under, typename Item>
class Iterator {
 public:
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = Item;
  using difference_type = std::ptrdiff_t;
  using pointer = Item*;
  using reference = Item&;

  explicit Iterator(Under at) : at_(at) {}
  Item operator*() const;
  valijson::adapters::DerefProxy<Item> operator->() const {
    return valijson::adapters::DerefProxy<Item>(**this);
  }
  bool operator==(const Iterator& other) const { return at_ == other.at_; }
  bool operator!=(const Iterator& other) const { return at_ != other.at_; }
  Iterator& operator++() {
    ++at_;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++at_;
    return before;
  }
  Iterator& operator--() {
    --at_;
    return *this;
  }
  void advance(std::ptrdiff_t by) { at_ += by; }

 private:
  Under at_;
};

class Array {
 public:
  using const_iterator = Iterator<json::build::array::const_iterator, Adapter>;
  using iterator = const_iterator;

  Array() : array_(&empty()) {}
  explicit Array(const json::build::array& array) : array_(&array) {}
  const_iterator begin() const { return const_iterator(array_->begin()); }
  const_iterator end() const { return const_iterator(array_->end()); }
  size_t size() const { return array_->size(); }

 private:
  static const json::build::array& empty() {
    static const json::build::array none;
    return none;
  }
  const json::build::array* array_;
};

class Object {
 public:
  using const_iterator = Iterator<json::build::object::const_iterator, Member>;
  using iterator = const_iterator;

  Object() : object_(&empty()) {}
  explicit Object(const json::build::object& object) : object_(&object) {}
  const_iterator begin() const { return const_iterator(object_->begin()); }
  const_iterator end() const { return const_iterator(object_->end()); }
  const_iterator find(const std::string& name) const { return const_iterator(object_->find(name)); }
  size_t size() const { return object_->size(); }

 private:
  static const json::build::object& empty() {
    static const json::build::object none;
    return none;
  }
  const json::build::object* object_;
};

class Value {
 public:
  Value() : value_(&empty()) {}
  explicit Value(const json::build::value& value) : value_(&value) {}
  Value(const Value& other) : value_(other.value_) { count(); }
  Value& operator=(const Value&) = delete;

  valijson::adapters::FrozenValue* freeze() const {
    return new valijson::adapters::BoostJsonFrozenValue(*value_);
  }
  opt::optional<Array> getArrayOptional() const {
    if (!isArray()) return {};
    return Array(value_->get_array());
  }
  opt::optional<Object> getObjectOptional() const {
    if (!isObject()) return {};
    return Object(value_->get_object());
  }
  bool getArraySize(size_t& size) const {
    const bool array = isArray();
    size = array ? value_->get_array().size() : 0;
    return array;
  }
  bool getObjectSize(size_t& size) const {
    const bool object = isObject();
    size = object ? value_->get_object().size() : 0;
    return object;
  }
  bool getBool(bool& out) const {
    if (isBool()) out = value_->get_bool();
    return isBool();
  }
  bool getInteger(int64_t& out) const {
    if (value_->is_int64()) {
      out = value_->get_int64();
    } else if (isInteger()) {
      out = static_cast<int64_t>(value_->get_double());
    }
    return isInteger();
  }
  bool getDouble(double& out) const {
    if (!isDouble()) return false;
    out = value_->is_double() ? value_->get_double() : static_cast<double>(value_->get_uint64());
    return true;
  }
  bool getString(std::string& out) const {
    if (isString()) out.assign(value_->get_string().begin(), value_->get_string().end());
    return isString();
  }
  static bool hasStrictTypes() { return true; }
  bool isArray() const { return counted().is_array(); }
  bool isBool() const { return counted().is_bool(); }
  bool isNull() const { return counted().is_null(); }
  bool isObject() const { return counted().is_object(); }
  bool isString() const { return counted().is_string(); }
  bool isNumber() const { return counted().is_number(); }
  bool isInteger() const {
    if (counted().is_int64()) return true;
    constexpr double kLimit = 9007199254740992;  // 2^53: whole numbers above are not exact
    return value_->is_double() && value_->get_double() >= -kLimit &&
           value_->get_double() <= kLimit &&
           value_->get_double() == static_cast<double>(static_cast<int64_t>(value_->get_double()));
  }
  bool isDouble() const { return isNumber() && !isInteger(); }

 private:
  static const json::build::value& empty() {
    static const json::build::value none;
    return none;
  }
  const json::build::value& counted() const {
    count();
    return *value_;
  }
  const json::build::value* value_;
};

class Adapter : public valijson::adapters::BasicAdapter<Adapter, Array, Member, Object, Value> {
 public:
  Adapter() = default;
  explicit Adapter(const json::build::value& value) : BasicAdapter(Value(value)) {}
};

template <>
inline Adapter Iterator<json::build::array::const_iterator, Adapter>::operator*() const {
  return Adapter(*at_);
}
template <>
inline Member Iterator<json::build::object::const_iterator, Member>::operator*() const {
  return Member(std::string(at_->key()), Adapter(at_->value()));
}

}  // namespace gatehouse::firewall::counted

namespace valijson::adapters {
template <>
struct AdapterTraits<gatehouse::firewall::counted::Adapter> {
  using DocumentType = gatehouse::json::build::value;
  static std::string adapterName() { return "gatehouse"; }
};
}  // namespace valijson::adapters
