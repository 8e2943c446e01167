#include "firewall/text/decorated.h"

#include <algorithm>
#include <array>
#include <vector>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kFewestWords = 6;
constexpr size_t kFewestBrackets = 3;
constexpr size_t kLongestGap = 48;
constexpr size_t kMostOthers = 3;  // gaps between two decorated ones of a region
constexpr std::string_view kStops = ".?!,:;\n";
constexpr std::string_view kOfLists = " ,;:.-_/+\n";

enum ByteClass : uint8_t { kWord = 1, kLetter = 2 };

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = kWord;
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 32] = kWord | kLetter;
  for (size_t c = 0x80; c < 256; ++c) classes[c] = kWord | kLetter;
  classes['\''] = kWord;
  return classes;
}();

uint8_t class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
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
      if (class_of(text_[at_]) == 0) {
        at_ = mark_or_command(at_);
        continue;
      }
      uint8_t seen = 0;
      for (; at_ < text_.size() && class_of(text_[at_]) != 0; ++at_) seen |= class_of(text_[at_]);
      if ((seen & kLetter) != 0) return {begin, at_};
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
    plain &= is_ascii_space(c);
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

/// "** **", "] [", "</b> <b>"; not "\": \"" and what else JSON has, and no end of a sentence.
bool closes_and_opens(std::string_view gap) {
  return gap.front() != ' ' && gap.back() != ' ' && gap.find(' ') != gap.npos &&
         gap.find_first_of(":,\n") == gap.npos && kStops.find(gap.front()) == kStops.npos;
}

/// Words one after the other, between most or every few of which one decoration stands.
struct Region {
  size_t begin = 0;  // of the first word
  size_t end = 0;    // of the last
  uint64_t decoration = 0;
  size_t words = 0;
  size_t gaps = 0;           // decorated ones
  size_t letters = 0;        // words of one
  size_t pairs = 0;          // and of at most two bytes, as in "%6f%76"
  std::string_view closing;  // of what closes and opens, as "** **"; else empty
  std::string_view opening;
  bool list = false;  // what lists of words have as well

  /// What closes and opens may hold several words, so that it has to stand in few gaps only.
  bool convincing() const {
    const bool brackets = !opening.empty();
    if (words < kFewestWords || gaps < (brackets ? kFewestBrackets : kFewestWords - 1))
      return false;
    return letters * 3 < words && pairs * 5 < words * 3 && gaps * 5 >= words * (brackets ? 1 : 3);
  }
};

/// Whether a gap has letters or digits beside what closes and opens in its region: a number or a
/// command may be what somebody wants to say ("\\ignore \\all").
bool says_something(const Region& region, std::string_view gap) {
  const auto has_any = [](std::string_view part) {
    return std::any_of(part.begin(), part.end(), is_ascii_alnum);
  };
  if (!region.opening.empty()) {
    if (gap.ends_with(region.opening)) gap.remove_suffix(region.opening.size());
    if (const size_t closing = gap.find(region.closing); closing != gap.npos) {
      return has_any(gap.substr(0, closing)) ||
             has_any(gap.substr(closing + region.closing.size()));
    }
  }
  return has_any(gap);
}

class Regions {
 public:
  explicit Regions(std::string_view text) : text_(text) {}

  std::vector<Region> find() {
    size_t before = WordReader(text_).next().begin;  // of the word before a gap
    for_gaps(text_, [&](const Span& gap, const Span& word) {
      take(text_.substr(gap.begin, gap.end - gap.begin), {before, gap.begin}, word);
      before = word.begin;
      ++words_;
    });
    close();
    if (words_in_regions() * 5 < words_ * 3) {
      std::erase_if(found_, [](const Region& region) { return region.list; });
    }
    return std::move(found_);
  }

 private:
  void take(std::string_view gap, const Span& last, const Span& word) {
    const uint64_t kind = gap.size() == 1 && gap[0] == ' ' ? 0 : decoration_of(gap);
    if (kind == 0 && region_.decoration == 0) return;
    const bool same = kind != 0 && kind == region_.decoration;
    const bool may_go_on = region_.gaps >= 2 || (!region_.opening.empty() && kind == 0);
    if (!same && (!may_go_on || others_ == kMostOthers)) {
      close();
      if (kind == 0) return;
      region_.decoration = kind;
      region_.begin = last.begin;
      if (closes_and_opens(gap)) {
        region_.closing = gap.substr(0, gap.find(' '));
        region_.opening = gap.substr(gap.rfind(' ') + 1);
      }
      region_.list = gap.find_first_not_of(kOfLists) == gap.npos;
      add(region_, last);
    }
    Region& into = kind == region_.decoration ? region_ : ahead_;
    if (&into == &region_) {
      absorb_ahead();
      ++region_.gaps;
      region_.end = word.end;
    } else {
      ++others_;
    }
    add(into, word);
  }

