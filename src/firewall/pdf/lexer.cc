#include "firewall/pdf/lexer.h"

#include <algorithm>

#include "core/percent.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall::pdf {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

bool is_regular(char c) {
  return !is_blank(c) && std::string_view("()<>[]{}/%").find(c) == std::string_view::npos;
}

}  // namespace

void Lexer::skip_blanks() {
  while (has()) {
    if (bytes_[at_] == '%') {
      at_ = std::min(bytes_.find_first_of("\r\n", at_), bytes_.size());
    } else if (is_blank(bytes_[at_])) {
      ++at_;
    } else {
      return;
    }
  }
}

bool Lexer::next(Token& token) {
  using Kind = Token::Kind;
  token.text.clear();
  skip_blanks();
  token.kind = Kind::end;
  if (!has()) return false;
  const char c = bytes_[at_++];
  const bool twice = has() && bytes_[at_] == c;
  if (c == '(') {
    token.kind = Kind::text;
    read_string(token.text);
  } else if (c == '/') {
    token.kind = Kind::name;
    read_name(token.text);
  } else if (c == '[') {
    token.kind = Kind::array_begin;
  } else if (c == ']') {
    token.kind = Kind::array_end;
  } else if ((c == '<' || c == '>') && twice) {
    ++at_;
    token.kind = c == '<' ? Kind::dict_begin : Kind::dict_end;
  } else if (c == '<') {
    token.kind = Kind::text;
    read_hex(token.text);
  } else if (is_ascii_digit(c) || c == '-' || c == '+' || c == '.') {
    --at_;
    read_number(token);
  } else {
    token.kind = Kind::word;
    token.text.push_back(c);
    if (is_regular(c)) {
      while (has() && is_regular(bytes_[at_])) token.text.push_back(bytes_[at_++]);
    }
  }
  return true;
}

/// As readers do that meet "--5" or "1.2.3": what makes sense of it counts.
void Lexer::read_number(Token& token) {
  token.kind = Token::Kind::number;
  bool negative = false;
  double scale = 0;
  double value = 0;
  for (; has() && is_regular(bytes_[at_]); ++at_) {
    const char c = bytes_[at_];
    if (c == '-') negative = true;
    if (c == '.' && scale > 0) scale = 1e-300;  // digits of a second fraction weigh nothing
    if (c == '.' && scale <= 0) scale = 1;
    if (!is_ascii_digit(c)) continue;
    if (scale > 0) {
      scale /= 10;
      value += scale * (c - '0');
    } else {
      value = value * 10 + (c - '0');
    }
  }
  token.number = negative ? -value : value;
}

void Lexer::read_name(std::string& out) {
  while (has() && is_regular(bytes_[at_])) {
    char c = bytes_[at_++];
    if (c == '#' && at_ + 1 < bytes_.size()) {
      const int high = hex_value(bytes_[at_]);
      const int low = hex_value(bytes_[at_ + 1]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high << 4 | low);
        at_ += 2;
      }
    }
    out.push_back(c);
  }
}

void Lexer::read_string(std::string& out) {
  for (size_t depth = 1; has();) {
    const char c = bytes_[at_++];
    if (c == '\\') {
      read_escape(out);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return;
    out.push_back(c);
  }
}

void Lexer::read_escape(std::string& out) {
  if (!has()) return;
  const char c = bytes_[at_++];
  constexpr std::string_view kLetters = "nrtbf";
  constexpr std::string_view kMeanings = "\n\r\t\b\f";
  if (const size_t letter = kLetters.find(c); letter != kLetters.npos) {
    out.push_back(kMeanings[letter]);
  } else if (c == '\r' || c == '\n') {  // a line that goes on
    if (c == '\r' && has() && bytes_[at_] == '\n') ++at_;
  } else if (c >= '0' && c <= '7') {
    int value = c - '0';
    for (int i = 0; i < 2 && has() && bytes_[at_] >= '0' && bytes_[at_] <= '7'; ++i) {
      value = value * 8 + (bytes_[at_++] - '0');
    }
    out.push_back(static_cast<char>(value & 255));
  } else {
    out.push_back(c);
  }
}

void Lexer::read_hex(std::string& out) {
  int half = -1;
  while (has()) {
    const char c = bytes_[at_++];
    if (c == '>') break;
    const int digit = hex_value(c);
    if (digit < 0) continue;
    if (half < 0) {
      half = digit;
    } else {
      out.push_back(static_cast<char>(half << 4 | digit));
      half = -1;
    }
  }
  if (half >= 0) out.push_back(static_cast<char>(half << 4));
}

/// An image's bytes may spell EI by chance, but hardly what looks like content behind it.
bool Lexer::plausible_after(size_t at) const {
  constexpr size_t kLooked = 12;
  const std::string_view behind = bytes_.substr(at, kLooked);
  return std::all_of(behind.begin(), behind.end(),
                     [](char c) { return is_blank(c) || (c > ' ' && c < 0x7F); });
}

void Lexer::skip_image() {
  for (size_t at = bytes_.find("EI", at_); at != bytes_.npos; at = bytes_.find("EI", at + 1)) {
    const bool alone =
        at > 0 && is_blank(bytes_[at - 1]) && (at + 2 == bytes_.size() || is_blank(bytes_[at + 2]));
    if (!alone || !plausible_after(at + 2)) continue;
    at_ = at + 2;
    return;
  }
  at_ = bytes_.size();
}

}  // namespace gatehouse::firewall::pdf
