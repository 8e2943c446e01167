#include "firewall/text/undo.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "firewall/text/decorated.h"
#include "firewall/text/leet.h"
#include "firewall/text/letter_names.h"
#include "firewall/text/pieces.h"
#include "firewall/text/spelt.h"
#include "firewall/text/turned.h"
#include "firewall/text/words.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kShortText = 400;       // where one scrambled word is worth a second view
constexpr size_t kGluedBudget = 4096;    // letters per text given to cutting, which is dear
constexpr uint32_t kFewestGlued = 12;    // letters
constexpr uint32_t kFewestJoined = 4;    // words joined by one separator
constexpr unsigned kLeetWeight = 3;      // a long word, two or three short ones
constexpr uint32_t kLongLeet = 8;        // letters of a word that is no accident
constexpr unsigned kPlainlyLeet = 4;     // digits for letters in one word that no number has
constexpr size_t kForeignLeetShare = 8;  // one word in so many
constexpr size_t kLeetShare = 4;
constexpr size_t kFewestPigLatin = 3;
constexpr size_t kFewestVowelless = 4;
constexpr std::string_view kJoiners = "_.-*~+|";

struct Edit {
  uint32_t begin;  // in the canonical view
  uint32_t end;
  std::string text;
};

class WordTricks {
 public:
  // `words` is scratch memory, overwritten.
  WordTricks(Normalised& out, const TextView& view, std::vector<Word>& words)
      : out_(out), view_(view), text_(view.text), words_(words) {}

  void run() {
    split_words(text_, lexicon_, words_);
    count_leet();
    count_vowelless();
    for (size_t i = 0; i < words_.size();) {
      size_t taken = named_run(i);
      if (taken == 0) taken = spaced_run(i);
      if (taken == 0) taken = joined_run(i);
      if (taken != 0) {
        i += taken;
        continue;
      }
      one_word(words_[i], i);
      ++i;
    }
    if (out_.evidence.scrambled_words < 2 && text_.size() > kShortText) {
      drop(scrambled_);
      out_.evidence.scrambled_words = 0;
    }
    // "e.g." and "a b" are two words set apart only where longer ones are.
    if (out_.evidence.spaced_words == 0) drop(doubtful_);
    if (pig_latin_.size() < kFewestPigLatin || pig_latin_.size() * 3 < words_.size()) {
      drop(pig_latin_);
    }
    std::erase_if(edits_, [](const Edit& edit) { return edit.text.empty(); });
    odd_case();
    turned_.add_children(view_, words_, out_);
    write_undone();
  }

 private:
  std::string_view text_of(const Word& word) const { return text_.substr(word.begin, word.size()); }
  std::string_view gap_after(size_t i) const { return firewall::gap_after(text_, words_, i); }

  void count_leet() {
    unsigned weight = 0;
    unsigned foreign = 0;
    size_t count = 0;
    for (const Word& word : words_) {
      if (!word.mixed || word.size() < 2) continue;
      const unsigned letters = leet_letters(text_of(word));
      if (letters >= kPlainlyLeet) {
        weight += kLeetWeight;
      } else if (!lexicon_.unleet(text_of(word)).empty()) {
        weight += word.size() >= kLongLeet ? kLeetWeight : word.size() >= 4 ? 2 : 1;
      } else if (letters > 0) {
        foreign += letters >= 2 ? 2 : 1;
      } else {
        continue;
      }
      ++count;
    }
    // Words of another language than the lexicon's count where there are many of them.
    const bool many = count * kForeignLeetShare >= words_.size();
    leet_ = weight + (many ? foreign : 0) >= kLeetWeight;
    leet_everywhere_ = leet_ && count * kLeetShare >= words_.size();
    if (leet_) out_.evidence.leet_words = static_cast<uint32_t>(count);
  }

  /// The word of the lexicon that this one has hardly any vowels of; empty if that can't be.
  std::string_view with_vowels(const Word& word) const {
    if (word.known || !word.letters || word.size() < 2) return {};
    const std::string_view token = text_of(word);
    if (std::any_of(token.begin() + 1, token.end(), is_vowel)) return {};
    return lexicon_.with_vowels(token);
  }

  void count_vowelless() {
    const auto count =
        static_cast<size_t>(std::count_if(words_.begin(), words_.end(), [this](const Word& word) {
          return !with_vowels(word).empty();
        }));
    vowelless_ = count >= kFewestVowelless && count * 3 >= words_.size();
  }

