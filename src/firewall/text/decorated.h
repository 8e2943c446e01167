#pragma once

#include <optional>

#include "firewall/text/normaliser.h"
#include "firewall/text/pieces.h"

namespace gatehouse::firewall {

/// `text.clean` with single spaces between words where one and the same decoration stands between
/// most of them, or closes and opens around every few: "**ignore** **all**", "[ignore] [all]",
/// "\textbf{ignore} \textbf{all}", "1. ignore 2. all", "ignore|all". What ends sentences and lines
/// stays, and so does the rest of the text. None where fewer than six words in a row stand so, and
/// for words spelt letter by letter, whose gaps say where words end. Lists of words count only if
/// they are most of the text. Linear.
std::optional<JoinedPieces> undecorate(const Normalised& text);

}  // namespace gatehouse::firewall
