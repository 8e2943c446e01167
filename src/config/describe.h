#pragma once

#include <chrono>
#include <concepts>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/schema.h"

namespace gatehouse::config {

namespace detail {
template <typename M>
struct IsDuration : std::false_type {};
template <typename R, typename P>
struct IsDuration<std::chrono::duration<R, P>> : std::true_type {};
template <typename M>
struct IsOptional : std::false_type {};
template <typename M>
struct IsOptional<std::optional<M>> : std::true_type {};

template <typename M>
int64_t to_integer(const M& value) {
  if constexpr (IsDuration<M>::value) {
    return static_cast<int64_t>(value.count());
  } else {
    return static_cast<int64_t>(value);
  }
}
template <typename M>
M from_integer(int64_t value) {
  if constexpr (IsDuration<M>::value) {
    return M(static_cast<typename M::rep>(value));
  } else {
    return static_cast<M>(value);
  }
}
}  // namespace detail

/// Describes the struct T key by key; each key is bound to a member, so that the documentation
/// cannot name a key that is not read, nor a default that is not the struct's own.
///
///   Describe<LogOptions> d("log", "What is logged, and how.");
///   d.choice("level", &LogOptions::level, {{"info", Level::info}, …}, "…");
///   return d.done();
///
/// `Member` may be anything that `std::invoke(member, object)` turns into a reference: a pointer to
/// a member, or a function that reaches into a nested struct.
template <typename T>
class Describe {
 public:
  Describe(std::string name, std::string doc) : schema_(std::move(name), std::move(doc)) {
    schema_.defaults_ = std::make_shared<T>();
  }

  template <typename Member>
  Key& boolean(std::string name, Member member, std::string doc) {
    Key& key = add(std::move(name), Key::Type::boolean, std::move(doc));
    key.set_boolean = [member](void* object, bool value) {
      at(object, member) = value;
      return std::string();
    };
    key.get = [member](const void* object) { return boost::json::value(at(object, member)); };
    return key;
  }

  /// Of any integral type, a duration, or an optional of these. The range is what the type holds.
  template <typename Member>
  Key& integer(std::string name, Member member, std::string doc) {
    using Whole = std::remove_cvref_t<std::invoke_result_t<Member, T&>>;
    Key& key = add(std::move(name), Key::Type::integer, std::move(doc));
    if constexpr (detail::IsOptional<Whole>::value) {
      using M = typename Whole::value_type;
      limit<M>(key);
      key.set_integer = [member](void* object, int64_t value) {
        at(object, member) = detail::from_integer<M>(value);
        return std::string();
      };
      key.get = [member](const void* object) -> boost::json::value {
        const Whole& value = at(object, member);
        if (!value) return nullptr;
        return detail::to_integer(*value);
      };
    } else {
      limit<Whole>(key);
      key.set_integer = [member](void* object, int64_t value) {
        at(object, member) = detail::from_integer<Whole>(value);
        return std::string();
      };
      key.get = [member](const void* object) {
        return boost::json::value(detail::to_integer(at(object, member)));
      };
    }
    return key;
  }

  /// Of std::string, std::filesystem::path, or an optional string.
  template <typename Member>
  Key& text(std::string name, Member member, std::string doc) {
    Key& key = add(std::move(name), Key::Type::text, std::move(doc));
    key.set_text = [member](void* object, const std::string& value) {
      at(object, member) = value;
      return std::string();
    };
    key.get = [member](const void* object) -> boost::json::value {
      const auto& value = at(object, member);
      if constexpr (detail::IsOptional<std::remove_cvref_t<decltype(value)>>::value) {
        if (!value) return nullptr;
        return boost::json::string(*value);
      } else {
        const std::string plain(value);
        if (plain.empty()) return nullptr;
        return boost::json::string(plain);
      }
    };
    return key;
  }

  /// Text that is read by `parse(text)`, an optional of the member's type or of what the member is
  /// an optional of, and written by `print`. `form` says in words what it must look like.
  template <typename Member, typename Parse, typename Print>
  Key& parsed(std::string name, Key::Type type, Member member, Parse parse, Print print,
              std::string doc) {
    Key& key = add(std::move(name), type, std::move(doc));
    key.set_text = [member, parse](void* object, const std::string& text) -> std::string {
      auto value = parse(text);
      if (!value) return "bad";
      at(object, member) = *value;
      return {};
    };
    key.get = [member, print](const void* object) -> boost::json::value {
      const auto& value = at(object, member);
      if constexpr (detail::IsOptional<std::remove_cvref_t<decltype(value)>>::value) {
        if (!value) return nullptr;
        return print(*value);
      } else {
        return print(value);
      }
    };
    return key;
  }

  /// Text that `set(T&, text)` stores, giving what is wrong with it or "bad" for the usual words,
  /// and `get(T&)` shows.
  template <typename Set, typename Get>
  Key& custom_text(std::string name, Set set, Get get, std::string doc) {
    Key& key = add(std::move(name), Key::Type::text, std::move(doc));
    key.set_text = [set](void* object, const std::string& text) -> std::string {
      return set(*static_cast<T*>(object), text);
    };
    key.get = [get](const void* object) -> boost::json::value {
      return get(*static_cast<T*>(const_cast<void*>(object)));
    };
    return key;
  }

