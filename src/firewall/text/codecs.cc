// The decoders for one run each. All read each byte once.
#include <algorithm>
#include <array>

#include "firewall/text/encoded.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

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

constexpr std::array<std::string_view, 36> kMorse = {
    ".-",    "-...",  "-.-.",  "-..",   ".",     "..-.",  "--.",   "....",  "..",
    ".---",  "-.-",   ".-..",  "--",    "-.",    "---",   ".--.",  "--.-",  ".-.",
    "...",   "-",     "..-",   "...-",  ".--",   "-..-",  "-.--",  "--..",  "-----",
    ".----", "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----."};

// Reads up to `most` hex digits at `at`; -1 where fewer than `fewest` stand there.
long read_hex(std::string_view text, size_t at, size_t fewest, size_t most, size_t& used) {
  long value = 0;
  used = 0;
  while (used < most && at + used < text.size() && hex_value(text[at + used]) >= 0) {
    value = value * 16 + hex_value(text[at + used]);
    ++used;
  }
  return used >= fewest ? value : -1;
}

}  // namespace

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool reads_as_text(std::string_view bytes) {
  if (bytes.size() < 6) return false;
  size_t letters = 0;
  size_t odd = 0;
  size_t points = 0;
  for (size_t i = 0; i < bytes.size(); ++points) {
    const CodePoint point = decode_utf8(bytes, i);
    if (!point.valid) return false;
    const char c = bytes[i];
    if (point.value >= 0x80 || is_ascii_alnum(c) || c == ' ') {
      ++letters;
    } else if (point.value < 0x20 && c != '\n' && c != '\t' && c != '\r') {
      ++odd;
    }
    i += point.size;
  }
  return odd * 20 <= points && letters * 10 >= points * 7;
}

std::optional<std::string> decode_base64(std::string_view run) {
  std::string out;
  out.reserve(run.size() * 3 / 4);
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : run) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') break;
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    held = held << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(held >> bits & 0xFF));
      // Binary data is the common case: give up early.
      if (out.size() == 24 && std::count_if(out.begin(), out.end(), [](char b) {
                                return static_cast<unsigned char>(b) < 0x20 && b != '\n' &&
                                       b != '\t' && b != '\r';
                              }) > 1) {
        return std::nullopt;
      }
    }
  }
  if (!reads_as_text(out)) return std::nullopt;
  return out;
}

std::string base64_bytes(std::string_view run) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : run) {
    if (c == '=') break;
    const int value = base64_value(c);
    if (value < 0) return {};
    held = held << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(held >> bits & 0xFF));
    }
  }
  return out;
}

std::optional<std::string> decode_base32(std::string_view run) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : run) {
    if (c == '=') break;
    const char upper = ascii_upper(c);
    unsigned value;
    if (upper >= 'A' && upper <= 'Z') {
      value = static_cast<unsigned>(upper - 'A');
    } else if (c >= '2' && c <= '7') {
      value = static_cast<unsigned>(c - '2') + 26;
    } else {
      return std::nullopt;
    }
    held = held << 5 | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(held >> bits & 0xFF));
    }
  }
  if (!reads_as_text(out)) return std::nullopt;
  return out;
}

std::optional<std::string> decode_hex(std::string_view run) {
  std::string out;
  int high = -1;
  for (const char c : run) {
    const int value = hex_value(c);
    if (value < 0) {
      if (high >= 0) return std::nullopt;
      continue;  // a separator between bytes
    }
    if (high < 0) {
      high = value;
    } else {
      out.push_back(static_cast<char>(high * 16 + value));
      high = -1;
    }
  }
  if (high >= 0 || !reads_as_text(out)) return std::nullopt;
  return out;
}

std::optional<std::string> decode_ascii85(std::string_view run) {
  std::string out;
  uint64_t group = 0;
  unsigned count = 0;
  const auto flush = [&](unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
      out.push_back(static_cast<char>(group >> (24 - 8 * i) & 0xFF));
    group = 0;
    count = 0;
  };
  for (const char c : run) {
    if (c == ' ' || c == '\n' || c == '\r') continue;
    if (c == 'z' && count == 0) {
      out.append(4, '\0');
      continue;
    }
    if (c < '!' || c > 'u') return std::nullopt;
    group = group * 85 + static_cast<uint64_t>(c - '!');
    if (++count == 5) {
      if (group > 0xFFFFFFFF) return std::nullopt;
      flush(4);
    }
  }
  if (count == 1) return std::nullopt;
  if (count > 1) {
    const unsigned bytes = count - 1;
    for (; count < 5; ++count) group = group * 85 + 84;
    if (group > 0xFFFFFFFF) return std::nullopt;
    flush(bytes);
  }
  if (!reads_as_text(out)) return std::nullopt;
  return out;
}

