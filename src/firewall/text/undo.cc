#include "firewall/text/undo.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "firewall/text/fold_table.h"
#include "firewall/text/leet.h"
#include "firewall/text/spelt.h"
#include "firewall/text/utf8.h"
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
constexpr std::string_view kJoiners = "_.-*~+|";

struct Edit {
  uint32_t begin;  // in the canonical view
  uint32_t end;
  std::string text;
};

class WordTricks {
 public:
  // `words` is scratch memory, overwritten.
  WordTricks(Normalised& out, std::vector<Word>& words)
      : out_(out), text_(out.canonical), words_(words) {}

  void run() {
    split_words(text_, lexicon_, words_);
    count_leet();
    for (size_t i = 0; i < words_.size();) {
      const size_t taken = spaced_run(i);
      const size_t joined = taken == 0 ? joined_run(i) : taken;
      if (joined != 0) {
        i += joined;
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
    std::erase_if(edits_, [](const Edit& edit) { return edit.text.empty(); });
    odd_case();
    add_children();
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
    if (joiner.size() != 1 || kJoiners.find(joiner) == kJoiners.npos) return;
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
    if (!word.letters) {
      undo_leet(word);
      return;
    }
    if (word.size() < 3) return;
    note_turned_text(token, index);
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
    if (word.size() < kFewestGlued || glued_ + word.size() > kGluedBudget) return;
    glued_ += std::min<size_t>(word.size(), kMaxGlued);
    if (word.size() > kMaxGlued) return;
    const auto cut = cut_glued(token, lexicon_);
    if (cut.size() < 2) return;
    out_.evidence.joined_words += static_cast<uint32_t>(cut.size());
    replace(word, fmt::format("{}", fmt::join(cut, " ")));
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

  // Words that only make sense in rot13 or read backwards, with the first and last of them.
  struct Turned {
    size_t hits = 0;
    size_t first = 0;
    size_t last = 0;
    size_t unknown_before_first = 0;
    size_t unknown_up_to_last = 0;
    void hit(size_t index, size_t unknown) {
      if (hits++ == 0) {
        first = index;
        unknown_before_first = unknown - 1;
      }
      last = index;
      unknown_up_to_last = unknown;
    }
    bool convincing(bool cue) const {
      const size_t unknown = unknown_up_to_last - unknown_before_first;
      return (hits >= 3 && hits * 2 >= unknown) || (hits >= 2 && cue && hits * 2 >= unknown);
    }
  };

  void note_turned_text(std::string_view token, size_t index) {
    ++unknown_;
    if (token.size() > Lexicon::kLongestWord) return;
    const auto rot13 = [](char c) { return static_cast<char>(c <= 'm' ? c + 13 : c - 13); };
    if (lexicon_.may_begin(rot13(token[0]), rot13(token[1]), rot13(token[2]))) {
      buffer_.clear();
      append_rot13(token, buffer_);
      if (lexicon_.has(buffer_)) rot13_.hit(index, unknown_);
    }
    const size_t last = token.size() - 1;
    if (lexicon_.may_begin(token[last], token[last - 1], token[last - 2])) {
      buffer_.assign(token.rbegin(), token.rend());
      if (lexicon_.has(buffer_)) reversed_.hit(index, unknown_);
    }
  }

  void add_children() {
    const bool turned = rot13_.hits >= 2 || reversed_.hits >= 2;
    const bool cue =
        turned && (text_.find("rot13") != text_.npos || text_.find("revers") != text_.npos ||
                   text_.find("backward") != text_.npos || text_.find("decode") != text_.npos ||
                   out_.evidence.bidi > 0);
    if (rot13_.hits >= 2 && rot13_.convincing(cue)) {
      const auto [begin, end] = range_of(rot13_);
      std::string text;
      append_rot13(std::string_view(out_.clean).substr(begin, end - begin), text);
      add_child(std::move(text), Decoding::rot13, begin, end);
    }
    if (reversed_.hits >= 2 && reversed_.convincing(cue)) {
      const auto [begin, end] = range_of(reversed_);
      std::string text;
      append_reversed(std::string_view(out_.clean).substr(begin, end - begin), text);
      add_child(std::move(text), Decoding::reversed, begin, end);
      // The same words in the order they stand in, for text reversed word by word.
      std::string in_order;
      for (size_t i = reversed_.first; i <= reversed_.last; ++i) {
        if (!in_order.empty()) in_order.push_back(' ');
        append_reversed(text_of(words_[i]), in_order);
      }
      add_child(std::move(in_order), Decoding::reversed, begin, end);
    }
    if (out_.evidence.turned >= 3) add_upside_down();
  }

  // The words between the first and the last hit, and the unknown or very short ones around them.
  std::pair<uint32_t, uint32_t> range_of(const Turned& turned) const {
    const auto belongs = [](const Word& word) {
      return !word.mixed && (!word.known || word.size() <= 2);
    };
    size_t first = turned.first;
    size_t last = turned.last;
    while (first > 0 && belongs(words_[first - 1])) --first;
    while (last + 1 < words_.size() && belongs(words_[last + 1])) ++last;
    return {words_[first].begin, words_[last].end};
  }

  void add_child(std::string text, Decoding how, uint32_t begin, uint32_t end) {
    Child child;
    child.clean = std::move(text);
    child.how = how;
    child.begin = out_.map.to_original(begin);
    child.end = out_.map.to_original(end);
    out_.children.push_back(std::move(child));
  }

  // Each line of the original with turned letters, read from the end; b d n p q u stand for the
  // letters they become when the page is turned.
  void add_upside_down() {
    const std::string_view original = out_.original;
    for (size_t at = 0; at < original.size();) {
      const size_t end = std::min(original.find('\n', at), original.size());
      std::string turned;
      size_t count = 0;
      for (size_t i = at; i < end;) {
        const CodePoint point = decode_utf8(original, i);
        const Fold fold = point.value < 0x80 ? Fold{} : fold_of(point.value);
        if (fold.kind == FoldKind::turned) {
          ++count;
          turned.append(fold.text);
        } else if (point.value < 0x80) {
          constexpr std::string_view kFrom = "bdnpqu69";
          constexpr std::string_view kTo = "qpudbn96";
          const size_t found = kFrom.find(original[i]);
          turned.push_back(found == kFrom.npos ? original[i] : kTo[found]);
        } else {
          turned.append(original, i, point.size);
        }
        i += point.size;
      }
      if (count >= 3) {
        Child child;
        append_reversed(turned, child.clean);
        child.how = Decoding::upside_down;
        child.begin = static_cast<uint32_t>(at);
        child.end = static_cast<uint32_t>(end);
        out_.children.push_back(std::move(child));
      }
      at = end + 1;
    }
  }

  // Words in which the case changes for no reason: "iGnORe", not "iPhone" or "camelCase".
  void odd_case() {
    for (const Word& word : words_) {
      if (word.size() < 5 || !word.known) continue;
      const std::string_view shown = std::string_view(out_.clean).substr(word.begin, word.size());
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
      out_.undone_map.append(out_.map, at, end, here());
      undone.append(text_.substr(at, end - at));
      at = end;
    };
    for (const Edit& edit : edits_) {
      copy_to(edit.begin);
      out_.undone_map.add(here(), out_.map.to_original(edit.begin));
      undone.append(edit.text);
      at = edit.end;
    }
    copy_to(static_cast<uint32_t>(text_.size()));
    out_.undone_map.finish(here(), static_cast<uint32_t>(out_.original.size()));
  }

  Normalised& out_;
  std::string_view text_;
  const Lexicon& lexicon_ = Lexicon::standard();
  std::vector<Word>& words_;
  std::vector<Edit> edits_;
  std::vector<size_t> scrambled_;  // of the edits
  std::vector<size_t> doubtful_;
  std::string buffer_;
  struct Joined {
    size_t first = 0;  // of the words
    size_t last = 0;
    size_t known = 0;  // among them
  };
  Joined joined_;  // the run that was read last, or what is left of it
  Turned rot13_;
  Turned reversed_;
  size_t unknown_ = 0;
  size_t glued_ = 0;
  bool leet_ = false;
  bool leet_everywhere_ = false;
};

}  // namespace

void append_rot13(std::string_view text, std::string& out) {
  for (const char c : text) {
    const char lower = ascii_lower(c);
    if (!is_ascii_letter(c)) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(lower <= 'm' ? c + 13 : c - 13));
    }
  }
}

void append_reversed(std::string_view text, std::string& out) {
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
      --begin;
    out.append(text, begin, end - begin);
    end = begin;
  }
}

void undo_word_tricks(Normalised& out) {
  out.undone.clear();
  out.undone_map.clear();
  thread_local std::vector<Word> words;
  WordTricks(out, words).run();
}

}  // namespace gatehouse::firewall
