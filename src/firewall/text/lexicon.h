#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::firewall {

/// A few thousand common words, looked up by spelling and by the keys under which tricks of
/// spelling collide. Immutable after construction; thread-safe.
class Lexicon {
 public:
  enum class Keys : uint8_t { exact, all };
  /// One word a line, most frequent first. With exact keys, nothing is found by tricks of spelling.
  explicit Lexicon(std::string_view lines, Keys keys = Keys::all);

  /// English words compiled into the program (src/firewall/rules/lexicon.txt).
  static const Lexicon& standard();
  /// Words of other languages in Latin letters without accents (spelling.txt); exact keys. Built
  /// when first asked for.
  static const Lexicon& foreign();

  static constexpr size_t kLongestWord = 18;

  /// `word` in lower case.
  bool has(std::string_view word) const {
    // Half of all words have up to three letters: those are looked up in a small table.
    if (word.size() == 3) return is_three_letters(word) && three_letters_[index_of(word)];
    return !find(exact_, word).empty();
  }
  /// The lexicon's own copy of `word`; empty if it has none. Copies lie in memory in the order of
  /// their frequency.
  std::string_view exact(std::string_view word) const { return find(exact_, word); }
  /// Whether any word begins with these three small letters: a cheap no before `has`.
  bool may_begin(char a, char b, char c) const;
  /// The word that `token` spells with digits and signs for letters ("1n57ruc710n"); empty if none.
  std::string_view unleet(std::string_view token) const;
  /// The word with the same first and last letter and the same letters between; empty if none.
  std::string_view unscramble(std::string_view token) const;
  /// The word that `token` has the consonants of, and its first letter if not only those
  /// ("instrctns", "nstrctns"); empty if none.
  std::string_view with_vowels(std::string_view token) const;

 private:
  static bool is_three_letters(std::string_view word) {
    return word[0] >= 'a' && word[0] <= 'z' && word[1] >= 'a' && word[1] <= 'z' && word[2] >= 'a' &&
           word[2] <= 'z';
  }
  static size_t index_of(std::string_view word) {
    const auto index = [&](size_t i) { return static_cast<size_t>(word[i] - 'a'); };
    return (index(0) * 26 + index(1)) * 26 + index(2);
  }
  struct Slot {
    uint32_t hash = 0;
    uint32_t word = 0;  // index + 1; 0 is free
  };
  using Table = std::vector<Slot>;
  void insert(Table& table, std::string_view key, uint32_t word);
  std::string_view find(const Table& table, std::string_view key) const;

  std::string text_;
  std::vector<std::string_view> words_;
  std::bitset<26 * 26 * 26> prefixes_;
  std::bitset<26 * 26 * 26> three_letters_;
  Table exact_;
  Table leet_;
  Table scrambled_;
  Table consonants_;
};

/// Of English, "y" not among them; small letters.
inline bool is_vowel(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

/// The letter class of a leet character: letters that one sign can stand for share a class. 0 where
/// the character stands for no letter.
char leet_class(char c);

}  // namespace gatehouse::firewall
