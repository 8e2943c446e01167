#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::api {

/// Finds a JSON name among the fixed names of an object: the names of one length are beside each
/// other, so that a look-up compares one or two of them. `find` gives the position in the list
/// that the table was made of, for a `switch` over an enum in the same order. An empty name keeps a
/// position unused.
template <size_t N>
class FieldTable {
 public:
  static constexpr int kUnknown = -1;

  consteval explicit FieldTable(const std::array<std::string_view, N>& names) : names_(names) {
    static_assert(N <= 64, "the names that were seen are kept in 64 bits");
    size_t filled = 0;
    first_[0] = 0;
    for (size_t length = 1; length <= kLongest; ++length) {
      first_[length] = static_cast<uint8_t>(filled);
      for (size_t i = 0; i < N; ++i) {
        if (names[i].size() == length) order_[filled++] = static_cast<uint8_t>(i);
      }
    }
    first_[kLongest + 1] = static_cast<uint8_t>(filled);
  }

  int find(std::string_view name) const {
    if (name.size() > kLongest) return kUnknown;
    for (size_t i = first_[name.size()]; i < first_[name.size() + 1]; ++i) {
      if (names_[order_[i]] == name) return order_[i];
    }
    return kUnknown;
  }

  /// The name that `name` differs from in letter case only, or empty.
  std::string_view other_case(std::string_view name) const {
    if (name.size() > kLongest) return {};
    for (size_t i = first_[name.size()]; i < first_[name.size() + 1]; ++i) {
      if (same_letters(names_[order_[i]], name)) return names_[order_[i]];
    }
    return {};
  }

 private:
  static constexpr size_t kLongest = 31;

  static bool same_letters(std::string_view known, std::string_view given) {
    for (size_t i = 0; i < known.size(); ++i) {
      const char c =
          given[i] >= 'A' && given[i] <= 'Z' ? static_cast<char>(given[i] + 32) : given[i];
      if (c != known[i]) return false;
    }
    return true;
  }

  std::array<std::string_view, N> names_;
  std::array<uint8_t, N> order_{};
  std::array<uint8_t, kLongest + 2> first_{};
};

}  // namespace gatehouse::api
