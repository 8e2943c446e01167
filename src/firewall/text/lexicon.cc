#include "firewall/text/lexicon.h"

#include <algorithm>
#include <cstring>

#include "firewall/rules/embedded.h"

namespace gatehouse::firewall {
namespace {

template <typename T>
uint64_t load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Up to eight bytes, other ones for each text of one size; without a copy of unknown length.
uint64_t load_short(std::string_view text) {
  const size_t size = text.size();
  const char* from = text.data();
  if (size >= 4) return load<uint32_t>(from) | load<uint32_t>(from + size - 4) << 32;
  if (size == 0) return 0;
  const auto byte = [&](size_t at) { return load<uint8_t>(from + at); };
  return byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16;
}

// Two keys that share a hash would share a word; among ten thousand words that is rarer than a
// misprint in the list.
uint32_t hash_of(std::string_view text) {
  const size_t size = text.size();
  uint64_t hash = 0x9E3779B97F4A7C15ULL * (size + 1);
  if (size > 8) {
    hash ^= load<uint64_t>(text.data());
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93ULL;
    if (size > 16) hash = (hash ^ load<uint64_t>(text.data() + 8)) * 0xD6E8FEB86659FD93ULL;
    hash ^= load<uint64_t>(text.data() + size - 8);
  } else {
    hash ^= load_short(text);
  }
  hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93ULL;
  return static_cast<uint32_t>(hash >> 32);
}

struct Key {
  std::array<char, Lexicon::kLongestWord> bytes;
  size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};

// Empty for a word that is too long.
Key leet_key(std::string_view word) {
  Key key;
  if (word.size() > key.bytes.size()) return key;
  for (const char c : word) key.bytes[key.size++] = leet_class(c);
  return key;
}

// First and last letter, and a sum over all of them that does not know their order.
Key scrambled_key(std::string_view word) {
  uint64_t sum = word.size();
  for (const char c : word) {
    uint64_t letter = static_cast<unsigned char>(c) * 0x9E3779B97F4A7C15ULL;
    letter = (letter ^ letter >> 29) * 0xBF58476D1CE4E5B9ULL;
    sum += letter ^ letter >> 32;
  }
  Key key;
  key.bytes[0] = word.front();
  key.bytes[1] = word.back();
  std::memcpy(key.bytes.data() + 2, &sum, sizeof sum);
  key.size = 2 + sizeof sum;
  return key;
}

// The consonants, and the first letter with them if `with_first`.
Key consonants_key(std::string_view word, bool with_first) {
  Key key;
  for (size_t i = 0; i < word.size(); ++i) {
    if (!is_vowel(word[i]) || (i == 0 && with_first)) key.bytes[key.size++] = word[i];
  }
  return key;
}

size_t prefix_index(char a, char b, char c) {
  const auto index = [](char letter) { return static_cast<size_t>(letter - 'a'); };
  return (index(a) * 26 + index(b)) * 26 + index(c);
}

}  // namespace

char leet_class(char c) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case '|':
    case 'l':
      return 'i';
    case '2':
      return 'z';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '6':
    case '9':
      return 'g';
    case '7':
    case '+':
      return 't';
    case '8':
      return 'b';
    default:
      return c >= 'a' && c <= 'z' ? c : '\0';
  }
}

Lexicon::Lexicon(std::string_view lines, Keys keys) : text_(lines) {
  const std::string_view text = text_;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at && end - at <= kLongestWord) words_.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  size_t slots = 16;
  while (slots < words_.size() * 3) slots *= 2;
  exact_.resize(slots);
  leet_.resize(keys == Keys::all ? slots : 1);
  scrambled_.resize(leet_.size());
  consonants_.resize(leet_.size());
  for (uint32_t i = 0; i < words_.size(); ++i) {
    insert(exact_, words_[i], i);
    if (words_[i].size() == 3) three_letters_[index_of(words_[i])] = true;
    if (words_[i].size() >= 3) {
      prefixes_[prefix_index(words_[i][0], words_[i][1], words_[i][2])] = true;
    }
    if (keys == Keys::exact) continue;
    insert(leet_, leet_key(words_[i]).view(), i);
    if (words_[i].size() > 3) insert(scrambled_, scrambled_key(words_[i]).view(), i);
    for (const bool with_first : {true, false}) {
      const Key key = consonants_key(words_[i], with_first);
      if (key.size > 1 && key.size < words_[i].size()) insert(consonants_, key.view(), i);
    }
  }
}

const Lexicon& Lexicon::standard() {
  static const Lexicon lexicon(rules::lexicon());
  return lexicon;
}

const Lexicon& Lexicon::foreign() {
  static const Lexicon lexicon(rules::spelling(), Keys::exact);
  return lexicon;
}

void Lexicon::insert(Table& table, std::string_view key, uint32_t word) {
  const uint32_t hash = hash_of(key);
  size_t at = hash & (table.size() - 1);
  while (table[at].word != 0) {
    if (table[at].hash == hash) return;  // the more frequent word keeps the key
    at = (at + 1) & (table.size() - 1);
  }
  table[at] = {hash, word + 1};
}

std::string_view Lexicon::find(const Table& table, std::string_view key) const {
  if (key.empty()) return {};
  const uint32_t hash = hash_of(key);
  for (size_t at = hash & (table.size() - 1); table[at].word != 0;
       at = (at + 1) & (table.size() - 1)) {
    if (table[at].hash == hash) return words_[table[at].word - 1];
  }
  return {};
}

bool Lexicon::may_begin(char a, char b, char c) const {
  return prefixes_[prefix_index(a, b, c)];
}

std::string_view Lexicon::unleet(std::string_view token) const {
  return find(leet_, leet_key(token).view());
}

std::string_view Lexicon::with_vowels(std::string_view token) const {
  return token.size() > kLongestWord ? std::string_view{} : find(consonants_, token);
}

std::string_view Lexicon::unscramble(std::string_view token) const {
  if (token.size() < 4 || token.size() > kLongestWord) return {};
  return find(scrambled_, scrambled_key(token).view());
}

}  // namespace gatehouse::firewall
