#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace gatehouse::config {

class Schema;

/// One key of the configuration: everything that the loader, the JSON Schema and the documentation
/// say about it. Made by `Describe` (describe.h), which binds it to a member of a struct.
struct Key {
  enum class Type : unsigned char {
    boolean,
    integer,
    decimal,  // an exact number: money, prices, thresholds
    text,
    choice,    // text, one of `allowed`
    texts,     // a list of text
    text_map,  // a map of text to text
    object,
    objects,  // a list of objects
    secret,   // two keys, NAME_env and NAME_file; NAME itself is refused
  };

  std::string name;
  Type type = Type::text;
  std::string doc;  // Markdown, one or two sentences
  bool is_required = false;
  int64_t min = std::numeric_limits<int64_t>::min();  // of integers; of lists: the fewest items
  int64_t max = std::numeric_limits<int64_t>::max();  // of integers; of lists: the most items
  std::vector<std::string> allowed;                   // of choices
  std::string form;     // of text: what it must look like, in words: "HOST:PORT"
  std::string pattern;  // of text: the same as an ECMA regular expression, for the JSON Schema
  std::string example;
  std::string default_words;       // what the default means, where the bare value does not tell
  bool is_path = false;            // of text: relative to the folder of the configuration file
  const Schema* schema = nullptr;  // of object and objects; lives as long as the program

  /// Stores a value; the error says what is wrong with it ("is not a date"). The pointer is to the
  /// struct that the schema describes. Which one is set depends on `type`.
  std::function<std::string(void*, const std::string&)> set_text;  // text, choice, decimal, secret
  std::function<std::string(void*, bool)> set_boolean;
  std::function<std::string(void*, int64_t)> set_integer;
  std::function<std::string(void*, std::vector<std::string>)> set_texts;
  std::function<std::string(void*, std::vector<std::pair<std::string, std::string>>)> set_text_map;
  std::function<void*(void*)> open;    // object: the member
  std::function<void*(void*)> append;  // objects: a new element, valid until the next

  /// The value as the file would say it; null if it is not set. Never a secret.
  std::function<boost::json::value(const void*)> get;
  /// Of `objects`: the elements.
  std::function<std::vector<const void*>(const void*)> elements;
  std::function<const void*(const void*)> member;  // object; null if it is not there

  Key& required() {
    is_required = true;
    return *this;
  }
  Key& range(int64_t least, int64_t most) {
    min = least;
    max = most;
    return *this;
  }
  Key& at_least(int64_t least) {
    min = least;
    return *this;
  }
  Key& written(std::string words, std::string regex) {
    form = std::move(words);
    pattern = std::move(regex);
    return *this;
  }
  Key& such_as(std::string text) {
    example = std::move(text);
    return *this;
  }
  Key& path() {
    is_path = true;
    return *this;
  }
  Key& else_means(std::string words) {
    default_words = std::move(words);
    return *this;
  }
};

/// The keys of one object, in the order in which they are documented.
class Schema {
 public:
  Schema(std::string name, std::string doc) : name_(std::move(name)), doc_(std::move(doc)) {}

  const std::string& name() const { return name_; }
  const std::string& doc() const { return doc_; }
  const std::vector<Key>& keys() const { return keys_; }
  const Key* find(std::string_view name) const;
  /// A default-constructed struct of the kind that this schema describes.
  const void* defaults() const { return defaults_.get(); }

 private:
  template <typename T>
  friend class Describe;

  std::string name_;  // of the object's kind, "upstream": the JSON Schema's $defs name
  std::string doc_;
  std::vector<Key> keys_;
  std::shared_ptr<const void> defaults_;
};

/// The value of `object` as JSON in the file's own shape, without secrets and without what is
/// unset.
boost::json::value to_json(const Schema& schema, const void* object);

}  // namespace gatehouse::config
