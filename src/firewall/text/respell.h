#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firewall/text/lexicon.h"

namespace gatehouse::firewall {

/// `text`, in lower case, with misspelt words as they were meant: a word that the lexicon lacks
/// becomes the most frequent one of it that is one slip away (two letters exchanged, one left out,
/// one too many, one wrong; never the first). Empty where no word is misspelt, and where most words
/// are unknown, as in another language.
///
/// Some microseconds for each unknown word, of which the first 32 are tried: for texts in doubt.
std::string respell(std::string_view text, const Lexicon& lexicon);

/// Another way to read a text.
struct Rereading {
  std::string text;   // in lower case
  bool part = false;  // of the text that was read
};

/// Other ways to read a sentence in doubt, at most 18: its words respelt; and where a capital
/// letter begins what may be a sentence of its own, whose neighbour lacks its full stop, the parts
/// alone, as they are and respelt. `cased` is the sentence with its capital letters.
std::vector<Rereading> reread(std::string_view cased, const Lexicon& lexicon);

}  // namespace gatehouse::firewall
