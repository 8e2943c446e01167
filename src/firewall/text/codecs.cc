// The decoders for one run each. All read each byte once.
#include <algorithm>
#include <array>

#include "core/percent.h"
#include "firewall/text/encoded.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kHead = 24;  // bytes that tell binary data from text

// ITU-R M.1677: letters, digits, and the signs of kMorseSigns.
constexpr std::array<std::string_view, 46> kMorse = {
    ".-",     "-...",  "-.-.",   "-..",    ".",      "..-.",   "--.",    "....",
    "..",     ".---",  "-.-",    ".-..",   "--",     "-.",     "---",    ".--.",
    "--.-",   ".-.",   "...",    "-",      "..-",    "...-",   ".--",    "-..-",
    "-.--",   "--..",  "-----",  ".----",  "..---",  "...--",  "....-",  ".....",
    "-....",  "--...", "---..",  "----.",  ".-.-.-", "--..--", "..--..", "-.-.--",
    ".----.", "-..-.", "-....-", "---...", ".-..-.", ".--.-."};
constexpr std::string_view kMorseSigns = ".,?!'/-:\"@";

char morse_sign(size_t index) {
  if (index < 26) return static_cast<char>('a' + index);
  return index < 36 ? static_cast<char>('0' + (index - 26)) : kMorseSigns[index - 36];
}

/// UTF-16 of ASCII text without its zero bytes, as PowerShell's encoded commands have them.
void narrow(std::string& bytes) {
  constexpr size_t kFewest = 8;
  if (bytes.size() < kFewest || (bytes[0] == '\0') == (bytes[1] == '\0')) return;
  const size_t zeros = bytes[0] == '\0' ? 0 : 1;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if ((bytes[i] == '\0') != (i % 2 == zeros)) return;
  }
  std::erase(bytes, '\0');
}

/// Whether the bytes from `at` on may be the beginning of a text; `at` moves over what was read,
/// `odd` counts control characters. The last bytes may be half a character.
bool goes_on_as_text(std::string_view bytes, size_t& at, size_t& odd) {
  while (at + 3 < bytes.size()) {
    const CodePoint point = decode_utf8(bytes, at);
    if (!point.valid) return false;
    const char c = bytes[at];
    if (point.value < 0x20 && c != '\n' && c != '\t' && c != '\r') ++odd;
    at += point.size;
  }
  return odd <= 1;
}

/// Binary data is the common case: given up early.
bool begins_as_text(std::string head) {
  narrow(head);
  size_t at = 0;
  size_t odd = 0;
  return goes_on_as_text(head, at, odd);
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
      if (out.size() == kHead && !begins_as_text(out)) return std::nullopt;
    }
  }
  narrow(out);
  if (!reads_as_text(out)) return std::nullopt;
  return out;
}

bool Base64Pieces::take(std::string_view piece) {
  const size_t size = bytes_.size();
  const unsigned held = held_;
  const unsigned bits = bits_;
  for (const char c : piece) {
    if (c == '\n') continue;
    held_ = held_ << 6 | static_cast<unsigned>(base64_value(c));
    bits_ += 6;
    if (bits_ < 8) continue;
    bits_ -= 8;
    bytes_.push_back(static_cast<char>(held_ >> bits_ & 0xFF));
  }
  size_t read = read_;
  size_t odd = odd_;
  if (goes_on_as_text(bytes_, read, odd)) {
    read_ = read;
    odd_ = odd;
    return true;
  }
  bytes_.resize(size);
  held_ = held;
  bits_ = bits;
  return false;
}

std::optional<std::string> Base64Pieces::text() && {
  // Of a word behind the last piece there may be bytes that were not told from half a character.
  for (size_t at = read_; at < bytes_.size();) {
    const CodePoint point = decode_utf8(bytes_, at);
    if (!point.valid) bytes_.resize(at);
    at += point.size;
  }
  if (!reads_as_text(bytes_)) return std::nullopt;
  return std::move(bytes_);
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
  if (high >= 0) return std::nullopt;
  narrow(out);
  if (!reads_as_text(out)) return std::nullopt;
  return out;
}

