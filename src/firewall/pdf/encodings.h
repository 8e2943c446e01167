#pragma once

#include <array>
#include <string>
#include <string_view>

namespace gatehouse::firewall::pdf {

/// What each code of a simple font means, as UTF-8; empty: nothing is known.
using Encoding = std::array<std::string, 256>;

const Encoding& standard_encoding();
const Encoding& win_ansi_encoding();
const Encoding& mac_roman_encoding();

/// What a glyph's name means (the form of the Adobe Glyph List's names, of which the usual ones are
/// known): "a", "eacute", "fi", "uni0041", "u1F600", "A.sc". Empty: not known.
std::string glyph_text(std::string_view name);

}  // namespace gatehouse::firewall::pdf
