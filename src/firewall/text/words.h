#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "firewall/text/lexicon.h"

namespace gatehouse::firewall {

/// A run of letters, digits and the signs that stand for letters.
struct Word {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool letters = false;  // ASCII letters only
  bool mixed = false;    // letters beside digits or signs
  bool foreign = false;  // has bytes beyond ASCII
  bool known = false;    // in the lexicon
  uint32_t size() const { return end - begin; }
};

/// What stands between a word and the next one of `text`.
inline std::string_view gap_after(std::string_view text, std::span<const Word> words, size_t i) {
  return text.substr(words[i].end, words[i + 1].begin - words[i].end);
}

/// Splits a lower-case view into words, the signs at a word's edges left out. `words` is
/// overwritten.
void split_words(std::string_view text, const Lexicon& lexicon, std::vector<Word>& words);

/// Cuts a run of letters into words of the lexicon, in a long run with others between them; empty
/// if it cannot be cut into words that are long enough on average to be no accident. At most
/// kMaxGlued letters are looked at.
inline constexpr size_t kMaxGlued = 400;
std::vector<std::string_view> cut_glued(std::string_view letters, const Lexicon& lexicon);

/// The lexicon's word for a run like "ignoooore": each stretch tried short; empty if none.
std::string_view unstretch(std::string_view token, const Lexicon& lexicon);

}  // namespace gatehouse::firewall