std::optional<std::string> decode_decimal(std::string_view run) {
  constexpr size_t kFewest = 8;
  std::string out;
  unsigned value = 0;
  size_t digits = 0;
  const auto take = [&] {
    if (digits > 0) out.push_back(static_cast<char>(value));
    value = 0;
    digits = 0;
  };
  for (const char c : run) {
    if (!is_ascii_digit(c)) {
      if (hex_value(c) >= 0 || c == 'x') return std::nullopt;
      take();
      continue;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (++digits > 3 || value > 0xFF) return std::nullopt;
  }
  take();
  if (out.size() < kFewest || !reads_as_text(out)) return std::nullopt;
  return out;
}

namespace {

/// Five digits of base 85 for each four bytes. `value_of` gives a digit's value, negative for none;
/// `zeros` is the sign for four zero bytes.
template <typename ValueOf>
std::optional<std::string> decode_85(std::string_view run, char zeros, ValueOf value_of) {
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
    if (c == zeros && count == 0) {
      out.append(4, '\0');
      continue;
    }
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    group = group * 85 + static_cast<uint64_t>(value);
    if (++count < 5) continue;
    if (group > 0xFFFFFFFF) return std::nullopt;
    flush(4);
    if (out.size() == kHead / 2 && !begins_as_text(out)) return std::nullopt;
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

}  // namespace

std::optional<std::string> decode_ascii85(std::string_view run) {
  return decode_85(run, 'z', [](char c) { return c >= '!' && c <= 'u' ? c - '!' : -1; });
}

std::optional<std::string> decode_base85(std::string_view run) {
  static constexpr std::array<signed char, 256> kValues = [] {
    constexpr std::string_view kDigits =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (size_t i = 0; i < kDigits.size(); ++i) {
      values[static_cast<unsigned char>(kDigits[i])] = static_cast<signed char>(i);
    }
    return values;
  }();
  return decode_85(run, '\0', [](char c) { return int{kValues[static_cast<unsigned char>(c)]}; });
}

std::optional<std::string> decode_uu_line(std::string_view line) {
  constexpr size_t kLongest = 45;
  const auto value_of = [](char c) { return static_cast<unsigned>(c - ' ') & 63; };
  if (line.empty() || line[0] <= ' ' || line[0] >= '`') return std::nullopt;
  const size_t size = value_of(line[0]);
  // Spaces at the end, which stand for zeros, are often lost.
  const size_t digits = (size + 2) / 3 * 4;
  if (size > kLongest || line.size() > digits + 2 || line.size() < size * 4 / 3 + 1) {
    return std::nullopt;
  }
  std::string out;
  for (size_t i = 1; i <= digits; i += 4) {
    unsigned group = 0;
    for (size_t k = i; k < i + 4; ++k) {
      const char c = k < line.size() ? line[k] : ' ';
      if (c < ' ' || c > '`') return std::nullopt;
      group = group << 6 | value_of(c);
    }
    for (int shift = 16; shift >= 0; shift -= 8) {
      if (out.size() < size) out.push_back(static_cast<char>(group >> shift & 0xFF));
    }
  }
  return out;
}

std::optional<std::string> decode_morse(std::string_view run) {
  constexpr size_t kFewest = 5;
  std::string out;
  size_t signs = 0;
  size_t unknown = 0;
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
    if (gap >= 3 && !out.empty()) out.push_back(' ');
    if (at == kMorse.end()) {
      ++unknown;
    } else {
      out.push_back(morse_sign(static_cast<size_t>(at - kMorse.begin())));
    }
    ++signs;
    gap = 0;
    i = end;
  }
  if (signs < kFewest || unknown * 10 > signs) return std::nullopt;
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

}  // namespace gatehouse::firewall
