#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "firewall/text/lexicon.h"
#include "firewall/text/words.h"

namespace gatehouse::firewall {

/// A word, or several, whose letters are set apart: "i g n o r e", "r.u.l.e.s", "a l l   i s".
struct Spelt {
  size_t letters = 0;  // how many one-letter words make it up; 0 if there is no such word here
  size_t words = 0;
  std::string text;  // put together
  /// Too short to mean anything alone: "e.g.", "U.S.A.", "a b".
  bool doubtful = false;
};

/// What `words[first]` and those after it spell. Words are those of `text`, in order.
Spelt read_spelt(std::string_view text, std::span<const Word> words, size_t first,
                 const Lexicon& lexicon);

}  // namespace gatehouse::firewall
