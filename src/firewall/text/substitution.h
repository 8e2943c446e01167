#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::firewall {

/// What each small letter stands for in a text whose alphabet is moved on (Caesar) or turned round
/// (Atbash).
using Alphabet = std::array<char, 26>;

/// Under which of the 25 moved alphabets and the turned one such letters are as frequent as in
/// English; none where they are so as they stand. `counts`: how often each letter occurs. A guess,
/// to be held against a lexicon.
std::optional<Alphabet> guess_alphabet(const std::array<uint32_t, 26>& counts);

/// The text in the plain alphabet, case kept.
void append_substituted(std::string_view text, const Alphabet& alphabet, std::string& out);

void append_rot13(std::string_view text, std::string& out);
/// By code points: a reversed byte sequence would be no UTF-8.
void append_reversed(std::string_view text, std::string& out);

/// Printable ASCII moved by 47 places; other bytes kept.
std::string rot47(std::string_view text);

/// Whether so many of the bytes are where ROT47 puts small letters (from '2' to 'K') as in no other
/// text.
bool looks_like_rot47(std::string_view text);

}  // namespace gatehouse::firewall