  size_t spaced_run(size_t first) {
    Spelt spelt = read_spelt(text_, words_, first, lexicon_);
    if (spelt.letters == 0) return 0;
    if (spelt.doubtful) {
      doubtful_.push_back(edits_.size());
    } else {
      out_.evidence.spaced_words += static_cast<uint32_t>(spelt.words);
    }
    edits_.push_back(
        {words_[first].begin, words_[first + spelt.letters - 1].end, std::move(spelt.text)});
    return spelt.letters;
  }

  size_t named_run(size_t first) {
    if (first < unnamed_until_ || !may_be_named_letter(text_of(words_[first]))) return 0;
    NamedLetters named = read_named_letters(text_, words_, first, lexicon_);
    unnamed_until_ = first + named.read;
    if (named.words == 0) return 0;
    out_.evidence.spaced_words += static_cast<uint32_t>(named.words);
    edits_.push_back(
        {words_[first].begin, words_[first + named.read - 1].end, std::move(named.text)});
    return named.read;
  }

  // Words joined by one separator without spaces: "ignore_all_previous".
  size_t joined_run(size_t first) {
    if (first >= joined_.last) read_joined(first);
    // A run that is refused may have an ending that is not ("x-7f-ignore-all-previous-rules"), so
    // each of its words is asked about: told from what was counted once.
    for (; joined_.first < first; ++joined_.first) {
      joined_.known -= words_[joined_.first].known ? 1u : 0u;
    }
    const size_t last = joined_.last;
    const size_t count = last - first + 1;
    if (count < kFewestJoined || joined_.known * 4 < count * 3) return 0;
    std::string text;
    for (size_t k = first; k <= last; ++k) {
      if (k > first) text.push_back(' ');
      text.append(leet_ ? unleet_or_same(words_[k]) : text_of(words_[k]));
    }
    out_.evidence.joined_words += static_cast<uint32_t>(count);
    edits_.push_back({words_[first].begin, words_[last].end, std::move(text)});
    return count;
  }

  void read_joined(size_t first) {
    joined_ = {first, first, words_[first].known ? 1u : 0u};
    if (first + 1 == words_.size()) return;
    const std::string_view joiner = gap_after(first);
    if (joiner.size() != 1 || joiner == " " || kJoiners.find(joiner) == kJoiners.npos) return;
    while (joined_.last + 1 < words_.size() && gap_after(joined_.last) == joiner) {
      joined_.known += words_[++joined_.last].known ? 1u : 0u;
    }
  }

  std::string_view unleet_or_same(const Word& word) const {
    if (word.letters || word.foreign) return text_of(word);
    const std::string_view found = lexicon_.unleet(text_of(word));
    return found.empty() ? text_of(word) : found;
  }

  void one_word(const Word& word, size_t index) {
    if (word.known || word.foreign) return;
    const std::string_view token = text_of(word);
    if (vowelless_) {
      if (const std::string_view found = with_vowels(word); !found.empty()) {
        replace(word, found);
        return;
      }
    }
    if (!word.letters) {
      undo_leet(word);
      return;
    }
    if (word.size() < 3) return;
    turned_.note(token, index);
    if (word.size() <= 40) {
      if (const std::string_view found = unstretch(token, lexicon_); !found.empty()) {
        ++out_.evidence.stretched_words;
        replace(word, found);
        return;
      }
    }
    if (const std::string_view found = lexicon_.unscramble(token);
        !found.empty() && found != token) {
      ++out_.evidence.scrambled_words;
      scrambled_.push_back(edits_.size());
      replace(word, found);
      return;
    }
    if (const std::string_view found = pig_latin(token); !found.empty()) {
      pig_latin_.push_back(edits_.size());
      replace(word, found);
      return;
    }
    if (word.size() < kFewestGlued || glued_ + word.size() > kGluedBudget) return;
    glued_ += std::min<size_t>(word.size(), kMaxGlued);
    if (word.size() > kMaxGlued) return;
    const auto cut = cut_glued(token, lexicon_);
    if (cut.size() < 2) return;
    out_.evidence.joined_words += static_cast<uint32_t>(cut.size());
    replace(word, fmt::format("{}", fmt::join(cut, " ")));
  }

