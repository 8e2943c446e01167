#include "firewall/text/letter_names.h"

#include <array>

#include <fmt/format.h>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kFewestNames = 5;
constexpr size_t kFewestPlaces = 10;  // numbers up to 26 stand in many lists
constexpr size_t kWidestGap = 5;
constexpr std::array<std::string_view, 26> kNames = {
    "alfa",    "bravo", "charlie", "delta",  "echo",     "foxtrot", "golf",   "hotel",  "india",
    "juliett", "kilo",  "lima",    "mike",   "november", "oscar",   "papa",   "quebec", "romeo",
    "sierra",  "tango", "uniform", "victor", "whiskey",  "xray",    "yankee", "zulu"};

char letter_named(std::string_view word) {
  if (word == "alpha") return 'a';
  if (word == "juliet") return 'j';
  if (!is_ascii_lower(word[0])) return '\0';
  return kNames[static_cast<size_t>(word[0] - 'a')] == word ? word[0] : '\0';
}

char letter_at_place(std::string_view word) {
  if (word.size() > 2 || !is_ascii_digit(word[0]) || !is_ascii_digit(word.back())) return '\0';
  const int place = word.size() == 1 ? word[0] - '0' : (word[0] - '0') * 10 + (word[1] - '0');
  return place >= 1 && place <= 26 ? static_cast<char>('a' + place - 1) : '\0';
}

/// Cuts what no gap cuts, and says how many of the letters are in words of the lexicon.
size_t known_letters(std::vector<std::string>& parts, const Lexicon& lexicon) {
  constexpr size_t kFewestToCut = 6;
  size_t known = 0;
  for (std::string& part : parts) {
    if (lexicon.has(part)) {
      known += part.size();
      continue;
    }
    if (part.size() < kFewestToCut) continue;
    const auto cut = cut_glued(part, lexicon);
    if (cut.empty()) continue;
    for (const std::string_view word : cut) known += lexicon.has(word) ? word.size() : 0;
    std::string spread = fmt::format("{}", fmt::join(cut, " "));
    part = std::move(spread);
  }
  return known;
}

}  // namespace

NamedLetters read_named_letters(std::string_view text, std::span<const Word> words, size_t first,
                                const Lexicon& lexicon) {
  const auto text_of = [&](size_t i) { return text.substr(words[i].begin, words[i].size()); };
  const bool names = letter_named(text_of(first)) != '\0';
  if (!names && letter_at_place(text_of(first)) == '\0') return {};
  const auto letter = [&](size_t i) {
    return names ? letter_named(text_of(i)) : letter_at_place(text_of(i));
  };
  std::vector<std::string> parts(1);
  size_t at = first;
  for (;; ++at) {
    parts.back().push_back(letter(at));
    if (at + 1 == words.size() || letter(at + 1) == '\0') break;
    if (parts.back().size() == kMaxGlued) break;
    const std::string_view gap = gap_after(text, words, at);
    if (gap.size() > kWidestGap) break;
    if (gap != gap_after(text, words, first)) parts.emplace_back();
  }
  const size_t read = at - first + 1;
  const bool enough = read >= (names ? kFewestNames : kFewestPlaces);
  if (!enough || known_letters(parts, lexicon) * 2 < read) return {read, 0, {}};
  return {read, parts.size(), fmt::format("{}", fmt::join(parts, " "))};
}

}  // namespace gatehouse::firewall
