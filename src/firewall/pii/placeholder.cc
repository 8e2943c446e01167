#include "firewall/pii/placeholder.h"

#include <algorithm>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kMostDigits = 6;

}  // namespace

PlaceholderLook look_at_placeholder(std::string_view text, size_t at) {
  PlaceholderLook look;
  const auto rest = [&](size_t from) { return text.substr(std::min(from, text.size())); };
  const auto bracket = [&](size_t& i, char sign, std::string_view escape) {
    // 1: taken; 0: not there; -1: the text ends inside it.
    if (i < text.size() && text[i] == '\\') {
      const std::string_view tail = rest(i);
      const size_t have = std::min(tail.size(), escape.size());
      bool same = true;
      for (size_t k = 0; k < have; ++k) same &= ascii_lower(tail[k]) == escape[k];
      if (same && have == escape.size()) {
        i += have;
        return 1;
      }
      if (same) return -1;
      if (tail.size() < 2) return -1;
      if (tail[1] == sign) {
        i += 2;
        return 1;
      }
      return 0;
    }
    if (i == text.size()) return -1;
    if (text[i] != sign) return 0;
    ++i;
    return 1;
  };
  size_t i = at;
  const int opened = bracket(i, '[', "\\u005b");
  if (opened < 0) return {PlaceholderLook::Kind::partial, text.size(), {}};
  if (opened == 0) return look;
  std::string name = "[";
  size_t digits = 0;
  while (true) {
    if (i - at > kLongestPlaceholder) return look;
    if (i == text.size()) return {PlaceholderLook::Kind::partial, i, {}};
    const char c = text[i];
    if (c == '\\' && i + 1 == text.size()) return {PlaceholderLook::Kind::partial, text.size(), {}};
    if (c == '\\' && text[i + 1] == '_') {
      ++i;
      continue;
    }
    if (is_ascii_letter(c) || c == '_') {
      if (digits > 0) return look;
      name.push_back(ascii_upper(c));
    } else if (is_ascii_digit(c)) {
      if (name.size() < 3 || (digits == 0 && name.back() != '_') || ++digits > kMostDigits)
        return look;
      name.push_back(c);
    } else {
      break;
    }
    ++i;
  }
  if (digits == 0) return look;
  const int closed = bracket(i, ']', "\\u005d");
  if (closed < 0) return {PlaceholderLook::Kind::partial, text.size(), {}};
  if (closed == 0) return look;
  name.push_back(']');
  return {PlaceholderLook::Kind::whole, i, std::move(name)};
}

std::string placeholder_label(std::string_view rule) {
  if (rule.substr(0, 7) == "secret.") return "SECRET";
  if (rule.substr(0, 4) != "pii.") return "REDACTED";
  std::string label;
  for (const char c : rule.substr(4)) label.push_back(c == '-' || c == '.' ? '_' : ascii_upper(c));
  // IPV4 would read as a number: letters only before the "_1".
  std::erase_if(label, is_ascii_digit);
  return label.substr(0, 32);
}

void append_label(std::string_view rule, std::string& out) {
  out.append("[").append(placeholder_label(rule)).append("]");
}

}  // namespace gatehouse::firewall
