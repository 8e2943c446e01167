// Escapes that stand in a text, each decoded where it stands.
#include <algorithm>
#include <array>

#include "core/percent.h"
#include "firewall/text/encoded.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kMostSlashes = 8;  // JSON in JSON doubles them
constexpr char32_t kLastCodePoint = 0x10FFFF;

struct NamedEntity {
  std::string_view name;
  char value;
};
constexpr std::array<NamedEntity, 12> kEntities = {{{"amp", '&'},
                                                    {"lt", '<'},
                                                    {"gt", '>'},
                                                    {"quot", '"'},
                                                    {"apos", '\''},
                                                    {"nbsp", ' '},
                                                    {"Tab", '\t'},
                                                    {"NewLine", '\n'},
                                                    {"colon", ':'},
                                                    {"lpar", '('},
                                                    {"rpar", ')'},
                                                    {"period", '.'}}};

/// What an escape stands for and how long it is; nothing where there is none.
struct Escape {
  char32_t value = 0;
  size_t size = 0;
};

/// Reads up to `most` digits of a base at `at`; nothing where fewer than `fewest` stand there.
Escape read_digits(std::string_view text, size_t at, int base, size_t fewest, size_t most) {
  Escape number;
  while (number.size < most && at + number.size < text.size()) {
    const int digit = hex_value(text[at + number.size]);
    if (digit < 0 || digit >= base) break;
    number.value = number.value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
    ++number.size;
  }
  return number.size >= fewest ? number : Escape{};
}

Escape backslash_escape(std::string_view text, size_t at) {
  size_t kind_at = at + 1;
  while (kind_at < text.size() && text[kind_at] == '\\' && kind_at - at < kMostSlashes) ++kind_at;
  if (kind_at == text.size()) return {};
  const char kind = text[kind_at];
  if (kind >= '0' && kind <= '1') {  // octal, of what can be printed
    const Escape octal = read_digits(text, kind_at, 8, 3, 3);
    if (octal.value < ' ' || octal.value >= 0x7F) return {};
    return {octal.value, kind_at + 3 - at};
  }
  if (kind != 'u' && kind != 'U' && kind != 'x') return {};
  const size_t digits = kind_at + 1;
  const bool braced = digits < text.size() && text[digits] == '{';
  Escape code;
  if (kind == 'x') {
    code = read_digits(text, digits + (braced ? 1 : 0), 16, 2, 2);
  } else if (braced) {
    code = read_digits(text, digits + 1, 16, 2, 6);
  } else {
    const size_t most = kind == 'u' ? 4 : 8;
    code = read_digits(text, digits, 16, most, most);
    // Written in capitals by who shouts: no language has it, a model reads it all the same.
    if (code.size == 0 && kind == 'U') code = read_digits(text, digits, 16, 4, 4);
  }
  if (code.size == 0) return {};
  size_t end = digits + code.size;
  if (braced) end = std::min(end + 2, text.size());
  return {code.value, end - at};
}

/// Browsers need no semicolon behind a number.
Escape entity(std::string_view text, size_t at) {
  constexpr size_t kLongest = 12;
  if (text.substr(at + 1, 1) == "#") {
    const bool hex = text.substr(at + 2, 1) == "x" || text.substr(at + 2, 1) == "X";
    const size_t digits = at + (hex ? 3 : 2);
    const Escape code = read_digits(text, digits, hex ? 16 : 10, 1, 7);
    if (code.size == 0) return {};
    const size_t end = digits + code.size;
    const bool closed = end < text.size() && text[end] == ';';
    if (!closed && code.value < ' ') return {};
    return {code.value, end + (closed ? 1 : 0) - at};
  }
  const size_t semicolon = text.substr(at, kLongest).find(';');
  if (semicolon == text.npos || semicolon < 2) return {};
  const std::string_view name = text.substr(at + 1, semicolon - 1);
  const auto* known = std::find_if(kEntities.begin(), kEntities.end(),
                                   [&](const NamedEntity& each) { return each.name == name; });
  if (known == kEntities.end()) return {};
  return {static_cast<unsigned char>(known->value), semicolon + 1};
}

}  // namespace

Unescaped unescape(std::string_view text, bool quoted_printable) {
  Unescaped out;
  out.text.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '%' || (c == '=' && quoted_printable)) {
      const Escape byte = read_digits(text, i + 1, 16, 2, 2);
      if (byte.size > 0) {
        out.text.push_back(static_cast<char>(byte.value));
        ++(c == '%' ? out.percent : out.escapes);
        i += 3;
        continue;
      }
    }
    const Escape escape = c == '\\'  ? backslash_escape(text, i)
                          : c == '&' ? entity(text, i)
                                     : Escape{};
    if (escape.size > 0 && escape.value > 0 && escape.value <= kLastCodePoint) {
      append_utf8(out.text, escape.value);
      ++(c == '\\' ? out.escapes : out.entities);
      i += escape.size;
    } else {
      out.text.push_back(c);
      ++i;
    }
  }
  return out;
}

}  // namespace gatehouse::firewall
