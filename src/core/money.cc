#include "core/money.h"

namespace gatehouse {

std::optional<Money> Money::parse(std::string_view decimal) {
  constexpr size_t kMaxDigits = 64;  // leading and trailing zeros included
  if (decimal.empty() || decimal.size() > kMaxDigits) return std::nullopt;
  int64_t nanos = 0;
  int places = -1;  // decimal places read; -1 before the point
  bool digits = false;
  for (const char c : decimal) {
    if (c == '.') {
      if (places >= 0 || !digits) return std::nullopt;
      places = 0;
      digits = false;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = true;
    if (places >= 9) {
      if (c != '0') return std::nullopt;
      continue;
    }
    if (__builtin_mul_overflow(nanos, int64_t{10}, &nanos)) return std::nullopt;
    if (__builtin_add_overflow(nanos, int64_t{c - '0'}, &nanos)) return std::nullopt;
    if (places >= 0) ++places;
  }
  if (!digits) return std::nullopt;
  for (int i = places < 0 ? 0 : places; i < 9; ++i) {
    if (__builtin_mul_overflow(nanos, int64_t{10}, &nanos)) return std::nullopt;
  }
  return Money{nanos};
}

std::string Money::to_string() const {
  const bool negative = nanos < 0;
  // The magnitude as unsigned, since that of the smallest int64_t does not fit the signed type.
  const uint64_t magnitude =
      negative ? 0 - static_cast<uint64_t>(nanos) : static_cast<uint64_t>(nanos);
  constexpr auto kUnit = static_cast<uint64_t>(kNanosPerDollar);
  std::string text = negative ? "-" : "";
  text += std::to_string(magnitude / kUnit);
  const uint64_t rest = magnitude % kUnit;
  if (rest == 0) return text;
  std::string places = std::to_string(rest);
  places.insert(0, 9 - places.size(), '0');
  places.erase(places.find_last_not_of('0') + 1);
  return text + "." + places;
}

}  // namespace gatehouse
