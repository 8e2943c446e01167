#include "firewall/text/decorated.h"

#include <algorithm>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kFewestWords = 6;
constexpr size_t kLongestGap = 48;
constexpr size_t kProse = 12;  // bytes, in which prose has at least one plain gap
constexpr std::string_view kStops = ".?!,:;\n";

bool goes_in_word(char c) {
  return is_ascii_alnum(c) || static_cast<unsigned char>(c) >= 0x80 || c == '\'';
}

bool is_letter(char c) {
  return is_ascii_letter(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// Whether so many words have only a space between them that no decoration can stand between most.
bool is_prose(std::string_view text) {
  size_t plain = 0;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    plain += text[i] == ' ' && is_letter(text[i - 1]) && is_letter(text[i + 1]) ? 1u : 0u;
  }
  return plain * kProse >= text.size();
}

struct Span {
  size_t begin = 0;
  size_t end = 0;
};

bool is_one_letter(std::string_view word) {
  return word.size() <= 4 && decode_utf8(word, 0).size == word.size();
}

/// Reads the words of a text one after the other. Numbers, commands and tags are no words.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  /// Empty at the end.
  Span next() {
    while (at_ < text_.size()) {
      const size_t begin = at_;
      if (!goes_in_word(text_[at_])) {
        at_ = mark_or_command(at_);
        continue;
      }
      bool letters = false;
      while (at_ < text_.size() && goes_in_word(text_[at_])) letters |= is_letter(text_[at_++]);
      if (letters) return {begin, at_};
    }
    return {text_.size(), text_.size()};
  }

 private:
  /// The end of "\textbf", "<b", "</b" or of one other byte.
  size_t mark_or_command(size_t at) const {
    const char first = text_[at++];
    if (first != '\\' && first != '<') return at;
    if (first == '<' && at < text_.size() && text_[at] == '/') ++at;
    while (at < text_.size() && is_ascii_letter(text_[at])) ++at;
    return at;
  }

  std::string_view text_;
  size_t at_ = 0;
};

/// What a gap is told by: its bytes, with any number as one digit. 0 if it is plain: white space.
uint64_t decoration_of(std::string_view gap) {
  uint64_t hash = 0xCBF29CE484222325ULL;
  bool plain = true;
  bool digits = false;
  for (const char c : gap) {
    const bool digit = is_ascii_digit(c);
    if (digit && digits) continue;
    digits = digit;
    plain &= c == ' ' || c == '\n' || c == '\t' || c == '\r';
    hash = (hash ^ static_cast<unsigned char>(digit ? '0' : c)) * 0x100000001B3ULL;
  }
  return plain || gap.size() > kLongestGap ? 0 : hash | 1;
}

/// Calls `visit(gap, word)` for each word but the first, with what stands before it.
template <typename Visit>
void for_gaps(std::string_view text, Visit visit) {
  WordReader words(text);
  for (Span last = words.next(), word = words.next(); word.begin < word.end; word = words.next()) {
    visit(Span{last.end, word.begin}, word);
    last = word;
  }
}

/// "** **", "] [", "</b> <b>"; not "\": \"" and what else JSON has.
bool closes_and_opens(std::string_view gap) {
  return gap.front() != ' ' && gap.back() != ' ' && gap.find(' ') != gap.npos &&
         gap.find_first_of(":,\n") == gap.npos;
}

/// The decoration that is in more than half of the gaps that are not plain, if any is (Boyer and
/// Moore's majority vote); 0 if all are plain.
uint64_t most_frequent(std::string_view text) {
  uint64_t winner = 0;
  size_t votes = 0;
  for_gaps(text, [&](const Span& gap, const Span&) {
    const uint64_t kind = decoration_of(text.substr(gap.begin, gap.end - gap.begin));
    if (kind == 0) return;
    if (votes == 0) winner = kind;
    votes = kind == winner ? votes + 1 : votes - 1;
  });
  return winner;
}

/// What closes and opens has to stand in few gaps only, as it may hold several words.
bool stands_between(std::string_view text, uint64_t decoration) {
  size_t words = 1;
  size_t letters = 0;  // words of one
  size_t pairs = 0;    // and of at most two bytes, as in "%6f%76"
  size_t decorated = 0;
  bool brackets = false;
  for_gaps(text, [&](const Span& gap, const Span& word) {
    const size_t size = word.end - word.begin;
    ++words;
    letters += is_one_letter(text.substr(word.begin, size)) ? 1u : 0u;
    pairs += size <= 2 ? 1u : 0u;
    const std::string_view between = text.substr(gap.begin, gap.end - gap.begin);
    if (decoration_of(between) != decoration) return;
    ++decorated;
    brackets = closes_and_opens(between);
  });
  if (words < kFewestWords || letters * 3 >= words || pairs * 5 >= words * 3) return false;
  return decorated * 5 >= words * (brackets ? 1 : 3);
}

}  // namespace

std::optional<JoinedPieces> undecorate(const Normalised& text) {
  const std::string_view clean = text.clean;
  if (is_prose(clean)) return std::nullopt;
  const uint64_t decoration = most_frequent(clean);
  if (decoration == 0 || !stands_between(clean, decoration)) return std::nullopt;
  JoinedPieces made;
  const auto here = [&] { return static_cast<uint32_t>(made.text.size()); };
  const auto take = [&](const Span& span) {
    made.map.append(text.map, static_cast<uint32_t>(span.begin), static_cast<uint32_t>(span.end),
                    here());
    made.text.append(clean, span.begin, span.end - span.begin);
  };
  take(WordReader(clean).next());
  for_gaps(clean, [&](const Span& gap, const Span& word) {
    const std::string_view between = clean.substr(gap.begin, gap.end - gap.begin);
    made.map.add(here(), text.map.to_original(static_cast<uint32_t>(gap.begin)));
    if (decoration_of(between) != decoration) {
      const size_t stop = between.find_first_of(kStops);
      if (stop != between.npos) made.text.push_back(between[stop]);
    }
    made.text.push_back(' ');
    take(word);
  });
  made.map.finish(here(), static_cast<uint32_t>(text.original.size()));
  return made;
}

}  // namespace gatehouse::firewall
