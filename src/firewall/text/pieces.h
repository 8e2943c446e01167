#pragma once

#include <string>

#include "firewall/text/normaliser.h"
#include "firewall/text/offset_map.h"

namespace gatehouse::firewall {

/// Takes out of `text.clean` what stands inside words only to keep their pieces apart: inline tags
/// and comments, Markdown's emphasis, quotes, emoji, a terminal's colours; and what stands between
/// the pieces of a string ("' + '"). A reader, and a model, sees the words. False where hardly any
/// of what was put together is a word that the lexicon has. `map` leads from `whole` to the
/// original; `cut_words` is how many words were cut by more than honest code does. Linear.
bool join_pieces(const Normalised& text, std::string& whole, OffsetMap& map, uint32_t& cut_words);

}  // namespace gatehouse::firewall
