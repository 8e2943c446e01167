#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::firewall {

/// `text`, in lower case, with misspelt words as they were meant: a word that the lexicon lacks
/// becomes the most frequent one of it that is one slip away (two letters exchanged, one left out,
/// one too many, one wrong; never the first or the last). English or foreign, whichever lexicon
/// knows more of the words. Empty where fewer than two words are
/// misspelt, and where most are unknown.
///
/// Some microseconds for each unknown word, of which the first 32 different ones are tried: a third
/// of a millisecond at most, for texts in doubt.
std::string respell(std::string_view text);

/// Another way to read a text.
struct Rereading {
  std::string text;   // in lower case
  bool part = false;  // of the text that was read
};

/// Other ways to read a sentence in doubt, at most 18: its words respelt; and where a capital
/// letter begins what may be a sentence of its own, whose neighbour lacks its full stop, the parts
/// alone, as they are and respelt. Takes hardly longer than one respelling. `cased` is the sentence
/// with its capital letters.
std::vector<Rereading> reread(std::string_view cased);

}  // namespace gatehouse::firewall
