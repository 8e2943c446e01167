#include "firewall/text/turned.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "firewall/text/fold_table.h"
#include "firewall/text/substitution.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kFewestUnknown = 4;    // words that an alphabet is guessed of
constexpr uint32_t kFewestTurned = 3;   // letters drawn upside down
constexpr size_t kTold = 256;           // bytes that tell the alphabet
constexpr size_t kShortestUnknown = 3;  // letters

}  // namespace

void TurnedWords::Hits::add(size_t index, size_t unknown) {
  if (count++ == 0) {
    first = index;
    unknown_before_first = unknown - 1;
  }
  last = index;
  unknown_up_to_last = unknown;
}

bool TurnedWords::Hits::convincing(bool cue) const {
  const size_t unknown = unknown_up_to_last - unknown_before_first;
  return (count >= 3 && count * 2 >= unknown) || (count >= 2 && cue && count * 2 >= unknown);
}

void TurnedWords::note(std::string_view token, size_t index) {
  ++unknown_;
  if (token.size() > Lexicon::kLongestWord) return;
  for (const char c : token) ++letters_[static_cast<size_t>(c - 'a')];
  const auto rot13 = [](char c) { return static_cast<char>(c <= 'm' ? c + 13 : c - 13); };
  if (lexicon_.may_begin(rot13(token[0]), rot13(token[1]), rot13(token[2]))) {
    buffer_.clear();
    append_rot13(token, buffer_);
    if (lexicon_.has(buffer_)) rot13_.add(index, unknown_);
  }
  const size_t last = token.size() - 1;
  if (lexicon_.may_begin(token[last], token[last - 1], token[last - 2])) {
    buffer_.assign(token.rbegin(), token.rend());
    if (lexicon_.has(buffer_)) reversed_.add(index, unknown_);
  }
}

/// Makes the children of one text.
class TurnedWords::Children {
 public:
  Children(const TextView& view, std::span<const Word> words, Normalised& out)
      : view_(view), words_(words), out_(out) {}

  void rot13(const Hits& hits) {
    const auto [begin, end] = range_of(hits);
    std::string text;
    append_rot13(view_.cased.substr(begin, end - begin), text);
    add(std::move(text), Decoding::rot13, begin, end);
  }

  void reversed(const Hits& hits) {
    const auto [begin, end] = range_of(hits);
    const Order order = reversed_order();
    if (order != Order::of_words) {
      std::string text;
      append_reversed(view_.cased.substr(begin, end - begin), text);
      add(std::move(text), Decoding::reversed, begin, end);
      if (order == Order::of_all) return;
    }
    add(reversed_one_by_one(begin, end), Decoding::reversed, begin, end);
  }

  /// The words in the order they stand in, each with its punctuation.
  std::string reversed_one_by_one(size_t begin, size_t end) const {
    const std::string_view cased = view_.cased;
    while (begin > 0 && !is_ascii_space(cased[begin - 1])) --begin;
    while (end < cased.size() && !is_ascii_space(cased[end])) ++end;
    std::string out;
    for (size_t at = begin; at < end;) {
      size_t next = at;
      while (next < end && !is_ascii_space(cased[next])) ++next;
      append_reversed(cased.substr(at, next - at), out);
      if (next < end) out.push_back(cased[next++]);
      at = next;
    }
    return out;
  }

  enum class Order : uint8_t { unknown, of_words, of_all };

  /// What was turned round, told by where the capital letter of the first word is now: a reading in
  /// the wrong order would look like an attack.
  Order reversed_order() const {
    const std::string_view text = view_.cased;
    size_t first_end = words_.front().end;  // "s'tahW" is two words
    while (first_end < text.size() && !is_ascii_space(text[first_end])) ++first_end;
    const bool front = is_ascii_upper(text[first_end - 1]);
    if (front == is_ascii_upper(text[words_.back().end - 1])) return Order::unknown;
    return front ? Order::of_words : Order::of_all;
  }

