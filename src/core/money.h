#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

/// An exact amount of US dollars in whole nano-dollars (10^-9); up to ±9.2 thousand million
/// dollars. Addition stops at the ends instead of wrapping around, so that an absurd amount can
/// never turn into a small or negative one.
struct Money {
  int64_t nanos = 0;

  static constexpr int64_t kNanosPerDollar = 1'000'000'000;
  static constexpr Money max() { return {std::numeric_limits<int64_t>::max()}; }
  static constexpr Money dollars(int64_t whole) { return {whole * kNanosPerDollar}; }

  /// Reads a decimal number of dollars exactly: "12", "0.075", "1.000000001". No sign, exponent,
  /// blank or separator; more than nine decimal places (other than zeros) or too large: nullopt.
  static std::optional<Money> parse(std::string_view decimal);

  /// "12", "0.075": the shortest exact decimal.
  std::string to_string() const;

  friend constexpr auto operator<=>(Money, Money) = default;
  friend constexpr Money operator+(Money a, Money b) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a.nanos, b.nanos, &sum)) {
      return {a.nanos < 0 ? std::numeric_limits<int64_t>::min() : max().nanos};
    }
    return {sum};
  }
  friend constexpr Money operator-(Money a, Money b) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(a.nanos, b.nanos, &difference)) {
      return {a.nanos < 0 ? std::numeric_limits<int64_t>::min() : max().nanos};
    }
    return {difference};
  }
  Money& operator+=(Money other) { return *this = *this + other; }
  Money& operator-=(Money other) { return *this = *this - other; }
};

}  // namespace gatehouse