  /// What stood between two decorated gaps belongs to the region.
  void absorb_ahead() {
    region_.words += ahead_.words;
    region_.letters += ahead_.letters;
    region_.pairs += ahead_.pairs;
    ahead_ = {};
    others_ = 0;
  }

  void add(Region& region, const Span& word) const {
    ++region.words;
    const size_t size = word.end - word.begin;
    region.letters += is_one_letter(text_.substr(word.begin, size)) ? 1u : 0u;
    region.pairs += size <= 2 ? 1u : 0u;
  }

  void close() {
    if (region_.convincing()) found_.push_back(region_);
    region_ = {};
    ahead_ = {};
    others_ = 0;
  }

  size_t words_in_regions() const {
    size_t sum = 0;
    for (const Region& region : found_) sum += region.words;
    return sum;
  }

  std::string_view text_;
  std::vector<Region> found_;
  Region region_;
  Region ahead_;  // counts of words behind the last decorated gap
  size_t others_ = 0;
  size_t words_ = 1;
};

/// Writes a text with the words of its regions as plain ones.
class Writer {
 public:
  explicit Writer(const Normalised& text) : text_(text) {}

  void copy(size_t begin, size_t end) {
    made_.map.append(text_.map, static_cast<uint32_t>(begin), static_cast<uint32_t>(end), here());
    made_.text.append(text_.clean, begin, end - begin);
  }

  void write(const Region& region) {
    const std::string_view within =
        std::string_view(text_.clean).substr(region.begin, region.end - region.begin);
    const Span first = WordReader(within).next();
    copy(region.begin + first.begin, region.begin + first.end);
    for_gaps(within, [&](const Span& gap, const Span& word) {
      write_gap(region, gap, within.substr(gap.begin, gap.end - gap.begin));
      copy(region.begin + word.begin, region.begin + word.end);
    });
  }

  JoinedPieces finish() && {
    made_.map.finish(here(), static_cast<uint32_t>(text_.original.size()));
    return std::move(made_);
  }

 private:
  uint32_t here() const { return static_cast<uint32_t>(made_.text.size()); }

  void write_gap(const Region& region, const Span& gap, std::string_view between) {
    const bool decorated = decoration_of(between) == region.decoration;
    if (!decorated && says_something(region, between)) {
      copy(region.begin + gap.begin, region.begin + gap.end);
      return;
    }
    made_.map.add(here(), text_.map.to_original(static_cast<uint32_t>(region.begin + gap.begin)));
    const size_t stop = decorated ? between.npos : between.find_first_of(kStops);
    if (stop != between.npos) made_.text.push_back(between[stop]);
    made_.text.push_back(' ');
  }

  const Normalised& text_;
  JoinedPieces made_;
};

/// Where what opens before the first words of a region begins in `before`, which ends with it.
size_t begin_of(const Region& region, std::string_view before) {
  if (region.opening.empty()) return before.size();
  const size_t from = before.size() > kLongestGap ? before.size() - kLongestGap : 0;
  const size_t found = before.substr(from).rfind(region.opening);
  return found == before.npos ? before.size() : from + found;
}

bool has_word(std::string_view text) {
  const Span word = WordReader(text).next();
  return word.begin < word.end;
}

}  // namespace

std::optional<JoinedPieces> undecorate(const Normalised& text) {
  const std::string_view clean = text.clean;
  const std::vector<Region> regions = Regions(clean).find();
  if (regions.empty()) return std::nullopt;
  Writer writer(text);
  size_t copied = 0;
  for (Region region : regions) {
    // Half of a decoration stands before the first word.
    const size_t begin = begin_of(region, clean.substr(copied, region.begin - copied)) + copied;
    if (has_word(clean.substr(copied, begin - copied))) writer.copy(copied, begin);
    region.begin = std::min(region.begin, begin + region.opening.size());
    writer.write(region);
    copied = region.end;
  }
  if (has_word(clean.substr(copied))) writer.copy(copied, clean.size());
  return std::move(writer).finish();
}

}  // namespace gatehouse::firewall
