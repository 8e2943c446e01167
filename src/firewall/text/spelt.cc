#include "firewall/text/spelt.h"

#include <fmt/format.h>

namespace gatehouse::firewall {
namespace {

constexpr size_t kFewestSure = 4;   // letters
constexpr size_t kFewestToCut = 6;  // letters in one run that may be several words
constexpr size_t kWidestSeparator = 2;
constexpr size_t kWidestGap = 5;  // between two words whose letters are set apart
constexpr std::string_view kSigns = "._-*~/,'";

class Reader {
 public:
  Reader(std::string_view text, std::span<const Word> words, const Lexicon& lexicon)
      : text_(text), words_(words), lexicon_(lexicon) {}

  Spelt read(size_t first) {
    if (!is_letter(first) || !is_letter(first + 1)) return {};
    if (joined_by_sign(first)) {
      read_joined(first);
    } else if (!read_spaced(first)) {
      return {};
    }
    spelt_.doubtful = spelt_.letters < kFewestSure;
    ++spelt_.words;
    return std::move(spelt_);
  }

 private:
  std::string_view text_of(size_t i) const {
    return text_.substr(words_[i].begin, words_[i].size());
  }
  std::string_view gap_after(size_t i) const { return firewall::gap_after(text_, words_, i); }
  bool is_letter(size_t i) const {
    return i < words_.size() && words_[i].size() == 1 && !words_[i].foreign;
  }

  /// By one sign, or by two of it where a letter between them was left out.
  bool joined_by_sign(size_t i) const {
    if (!is_letter(i) || !is_letter(i + 1)) return false;
    const std::string_view gap = gap_after(i);
    return !gap.empty() && gap.size() <= kWidestSeparator && gap.front() == gap.back() &&
           kSigns.find(gap.front()) != kSigns.npos;
  }

  void add(size_t i) {
    spelt_.text.append(text_of(i));
    ++spelt_.letters;
  }

  void next_word() {
    finish_word();
    spelt_.text.push_back(' ');
    word_ = spelt_.text.size();
    ++spelt_.words;
  }

  void read_joined(size_t at) {
    const char sign = gap_after(at).front();
    add(at);
    while (is_letter(at + 1)) {
      const std::string_view gap = gap_after(at);
      if (gap.empty() || gap.front() != sign || gap.back() != sign || gap.size() > kWidestGap)
        break;
      if (!joined_by_sign(at)) next_word();
      add(++at);
    }
    finish_word();
  }

  /// A gap that is wider than the first is one between words.
  bool read_spaced(size_t at) {
    const std::string_view base = gap_after(at);
    if (base.empty() || base.size() > kWidestSeparator) return false;
    const bool lines = base.find('\n') != base.npos;
    add(at);
    while (is_letter(at + 1)) {
      const std::string_view gap = gap_after(at);
      if (gap.size() < base.size() || gap.size() > kWidestGap) break;
      if (lines != (gap.find('\n') != gap.npos)) break;
      if (joined_by_sign(at + 1)) break;  // belongs to a word that is set apart in another way
      if (gap != base) next_word();
      add(++at);
    }
    finish_word();
    return true;
  }

  /// What was put together last may have digits for letters, or be several words.
  void finish_word() {
    const std::string_view word = std::string_view(spelt_.text).substr(word_);
    if (lexicon_.has(word)) return;
    if (const std::string_view plain = lexicon_.unleet(word); !plain.empty()) {
      spelt_.text.replace(word_, word.size(), plain);
      return;
    }
    if (word.size() < kFewestToCut) return;
    const auto cut = cut_glued(word, lexicon_);
    if (cut.empty()) return;
    spelt_.words += cut.size() - 1;
    const std::string spread = fmt::format("{}", fmt::join(cut, " "));
    spelt_.text.replace(word_, word.size(), spread);
  }

  std::string_view text_;
  std::span<const Word> words_;
  const Lexicon& lexicon_;
  Spelt spelt_;
  size_t word_ = 0;  // where the last word begins in the text put together
};

}  // namespace

Spelt read_spelt(std::string_view text, std::span<const Word> words, size_t first,
                 const Lexicon& lexicon) {
  return Reader(text, words, lexicon).read(first);
}

}  // namespace gatehouse::firewall
