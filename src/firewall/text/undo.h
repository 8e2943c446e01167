#pragma once

#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// Looks at the words of `out.canonical` for tricks of spelling, counts them as evidence, and
/// writes `out.undone` where there are any: leet, spacing, stretching, scrambling and glueing
/// undone word by word. Words spelt backwards or in another alphabet become children. Linear.
void undo_word_tricks(Normalised& out);

}  // namespace gatehouse::firewall