  /// Words that make sense in the alphabet that their letters speak for.
  void other_alphabet(const std::array<uint32_t, 26>& letters) {
    const std::optional<Alphabet> alphabet = guess_alphabet(letters);
    if (!alphabet) return;
    Hits hits;
    size_t unknown = 0;
    std::string word;
    for (size_t i = 0; i < words_.size(); ++i) {
      if (words_[i].known || !words_[i].letters || words_[i].size() < kShortestUnknown) continue;
      ++unknown;
      word.clear();
      append_substituted(text_of(words_[i]).substr(0, Lexicon::kLongestWord), *alphabet, word);
      if (Lexicon::standard().has(word)) hits.add(i, unknown);
    }
    if (!hits.convincing(false)) return;
    const auto [begin, end] = range_of(hits);
    std::string text;
    append_substituted(view_.cased.substr(begin, end - begin), *alphabet, text);
    add(std::move(text), Decoding::substitution, begin, end);
  }

  void moved_by_47() {
    std::string text = rot47(view_.cased);
    std::string lower;
    lower_ascii(text, lower);
    std::vector<Word> words;
    split_words(lower, Lexicon::standard(), words);
    const auto known =
        std::count_if(words.begin(), words.end(), [](const Word& word) { return word.known; });
    if (static_cast<size_t>(known) * 2 < words.size()) return;
    add(std::move(text), Decoding::substitution, 0, static_cast<uint32_t>(view_.cased.size()));
  }

  /// Each line of the original with turned letters, read from the end; b d n p q u stand for the
  /// letters they become when the page is turned.
  void upside_down() {
    const std::string_view original = out_.original;
    for (size_t at = 0; at < original.size();) {
      const size_t end = std::min(original.find('\n', at), original.size());
      std::string turned;
      if (turn(original.substr(0, end), at, turned) >= kFewestTurned) {
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

 private:
  std::string_view text_of(const Word& word) const {
    return view_.text.substr(word.begin, word.size());
  }

  /// Between the first and the last hit, and the unknown or very short words around them.
  std::pair<uint32_t, uint32_t> range_of(const Hits& hits) const {
    const auto belongs = [](const Word& word) {
      return !word.mixed && (!word.known || word.size() <= 2);
    };
    size_t first = hits.first;
    size_t last = hits.last;
    while (first > 0 && belongs(words_[first - 1])) --first;
    while (last + 1 < words_.size() && belongs(words_[last + 1])) ++last;
    return {words_[first].begin, words_[last].end};
  }

  void add(std::string text, Decoding how, uint32_t begin, uint32_t end) {
    Child child;
    child.clean = std::move(text);
    child.how = how;
    child.begin = view_.map.to_original(begin);
    child.end = view_.map.to_original(end);
    out_.children.push_back(std::move(child));
  }

  static size_t turn(std::string_view line, size_t from, std::string& turned) {
    size_t count = 0;
    for (size_t i = from; i < line.size();) {
      const CodePoint point = decode_utf8(line, i);
      const Fold fold = point.value < 0x80 ? Fold{} : fold_of(point.value);
      if (fold.kind == FoldKind::turned) {
        ++count;
        turned.append(fold.text);
      } else if (point.value < 0x80) {
        constexpr std::string_view kFrom = "bdnpqu69";
        constexpr std::string_view kTo = "qpudbn96";
        const size_t found = kFrom.find(line[i]);
        turned.push_back(found == kFrom.npos ? line[i] : kTo[found]);
      } else {
        turned.append(line, i, point.size);
      }
      i += point.size;
    }
    return count;
  }

  const TextView& view_;
  std::span<const Word> words_;
  Normalised& out_;
};

void TurnedWords::add_children(const TextView& view, std::span<const Word> words,
                               Normalised& out) const {
  const auto says = [&](std::string_view cue) { return view.text.find(cue) != view.text.npos; };
  const bool cue = (rot13_.count >= 2 || reversed_.count >= 2) &&
                   (says("rot13") || says("revers") || says("backward") || says("decode") ||
                    out.evidence.bidi > 0);
  const bool rot13 = rot13_.count >= 2 && rot13_.convincing(cue);
  const bool reversed = reversed_.count >= 2 && reversed_.convincing(cue);
  Children children(view, words, out);
  if (rot13) children.rot13(rot13_);
  if (reversed) children.reversed(reversed_);
  if (!rot13 && !reversed && unknown_ >= kFewestUnknown) children.other_alphabet(letters_);
  // It takes the whole text, and so its beginning.
  if (looks_like_rot47(view.cased.substr(0, kTold))) children.moved_by_47();
  if (out.evidence.turned >= kFewestTurned) children.upside_down();
}

}  // namespace gatehouse::firewall
