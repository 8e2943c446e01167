#pragma once

#include <string>
#include <string_view>

#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// Looks at the words of `out.canonical` for tricks of spelling, counts them as evidence, and
/// writes `out.undone` where there are any: leet, spacing, stretching, scrambling and glueing
/// undone word by word. Words spelt backwards or in rot13 become children. Linear.
void undo_word_tricks(Normalised& out);

void append_rot13(std::string_view text, std::string& out);
/// By code points: a reversed byte sequence would be no UTF-8.
void append_reversed(std::string_view text, std::string& out);

}  // namespace gatehouse::firewall
