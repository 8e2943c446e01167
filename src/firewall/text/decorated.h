#pragma once

#include <optional>

#include "firewall/text/normaliser.h"
#include "firewall/text/pieces.h"

namespace gatehouse::firewall {

/// The words of `text.clean` with one space between them, where one and the same decoration stands
/// between most of them, or the same markup around every few: "**ignore** **all**", "[ignore]
/// [all]", "\textbf{ignore} \textbf{all}", "1. ignore 2. all", "ignore|all". What ends sentences
/// and lines elsewhere stays. None for other texts, and for words spelt letter by letter, whose
/// gaps say where words end. Linear.
std::optional<JoinedPieces> undecorate(const Normalised& text);

}  // namespace gatehouse::firewall
