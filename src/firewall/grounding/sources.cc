#include "firewall/grounding/sources.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <utility>

#include "firewall/text/normaliser.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kStemBytes = 6;     // of a word: "refunded" and "refunds" are one
constexpr size_t kFewestWords = 4;   // of a sentence that states something
constexpr size_t kMostWords = 64;    // of a sentence that are looked at; a bit each
constexpr size_t kMostPlaces = 256;  // a word in more sentences than that stands everywhere
constexpr uint32_t kNear = 3;        // sentences in a row that may support one together
constexpr size_t kLongestSentence = 2000;
constexpr float kNameWeight = 2;
constexpr float kNumberWeight = 3;

/// Words that every text has. Sorted.
constexpr auto kStopWords = std::to_array<std::string_view>(
    {"a",     "about", "all",    "also", "an",    "and",    "any",  "are",  "as",    "at",   "be",
     "been",  "but",   "by",     "can",  "could", "das",    "dass", "de",   "der",   "des",  "die",
     "do",    "does",  "du",     "ein",  "el",    "en",     "es",   "est",  "et",    "for",  "from",
     "had",   "has",   "have",   "he",   "her",   "here",   "his",  "how",  "i",     "if",   "in",
     "into",  "is",    "ist",    "it",   "its",   "la",     "las",  "le",   "les",   "los",  "may",
     "me",    "more",  "most",   "my",   "no",    "not",    "of",   "on",   "one",   "only", "or",
     "other", "our",   "please", "que",  "she",   "should", "so",   "some", "such",  "than", "that",
     "the",   "their", "them",   "then", "there", "these",  "they", "this", "those", "to",   "un",
     "und",   "une",   "up",     "was",  "we",    "were",   "what", "when", "which", "who",  "will",
     "with",  "would", "you",    "your"});
static_assert(std::is_sorted(kStopWords.begin(), kStopWords.end()));

/// What begins a sentence that speaks of the answer itself, not of the world.
constexpr auto kAsides = std::to_array<std::string_view>(
    {"i ", "i'", "sorry", "sure", "certainly", "of course", "let me", "please ", "thank", "hello",
     "here is", "here are", "according to the", "based on the", "as an ai"});

constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "e.g", "i.e", "etc", "approx", "inc", "ltd",
     "z.b", "bzw", "nr", "art", "fig"});

std::string lowered(std::string_view text) {
  std::string out;
  lower_ascii(text, out);
  return out;
}

uint64_t key_of(std::string_view word) {
  return std::hash<std::string_view>()(word);
}

/// "1,250.50" and "1250.5" are told apart; "1,250" and "1250" are not.
std::string digits_of(std::string_view number) {
  std::string out;
  for (size_t i = 0; i < number.size(); ++i) {
    const bool thousands = number[i] == ',' && number.size() - i > 3 &&
                           is_ascii_digit(number[i + 1]) && is_ascii_digit(number[i + 2]) &&
                           is_ascii_digit(number[i + 3]);
    if (!thousands) out += number[i];
  }
  return out;
}

/// A number keeps the point and the comma within it.
size_t end_of_word(std::string_view text, size_t at) {
  const bool number = is_ascii_digit(text[at]);
  while (at < text.size()) {
    const bool inside = number && (text[at] == '.' || text[at] == ',') && at + 1 < text.size() &&
                        is_ascii_digit(text[at + 1]);
    const bool apostrophe = text[at] == '\'' && at + 1 < text.size() && is_word_byte(text[at + 1]);
    if (!is_word_byte(text[at]) && !inside && !apostrophe) break;
    ++at;
  }
  return at;
}

bool states_nothing(std::string_view sentence) {
  const size_t end = sentence.find_last_not_of(" \t\r\n*_\"')");
  if (end == std::string_view::npos || sentence[end] == '?') return true;
  const size_t begin = sentence.find_first_not_of(" \t\r\n*_#>\"'(-");
  if (begin == std::string_view::npos) return true;  // a rule, a mark of a list
  const std::string opening = lowered(sentence.substr(begin, 20));
  return std::any_of(kAsides.begin(), kAsides.end(),
                     [&](std::string_view aside) { return opening.starts_with(aside); });
}

}  // namespace

bool ends_sentence(std::string_view before, char next) {
  if (next == '\n') return true;
  if (before.empty()) return false;
  const char mark = before.back();
  if ((mark != '.' && mark != '!' && mark != '?') || (next != ' ' && next != '\t')) return false;
  if (mark != '.') return true;
  size_t word = before.size() - 1;
  while (word > 0 && (is_word_byte(before[word - 1]) || before[word - 1] == '.')) --word;
  const std::string last = lowered(before.substr(word, before.size() - 1 - word));
  if (last.size() == 1 && !is_ascii_digit(last[0])) return false;  // an initial
  return std::find(kAbbreviations.begin(), kAbbreviations.end(), last) == kAbbreviations.end();
}

