#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firewall/text/normaliser.h"
#include "firewall/text/offset_map.h"

namespace gatehouse::firewall {

struct JoinedPieces {
  std::string text;
  OffsetMap map;           // from `text` to the original
  uint32_t cut_words = 0;  // that were cut inside, as honest code does not
};

/// Takes out of `text.clean` what stands inside words only to keep their pieces apart: inline tags
/// and comments, Markdown's emphasis, quotes, emoji, a terminal's colours; and what stands between
/// the pieces of a string ("' + '"). A reader, and a model, sees the words. None where hardly any
/// of what was put together is a word that the lexicon has. Linear.
std::optional<JoinedPieces> join_pieces(const Normalised& text);

}  // namespace gatehouse::firewall