  template <typename E, typename Member>
  Key& choice(std::string name, Member member, std::vector<std::pair<std::string, E>> values,
              std::string doc) {
    Key& key = add(std::move(name), Key::Type::choice, std::move(doc));
    for (const auto& [word, value] : values) key.allowed.push_back(word);
    key.set_text = [member, values](void* object, const std::string& text) -> std::string {
      for (const auto& [word, value] : values) {
        if (word == text) {
          at(object, member) = value;
          return {};
        }
      }
      return "bad";
    };
    key.get = [member, values](const void* object) -> boost::json::value {
      for (const auto& [word, value] : values) {
        if (at(object, member) == value) return boost::json::string(word);
      }
      return nullptr;
    };
    return key;
  }

  template <typename Member>
  Key& texts(std::string name, Member member, std::string doc) {
    Key& key = add(std::move(name), Key::Type::texts, std::move(doc));
    key.min = 0;
    key.max = 1000;
    key.set_texts = [member](void* object, std::vector<std::string> values) {
      at(object, member).assign(values.begin(), values.end());
      return std::string();
    };
    key.get = [member](const void* object) -> boost::json::value {
      boost::json::array out;
      for (const auto& value : at(object, member)) out.emplace_back(std::string(value));
      if (out.empty()) return nullptr;
      return out;
    };
    return key;
  }

  /// A list of words of which each stands for a value: `set(T&, words)` gives what is wrong.
  template <typename Set, typename Get>
  Key& choices(std::string name, std::vector<std::string> words, Set set, Get get,
               std::string doc) {
    Key& key = add(std::move(name), Key::Type::texts, std::move(doc));
    key.min = 0;
    key.max = static_cast<int64_t>(words.size());
    key.allowed = std::move(words);
    key.set_texts = [set](void* object, const std::vector<std::string>& values) {
      set(*static_cast<T*>(object), values);
      return std::string();
    };
    key.get = [get](const void* object) -> boost::json::value {
      boost::json::array out;
      for (const auto& word : get(*static_cast<const T*>(object)))
        out.emplace_back(std::string(word));
      return out;
    };
    return key;
  }

  template <typename Member>
  Key& text_map(std::string name, Member member, std::string doc) {
    Key& key = add(std::move(name), Key::Type::text_map, std::move(doc));
    key.set_text_map = [member](void* object,
                                const std::vector<std::pair<std::string, std::string>>& values) {
      for (const auto& [from, to] : values) at(object, member)[from] = to;
      return std::string();
    };
    key.get = [member](const void* object) -> boost::json::value {
      boost::json::object out;
      for (const auto& [from, to] : at(object, member)) out[from] = to;
      if (out.empty()) return nullptr;
      return out;
    };
    return key;
  }

  /// NAME_env and NAME_file; `get` never shows it.
  template <typename Member>
  Key& secret(std::string name, Member member, std::string doc) {
    Key& key = add(std::move(name), Key::Type::secret, std::move(doc));
    key.set_text = [member](void* object, const std::string& value) {
      at(object, member) = value;
      return std::string();
    };
    key.get = [](const void*) { return boost::json::value(nullptr); };
    return key;
  }

  /// A nested struct or an optional of one (made when the key is there).
  template <typename Member>
  Key& object(std::string name, Member member, const Schema& schema, std::string doc) {
    using Whole = std::remove_cvref_t<std::invoke_result_t<Member, T&>>;
    Key& key = add(std::move(name), Key::Type::object, std::move(doc));
    key.schema = &schema;
    key.open = [member](void* object) -> void* {
      auto& value = at(object, member);
      if constexpr (detail::IsOptional<Whole>::value) {
        if (!value) value.emplace();
        return &*value;
      } else {
        return &value;
      }
    };
    key.member = [member](const void* object) -> const void* {
      const auto& value = at(object, member);
      if constexpr (detail::IsOptional<Whole>::value) {
        return value ? &*value : nullptr;
      } else {
        return &value;
      }
    };
    return key;
  }

  /// A vector of structs.
  template <typename Member>
  Key& objects(std::string name, Member member, const Schema& schema, std::string doc) {
    Key& key = add(std::move(name), Key::Type::objects, std::move(doc));
    key.min = 0;
    key.max = 10'000;
    key.schema = &schema;
    key.append = [member](void* object) -> void* { return &at(object, member).emplace_back(); };
    key.elements = [member](const void* object) {
      std::vector<const void*> out;
      for (const auto& element : at(object, member)) out.push_back(&element);
      return out;
    };
    return key;
  }

  Schema done() { return std::move(schema_); }

 private:
  template <typename Member>
  static auto& at(void* object, const Member& member) {
    return std::invoke(member, *static_cast<T*>(object));
  }
  // Members are reached through a mutable reference so that one function serves both ways.
  template <typename Member>
  static const auto& at(const void* object, const Member& member) {
    return std::invoke(member, *static_cast<T*>(const_cast<void*>(object)));
  }

  template <typename M>
  static void limit(Key& key) {
    if constexpr (std::integral<M>) {
      using Limits = std::numeric_limits<M>;
      if constexpr (sizeof(M) < sizeof(int64_t)) {
        key.min = static_cast<int64_t>(Limits::min());
        key.max = static_cast<int64_t>(Limits::max());
      } else if constexpr (std::unsigned_integral<M>) {
        key.min = 0;
      }
    }
  }

  Key& add(std::string name, Key::Type type, std::string doc) {
    Key key;
    key.name = std::move(name);
    key.type = type;
    key.doc = std::move(doc);
    schema_.keys_.push_back(std::move(key));
    return schema_.keys_.back();
  }

  Schema schema_;
};

}  // namespace gatehouse::config
