#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gatehouse::firewall::tagger {

/// What a token looks like.
enum class Shape : uint8_t {
  edge,      // before the first and behind the last token
  lower,     // "word"
  capital,   // "Word"
  capitals,  // "WORD"
  initial,   // "W"
  mixed,     // "iPhone", "OrderService"
  joined,    // "Anna-Lena", "O'Brien", "McDonald"
  code,      // "snake_case", "x86_64"
  foreign,   // has letters that are not Latin
  digit1,
  digit2,
  digit3,
  digit4,
  digit5,
  digits,    // six and more
  numbered,  // "221B", "12-14"
  newline,
  blank_line,
  comma,
  period,
  dash,
  slash,
  hash,
  ampersand,
  colon,
  quote,
  opening,
  closing,
  bar,  // between the cells of a table
  other,
};

struct Token {
  uint32_t begin = 0;  // bytes of the text
  uint32_t end = 0;
  uint32_t word = 0;     // hash of the letters in lower case
  uint16_t classes = 0;  // see gazetteer.h
  uint16_t beside = 0;   // the characters before and behind, if no spaces
  uint32_t prefix = 0;   // hash of the first three letters
  uint32_t suffix = 0;   // of the last three
  uint32_t suffix2 = 0;  // of the last two
  Shape shape = Shape::edge;
  bool candidate = false;  // may be part of a name or an address; others never are
};

/// Cuts the normaliser's clean view into words, numbers, signs and line ends. `tokens` is
/// overwritten. Edges stand in front and behind, so that a token always has neighbours.
/// A token depends on what stands before it and on the few bytes behind it, never on more.
void split_tokens(std::string_view text, std::vector<Token>& tokens);
inline constexpr size_t kEdges = 3;
/// Once so many bytes stand behind a token and another token has begun, it does not change.
inline constexpr size_t kSettledBehind = 3;

/// Whether the sign parts what stands before it from what stands behind: a comma, a line end.
inline bool parts(Shape shape) {
  return shape == Shape::comma || shape == Shape::newline;
}

/// Whether a run with this token in it is worth a look: numbers and signs alone are not.
bool is_anchor(const Token& token);

}  // namespace gatehouse::firewall::tagger
