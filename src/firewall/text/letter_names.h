#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "firewall/text/lexicon.h"
#include "firewall/text/words.h"

namespace gatehouse::firewall {

/// Letters that are written by their names ("india golf november", the ICAO spelling alphabet) or
/// by their places in the alphabet ("9-7-14"), put together again.
struct NamedLetters {
  size_t read = 0;   // names that stand there
  size_t words = 0;  // that they make; 0: none that the lexicon has
  std::string text;
};

/// A cheap no before `read_named_letters`.
inline bool may_be_named_letter(std::string_view word) {
  constexpr std::string_view kSeconds = "lrhecooonuiiiosauoianihrau";  // of the names
  if (word[0] < 'a' || word[0] > 'z') return word.size() <= 2;
  return word.size() >= 4 && kSeconds[static_cast<size_t>(word[0] - 'a')] == word[1];
}

/// From the word `first` on. A gap other than the first one is one between words; where there is
/// none, the letters are cut into words of the lexicon.
NamedLetters read_named_letters(std::string_view text, std::span<const Word> words, size_t first,
                                const Lexicon& lexicon);

}  // namespace gatehouse::firewall
