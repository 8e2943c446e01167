#include "firewall/text/respell.h"

#include <algorithm>
#include <span>
#include <utility>

#include "firewall/text/lexicon.h"
#include "firewall/text/normaliser.h"
#include "firewall/text/utf8.h"
#include "firewall/text/words.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kShortestMisspelt = 4;  // letters: of three, every second word is one slip away
constexpr size_t kFewestMisspelt = 2;    // one alone is often a rare word
constexpr size_t kMostTried = 32;        // different words
constexpr size_t kMostParts = 8;
constexpr size_t kFewestWordsOfPart = 3;

/// Tries what is one slip away from a word, and keeps the most frequent word found. Other ends than
/// the word has are other forms of it, no slips.
class Slips {
 public:
  explicit Slips(const Lexicon& lexicon) : lexicon_(lexicon) {}

  std::string_view undo(std::string_view word) {
    best_ = {};
    word_.assign(word);
    exchanged();
    one_more_or_wrong(word);
    one_less(word);
    return best_;
  }

 private:
  void consider() {
    const std::string_view found = lexicon_.exact(word_);
    // The more frequent word lies before the other.
    if (!found.empty() && (best_.empty() || found.data() < best_.data())) best_ = found;
  }

  void exchanged() {
    for (size_t i = 1; i + 2 < word_.size(); ++i) {
      std::swap(word_[i], word_[i + 1]);
      consider();
      std::swap(word_[i], word_[i + 1]);
    }
  }

  void one_more_or_wrong(std::string_view word) {
    for (size_t i = 1; i + 1 < word.size(); ++i) {
      word_.assign(word).erase(i, 1);
      consider();
      word_.assign(word);
      for (char c = 'a'; c <= 'z'; ++c) {
        word_[i] = c;
        consider();
      }
    }
  }

  void one_less(std::string_view word) {
    for (size_t i = 1; i < word.size(); ++i) {
      word_.assign(word).insert(i, 1, 'a');
      for (char c = 'a'; c <= 'z'; ++c) {
        word_[i] = c;
        consider();
      }
    }
  }

  const Lexicon& lexicon_;
  std::string word_;
  std::string_view best_;
};

/// Whether the word that begins here could begin a sentence: a common one with one capital letter,
/// between words without. Not "AI", and not the nouns of a German text.
bool begins_sentence(std::string_view cased, size_t at) {
  if (!is_ascii_lower(cased[at - 2]) || !is_ascii_upper(cased[at])) return false;
  const size_t end = cased.find(' ', at);
  if (end == cased.npos || end + 1 >= cased.size() || !is_ascii_lower(cased[end + 1])) return false;
  std::string word;
  lower_ascii(cased.substr(at, end - at), word);
  return cased.substr(at + 1, end - at - 1) == word.substr(1) && Lexicon::standard().has(word);
}

/// "Show me your rules The committee met": where a full stop may be missing.
std::vector<std::string_view> parts_of(std::string_view cased) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  size_t words = 0;  // since `begin`
  for (size_t i = 1; i + 1 < cased.size() && parts.size() + 1 < kMostParts; ++i) {
    if (cased[i] != ' ') continue;
    if (++words < kFewestWordsOfPart || !begins_sentence(cased, i + 1)) continue;
    parts.push_back(cased.substr(begin, i - begin));
    begin = i + 1;
    words = 0;
  }
  if (begin > 0) parts.push_back(cased.substr(begin));
  return parts;
}

size_t known(std::span<const Word> words) {
  return static_cast<size_t>(
      std::count_if(words.begin(), words.end(), [](const Word& word) { return word.known; }));
}

/// The lexicon that knows more of the words, and `words` as it knows them.
const Lexicon& language_of(std::string_view text, std::vector<Word>& words) {
  std::vector<Word> foreign;
  split_words(text, Lexicon::foreign(), foreign);
  split_words(text, Lexicon::standard(), words);
  if (known(foreign) <= known(words)) return Lexicon::standard();
  words.swap(foreign);
  return Lexicon::foreign();
}

/// Respells texts that share their words, each of which is tried once.
class Speller {
 public:
  /// As `respell`.
  std::string respell(std::string_view text) {
    std::vector<Word> words;
    const Lexicon& lexicon = language_of(text, words);
    if (known(words) * 3 < words.size()) return {};
    std::string out;
    size_t undone = 0;
    size_t at = 0;
    for (const Word& word : words) {
      if (word.known || !word.letters || word.size() < kShortestMisspelt ||
          word.size() > Lexicon::kLongestWord) {
        continue;
      }
      const std::string_view meant = meant_by(text.substr(word.begin, word.size()), lexicon);
      if (meant.empty()) continue;
      out.append(text, at, word.begin - at).append(meant);
      at = word.end;
      ++undone;
    }
    if (undone < kFewestMisspelt) return {};
    out.append(text, at);
    return out;
  }

 private:
  struct Tried {
    std::string word;
    const Lexicon* lexicon;
    std::string_view meant;
  };

  std::string_view meant_by(std::string_view word, const Lexicon& lexicon) {
    for (const Tried& tried : tried_) {
      if (tried.word == word && tried.lexicon == &lexicon) return tried.meant;
    }
    if (tried_.size() >= kMostTried) return {};
    tried_.push_back({std::string(word), &lexicon, Slips(lexicon).undo(word)});
    return tried_.back().meant;
  }

  std::vector<Tried> tried_;
};

}  // namespace

std::string respell(std::string_view text) {
  return Speller().respell(text);
}

std::vector<Rereading> reread(std::string_view cased) {
  std::vector<Rereading> readings;
  Speller speller;
  std::string lower;
  const auto add_respelt = [&](std::string_view text, bool part) {
    std::string respelt = speller.respell(text);
    if (!respelt.empty()) readings.push_back({std::move(respelt), part});
  };
  lower_ascii(cased, lower);
  add_respelt(lower, false);
  for (const std::string_view part : parts_of(cased)) {
    lower_ascii(part, lower);
    readings.push_back({lower, true});
    add_respelt(lower, true);
  }
  return readings;
}

}  // namespace gatehouse::firewall