std::optional<std::string> decode_morse(std::string_view run) {
  std::string out;
  size_t letters = 0;
  size_t gap = 0;
  for (size_t i = 0; i < run.size();) {
    if (run[i] != '.' && run[i] != '-') {
      gap += run[i] == ' ' ? 1u : 3u;
      ++i;
      continue;
    }
    size_t end = i;
    while (end < run.size() && (run[end] == '.' || run[end] == '-')) ++end;
    const auto at = std::find(kMorse.begin(), kMorse.end(), run.substr(i, end - i));
    if (at == kMorse.end()) return std::nullopt;
    if (gap >= 3 && !out.empty()) out.push_back(' ');
    const auto index = at - kMorse.begin();
    out.push_back(static_cast<char>(index < 26 ? 'a' + index : '0' + (index - 26)));
    ++letters;
    gap = 0;
    i = end;
  }
  if (letters < 5) return std::nullopt;
  return out;
}

std::optional<std::string> decode_binary(std::string_view run) {
  std::string out;
  unsigned byte = 0;
  unsigned bits = 0;
  for (const char c : run) {
    if (c != '0' && c != '1') {
      if (bits != 0) return std::nullopt;
      continue;
    }
    byte = byte << 1 | static_cast<unsigned>(c - '0');
    if (++bits == 8) {
      out.push_back(static_cast<char>(byte));
      byte = bits = 0;
    }
  }
  if (bits != 0 || !reads_as_text(out)) return std::nullopt;
  return out;
}

Unescaped unescape(std::string_view text, bool quoted_printable) {
  Unescaped out;
  out.text.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    size_t used = 0;
    long value = -1;
    if (c == '%' || (c == '=' && quoted_printable)) {
      value = read_hex(text, i + 1, 2, 2, used);
      if (value >= 0) {
        out.text.push_back(static_cast<char>(value));
        ++(c == '%' ? out.percent : out.escapes);
        i += 3;
        continue;
      }
    }
    if (c == '\\' && i + 1 < text.size()) {
      const char kind = text[i + 1];
      const size_t brace = i + 2 < text.size() && text[i + 2] == '{' ? 1u : 0u;
      if (kind == 'u' || kind == 'U') {
        const size_t most = brace != 0 ? 6 : kind == 'u' ? 4 : 8;
        value = read_hex(text, i + 2 + brace, brace != 0 ? 2 : most, most, used);
        // Written in capitals by who shouts: no language has it, a model reads it all the same.
        if (value < 0 && kind == 'U') value = read_hex(text, i + 2, 4, 4, used);
      } else if (kind == 'x') {
        value = read_hex(text, i + 2 + brace, 2, 2, used);
      }
      if (value >= 0 && value <= 0x10FFFF) {
        append_utf8(out.text, static_cast<char32_t>(value));
        ++out.escapes;
        i += 2 + brace + used + (brace != 0 && i + 3 + used < text.size() ? 1u : 0u);
        continue;
      }
    }
    if (c == '&') {
      const size_t semicolon = text.substr(i, 12).find(';');
      if (semicolon != text.npos && semicolon > 1) {
        const std::string_view name = text.substr(i + 1, semicolon - 1);
        if (name[0] == '#') {
          const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
          if (hex) {
            value = read_hex(name, 2, 1, 6, used);
          } else {
            value = 0;
            for (const char digit : name.substr(1))
              value = is_ascii_digit(digit) && value >= 0 ? value * 10 + (digit - '0') : -1;
          }
        } else {
          const auto* at =
              std::find_if(kEntities.begin(), kEntities.end(),
                           [&](const NamedEntity& entity) { return entity.name == name; });
          if (at != kEntities.end()) value = static_cast<unsigned char>(at->value);
        }
        if (value > 0 && value <= 0x10FFFF) {
          append_utf8(out.text, static_cast<char32_t>(value));
          ++out.entities;
          i += semicolon + 1;
          continue;
        }
      }
    }
    out.text.push_back(c);
    ++i;
  }
  return out;
}

}  // namespace gatehouse::firewall
