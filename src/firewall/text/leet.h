#pragma once

#include <string>
#include <string_view>

namespace gatehouse::firewall {

/// How many signs of a word stand for a letter before a letter that does not: two in "c0m4nd0",
/// three in "w13d3rh0le", "gpt4" and "4th" none. 0 for what cannot be a word.
unsigned leet_letters(std::string_view token);

/// The word in letters; empty where a sign stands for none.
std::string without_leet(std::string_view token);

}  // namespace gatehouse::firewall
