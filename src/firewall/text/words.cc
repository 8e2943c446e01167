#include "firewall/text/words.h"

#include <algorithm>
#include <array>
#include <string>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

enum CharClass : uint8_t { other, letter, digit, sign, beyond };

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = letter;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = digit;
  for (const char c : {'@', '$', '!', '|', '+'}) classes[static_cast<unsigned char>(c)] = sign;
  for (size_t c = 0x80; c < 256; ++c) classes[c] = beyond;
  return classes;
}();

/// Letters that may have a name or a misspelt word among them.
constexpr size_t kFewestWithUnknown = 24;

uint8_t class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

}  // namespace

void split_words(std::string_view text, const Lexicon& lexicon, std::vector<Word>& words) {
  words.clear();
  size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && class_of(text[at]) == other) ++at;
    Word word;
    size_t begin = at;
    unsigned seen = 0;
    while (at < text.size()) {
      const uint8_t kind = class_of(text[at]);
      if (kind == other) break;
      seen |= 1u << kind;
      ++at;
    }
    size_t end = at;
    if ((seen & (1u << sign)) != 0) {
      while (begin < end && class_of(text[begin]) == sign && text[begin] != '@' &&
             text[begin] != '$') {
        ++begin;
      }
      while (end > begin && class_of(text[end - 1]) == sign) --end;
      seen = 0;
      for (size_t i = begin; i < end; ++i) seen |= 1u << class_of(text[i]);
    }
    if (begin == end) continue;
    word.begin = static_cast<uint32_t>(begin);
    word.end = static_cast<uint32_t>(end);
    word.letters = seen == 1u << letter;
    word.foreign = (seen & (1u << beyond)) != 0;
    word.mixed =
        (seen & (1u << letter)) != 0 && (seen & (1u << digit | 1u << sign)) != 0 && !word.foreign;
    if (word.letters && word.size() <= Lexicon::kLongestWord) {
      word.known = lexicon.has(text.substr(begin, end - begin));
    }
    words.push_back(word);
  }
}

std::vector<std::string_view> cut_glued(std::string_view letters, const Lexicon& lexicon) {
  letters = letters.substr(0, kMaxGlued);
  // best[i]: the cheapest way to cut the first i letters. A word costs 1; one of one or two letters
  // costs more, so that long words win, and a letter of no word most.
  constexpr unsigned kNever = 1u << 30;
  constexpr unsigned kNoWord = 9;
  const bool all_known = letters.size() < kFewestWithUnknown;
  std::array<unsigned, kMaxGlued + 1> best;
  std::array<uint8_t, kMaxGlued + 1> length{};  // of the last word; 0: a letter of no word
  best[0] = 0;
  for (size_t i = 1; i <= letters.size(); ++i) {
    best[i] = all_known ? kNever : best[i - 1] + kNoWord;
    const size_t longest = std::min(i, Lexicon::kLongestWord);
    for (size_t take = 1; take <= longest; ++take) {
      if (best[i - take] == kNever) continue;
      const unsigned cost = best[i - take] + (take > 3 ? 2 : take == 3 ? 3 : take == 2 ? 4 : 6);
      if (cost < best[i] && lexicon.has(letters.substr(i - take, take))) {
        best[i] = cost;
        length[i] = static_cast<uint8_t>(take);
      }
    }
  }
  std::vector<std::string_view> words;
  if (best[letters.size()] == kNever) return words;
  size_t unknown = 0;
  for (size_t i = letters.size(); i > 0;) {
    size_t begin = i - length[i];
    while (begin == i || (length[i] == 0 && begin > 0 && length[begin] == 0)) --begin;
    if (length[i] == 0) unknown += i - begin;
    words.push_back(letters.substr(begin, i - begin));
    i = begin;
  }
  std::reverse(words.begin(), words.end());
  if (words.size() * 3 > letters.size() || unknown * 4 > letters.size()) words.clear();
  return words;
}

std::string_view unstretch(std::string_view token, const Lexicon& lexicon) {
  bool stretched = false;
  for (size_t i = 2; i < token.size() && !stretched; ++i) {
    stretched = token[i] == token[i - 1] && token[i] == token[i - 2];
  }
  if (!stretched) return {};
  struct Stretch {
    char letter;
    size_t length;
  };
  std::vector<Stretch> stretches;
  size_t long_ones = 0;
  for (size_t i = 0; i < token.size();) {
    size_t end = i;
    while (end < token.size() && token[end] == token[i]) ++end;
    stretches.push_back({token[i], end - i});
    long_ones += end - i >= 3 ? 1u : 0u;
    i = end;
  }
  constexpr size_t kMostTried = 4;
  if (long_ones == 0 || long_ones > kMostTried || stretches.size() > Lexicon::kLongestWord)
    return {};
  for (unsigned doubled = 0; doubled < 1u << long_ones; ++doubled) {
    std::string word;
    unsigned index = 0;
    for (const Stretch& stretch : stretches) {
      size_t length = stretch.length;
      if (length >= 3) length = (doubled >> index++ & 1u) != 0 ? 2 : 1;
      word.append(length, stretch.letter);
    }
    if (const std::string_view known = lexicon.exact(word); !known.empty()) return known;
  }
  return {};
}

}  // namespace gatehouse::firewall