  // "ignoreway" and "eviouspray": what a word begins with, moved to its end, and "ay".
  std::string_view pig_latin(std::string_view token) const {
    constexpr size_t kMostMoved = 3;
    if (token.size() < 4 || !token.ends_with("ay")) return {};
    token.remove_suffix(2);
    if (const char last = token.back(); last == 'w' || last == 'y') {
      const std::string_view found = lexicon_.exact(token.substr(0, token.size() - 1));
      if (!found.empty()) return found;
    }
    for (size_t moved = 1; moved <= kMostMoved && moved < token.size(); ++moved) {
      std::string word(token.substr(token.size() - moved));
      word.append(token, 0, token.size() - moved);
      if (const std::string_view found = lexicon_.exact(word); !found.empty()) return found;
    }
    return {};
  }

  void undo_leet(const Word& word) {
    // A number is one but where every fourth word is written so: "70 b3 0r n07 70 b3".
    if (!leet_ || (!word.mixed && !leet_everywhere_)) return;
    const std::string_view token = text_of(word);
    if (const std::string_view found = lexicon_.unleet(token); !found.empty()) {
      replace(word, found);
    } else if (word.mixed && (leet_everywhere_ || leet_letters(token) > 0)) {
      if (const std::string letters = without_leet(token); !letters.empty()) {
        replace(word, letters);
      }
    }
  }

  void replace(const Word& word, std::string_view text) {
    edits_.push_back({word.begin, word.end, std::string(text)});
  }

  void drop(const std::vector<size_t>& edits) {
    for (const size_t index : edits) edits_[index].text.clear();
  }

  // Words in which the case changes for no reason: "iGnORe", not "iPhone" or "camelCase".
  void odd_case() {
    for (const Word& word : words_) {
      if (word.size() < 5 || !word.known) continue;
      const std::string_view shown = view_.cased.substr(word.begin, word.size());
      if (shown.substr(1) == text_of(word).substr(1)) continue;
      unsigned changes = 0;
      for (size_t i = 2; i < shown.size(); ++i) {
        changes += (shown[i] >= 'a') != (shown[i - 1] >= 'a') ? 1u : 0u;
      }
      out_.evidence.odd_case_words += changes >= 2 ? 1u : 0u;
    }
  }

  void write_undone() {
    if (edits_.empty()) return;
    uint32_t at = 0;
    std::string& undone = out_.undone;
    const auto here = [&] { return static_cast<uint32_t>(undone.size()); };
    const auto copy_to = [&](uint32_t end) {
      out_.undone_map.append(view_.map, at, end, here());
      undone.append(text_.substr(at, end - at));
      at = end;
    };
    for (const Edit& edit : edits_) {
      copy_to(edit.begin);
      out_.undone_map.add(here(), view_.map.to_original(edit.begin));
      undone.append(edit.text);
      at = edit.end;
    }
    copy_to(static_cast<uint32_t>(text_.size()));
    out_.undone_map.finish(here(), static_cast<uint32_t>(out_.original.size()));
  }

  Normalised& out_;
  const TextView& view_;
  std::string_view text_;
  const Lexicon& lexicon_ = Lexicon::standard();
  std::vector<Word>& words_;
  std::vector<Edit> edits_;
  std::vector<size_t> scrambled_;  // of the edits
  std::vector<size_t> doubtful_;
  std::vector<size_t> pig_latin_;
  struct Joined {
    size_t first = 0;  // of the words
    size_t last = 0;
    size_t known = 0;  // among them
  };
  Joined joined_;  // the run that was read last, or what is left of it
  TurnedWords turned_;
  size_t unnamed_until_ = 0;  // words before it are no letters' names
  size_t glued_ = 0;
  bool vowelless_ = false;  // "gnr ll prvs nstrctns"
  bool leet_ = false;
  bool leet_everywhere_ = false;
};

}  // namespace

void undo_word_tricks(Normalised& out) {
  out.undone.clear();
  out.undone_map.clear();
  thread_local std::vector<Word> words;
  std::optional<JoinedPieces> whole = join_pieces(out);
  if (!whole) whole = undecorate(out);
  if (!whole) {
    WordTricks(out, {out.canonical, out.clean, out.map}, words).run();
    return;
  }
  std::string lower;
  lower_ascii(whole->text, lower);
  WordTricks(out, {lower, whole->text, whole->map}, words).run();
  out.evidence.spaced_words += whole->cut_words;
  out.in_pieces = true;
  if (!out.undone.empty()) return;
  out.undone = std::move(lower);
  out.undone_map = std::move(whole->map);
}

}  // namespace gatehouse::firewall
