#include "config/scalars.h"

#include <array>
#include <charconv>
#include <limits>

#include "core/letters.h"

namespace gatehouse::config {
namespace {

bool is_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
    for (const char c : text.substr(2)) {
      const bool hex = is_ascii_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (text[1] == 'x' ? !hex : !(c >= '0' && c <= '7')) return false;
    }
    return true;
  }
  bool digits = false;
  size_t i = 0;
  for (; i < text.size() && is_ascii_digit(text[i]); ++i) digits = true;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && is_ascii_digit(text[i]); ++i) digits = true;
  }
  if (!digits) return false;
  if (i == text.size()) return true;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  if (i == text.size()) return false;
  for (; i < text.size(); ++i) {
    if (!is_ascii_digit(text[i])) return false;
  }
  return true;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

struct Unit {
  std::string_view name;
  int64_t factor;
};
constexpr std::array<Unit, 6> kTime{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 13> kSize{{{"b", 1},
                                      {"k", 1024},
                                      {"kb", 1000},
                                      {"kib", 1024},
                                      {"m", int64_t{1} << 20},
                                      {"mb", 1'000'000},
                                      {"mib", int64_t{1} << 20},
                                      {"g", int64_t{1} << 30},
                                      {"gb", 1'000'000'000},
                                      {"gib", int64_t{1} << 30},
                                      {"t", int64_t{1} << 40},
                                      {"tb", 1'000'000'000'000},
                                      {"tib", int64_t{1} << 40}}};

template <size_t N>
std::optional<int64_t> scaled(const std::array<Unit, N>& units, std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  std::string unit;
  for (const char c : rest) unit += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    if (number > std::numeric_limits<int64_t>::max() / known.factor) return std::nullopt;
    return number * known.factor;
  }
  return std::nullopt;
}

}  // namespace

bool looks_like_integer(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return false;
  for (const char c : text) {
    if (!is_ascii_digit(c)) return false;
  }
  return true;
}

bool is_plain_literal(std::string_view text) {
  return is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL",
                          "~", ".nan", ".NaN", ".NAN"}) ||
         is_number(text);
}

std::string kind_in_words(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  if (node.quoted || !is_plain_literal(node.text)) return "text";
  if (looks_like_integer(node.text)) return "a whole number";
  if (is_number(node.text)) return "a number";
  return is_one_of(node.text, {"true", "True", "TRUE", "false", "False", "FALSE"}) ? "a boolean"
                                                                                   : "nothing";
}

std::optional<int64_t> in_unit_of(std::string_view key, std::string_view text) {
  if (key.ends_with("_ms")) return scaled(kTime, text);
  if (key.ends_with("_bytes")) return scaled(kSize, text);
  if (key.ends_with("_seconds")) {
    const auto millis = scaled(kTime, text);
    if (millis && *millis % 1000 == 0) return *millis / 1000;
  }
  return std::nullopt;
}

}  // namespace gatehouse::config