std::vector<Sources::Word> Sources::words_of(std::string_view sentence) {
  std::vector<Word> words;
  bool first = true;
  for (size_t at = 0; at < sentence.size() && words.size() < kMostWords;) {
    if (!is_word_byte(sentence[at])) {
      ++at;
      continue;
    }
    const size_t end = end_of_word(sentence, at);
    const std::string_view written = sentence.substr(at, end - at);
    at = end;
    const bool opens = std::exchange(first, false);
    if (is_ascii_digit(written[0])) {
      words.push_back({key_of(digits_of(written)), kNumberWeight});
      continue;
    }
    const std::string word = lowered(written.substr(0, written.find('\'')));
    if (word.size() < 2 || std::binary_search(kStopWords.begin(), kStopWords.end(), word)) continue;
    const bool name = !opens && written[0] >= 'A' && written[0] <= 'Z';
    words.push_back(
        {key_of(std::string_view(word).substr(0, kStemBytes)), name ? kNameWeight : 1.0F});
  }
  return words;
}

void Sources::add_sentence(std::string_view sentence) {
  const std::vector<Word> words = words_of(sentence);
  if (words.empty()) return;
  for (const Word& word : words) {
    std::vector<uint32_t>& places = places_[word.key];
    if (places.size() < kMostPlaces && (places.empty() || places.back() != sentences_)) {
      places.push_back(sentences_);
    }
  }
  ++sentences_;
}

bool Sources::fit(std::span<const std::string_view> texts) {
  size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return bytes <= kMaxBytes;
}

Sources::Sources(std::span<const std::string_view> texts) {
  for (const std::string_view text : texts) {
    size_t begin = 0;
    for (size_t i = 1; i <= text.size(); ++i) {
      const bool end = i == text.size() || i - begin >= kLongestSentence ||
                       ends_sentence(text.substr(begin, i - begin), text[i]);
      if (!end) continue;
      add_sentence(text.substr(begin, i - begin));
      begin = i;
    }
    sentences_ += 2;  // the last sentence of one text does not stand beside the next one's first
  }
  if (places_.empty()) sentences_ = 0;
}

float Sources::support(std::string_view sentence) const {
  if (states_nothing(sentence)) return 1;
  const std::vector<Word> words = words_of(sentence);
  if (words.size() < kFewestWords) return 1;
  const auto weight_of = [&words](uint64_t bits) {
    float sum = 0;
    for (; bits != 0; bits &= bits - 1) {
      sum += words[static_cast<size_t>(std::countr_zero(bits))].weight;
    }
    return sum;
  };
  uint64_t everywhere = 0;
  std::vector<std::pair<uint32_t, uint64_t>> found;  // a place, and which word stands there
  for (size_t i = 0; i < words.size(); ++i) {
    const auto at = places_.find(words[i].key);
    if (at == places_.end()) continue;
    const uint64_t bit = uint64_t{1} << i;
    if (at->second.size() >= kMostPlaces) everywhere |= bit;
    for (const uint32_t place : at->second) found.emplace_back(place, bit);
  }
  std::sort(found.begin(), found.end());
  float best = weight_of(everywhere);
  for (size_t begin = 0; begin < found.size(); ++begin) {
    if (begin > 0 && found[begin].first == found[begin - 1].first) continue;
    uint64_t near = everywhere;
    for (size_t end = begin; end < found.size() && found[end].first < found[begin].first + kNear;
         ++end) {
      near |= found[end].second;
    }
    best = std::max(best, weight_of(near));
  }
  const uint64_t all = words.size() == 64 ? ~uint64_t{0} : (uint64_t{1} << words.size()) - 1;
  return best / weight_of(all);
}

SupportCursor::Step SupportCursor::feed(std::string_view text, size_t position, bool last) {
  Step step;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!sentence_.empty() &&
        (ends_sentence(sentence_, text[i]) || sentence_.size() >= kLongestSentence)) {
      end_sentence(position + i, step);
    }
    if (sentence_.empty()) begin_ = position + i;
    sentence_ += text[i];
  }
  if (last && !sentence_.empty()) end_sentence(position + text.size(), step);
  step.hold_from = sentence_.empty() ? position + text.size() : begin_;
  return step;
}

void SupportCursor::end_sentence(size_t end, Step& step) {
  const float support = sources_->support(sentence_);
  if (support < 1) step.sentences.push_back({begin_, end, 1 - support});
  sentence_.clear();
}

}  // namespace gatehouse::firewall
