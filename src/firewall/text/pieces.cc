#include "firewall/text/pieces.h"

#include <algorithm>
#include <array>
#include <vector>

#include "firewall/text/lexicon.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr uint32_t kFewestWords = 2;
constexpr size_t kShortestWord = 4;  // letters
constexpr size_t kLongestTag = 64;
constexpr size_t kLongestComment = 96;
constexpr size_t kLongestColour = 10;
constexpr std::string_view kMarks = "*~`\"^\\";

/// The bytes that what keeps pieces apart may begin with.
constexpr std::array<bool, 256> kBegins = [] {
  std::array<bool, 256> begins{};
  for (const char c : kMarks) begins[static_cast<unsigned char>(c)] = true;
  for (const char c : {'<', '[', '\'', '\xE2', '\xF0'}) {
    begins[static_cast<unsigned char>(c)] = true;
  }
  return begins;
}();

bool is_emoji(char32_t value) {
  return (value >= 0x2190 && value <= 0x2BFF) || (value >= 0x1F000 && value <= 0x1FAFF);
}

struct Piece {
  size_t begin = 0;
  size_t end = 0;
  bool in_word = false;
};

/// Reads what may stand between two pieces.
class Joints {
 public:
  explicit Joints(std::string_view text) : text_(text) {}

  /// The end of all the signs and tags that begin at `at`, or `at`.
  size_t run(size_t at) const {
    size_t end = at;
    for (size_t next = one(end); next > end; next = one(end)) end = next;
    return end;
  }

  /// Where the letters before `at` begin, with the marks before those ("**Ig" in "**Ig**nore").
  Piece opening(size_t at, size_t from) const {
    size_t letters = at;
    while (letters > from && is_ascii_letter(text_[letters - 1])) --letters;
    size_t marks = letters;
    while (marks > from && kMarks.find(text_[marks - 1]) != kMarks.npos) --marks;
    return {marks, letters};
  }

  /// The end of "' + '" at `at`, or `at`.
  size_t in_string(size_t at) const {
    const char quote = text_[at];
    if (quote != '"' && quote != '\'') return at;
    const size_t sign = past(' ', at + 1);
    if (sign >= text_.size() || (text_[sign] != '+' && text_[sign] != '&')) return at;
    const size_t next = past(' ', sign + 1);
    return next < text_.size() && text_[next] == quote ? next + 1 : at;
  }

  /// The end of a terminal's colour at `at`, whose escape character is gone already; or `at`.
  size_t colour(size_t at) const {
    if (text_[at] != '[') return at;
    size_t end = at + 1;
    while (end < text_.size() && end - at < kLongestColour &&
           (is_ascii_digit(text_[end]) || text_[end] == ';')) {
      ++end;
    }
    return end > at + 1 && end < text_.size() && text_[end] == 'm' ? end + 1 : at;
  }

 private:
  size_t past(char c, size_t at) const {
    while (at < text_.size() && text_[at] == c) ++at;
    return at;
  }

  size_t one(size_t at) const {
    if (at >= text_.size()) return at;
    const char c = text_[at];
    if (kMarks.find(c) != kMarks.npos) return at + 1;
    if (c == '<') return tag(at);
    if (c == '[') return colour(at);
    if (static_cast<unsigned char>(c) < 0x80) return at;
    const CodePoint point = decode_utf8(text_, at);
    return point.valid && is_emoji(point.value) ? at + point.size : at;
  }

  size_t tag(size_t at) const {
    if (text_.substr(at, 4) == "<!--") {
      const size_t end = text_.substr(at, kLongestComment).find("-->");
      return end == text_.npos ? at : at + end + 3;
    }
    size_t end = at + 1;
    if (end < text_.size() && text_[end] == '/') ++end;
    if (end >= text_.size() || !is_ascii_letter(text_[end])) return at;
    while (end < text_.size() && end - at < kLongestTag && text_[end] != '>' && text_[end] != '<') {
      ++end;
    }
    return end < text_.size() && text_[end] == '>' ? end + 1 : at;
  }

  std::string_view text_;
};

/// What is to be taken out of a text.
class Cuts {
 public:
  explicit Cuts(std::string_view text) : text_(text), joints_(text) {}

  std::vector<Piece> find() {
    for (size_t at = next(0); at < text_.size(); at = next(at)) at = step(at);
    return std::move(cuts_);
  }

 private:
  size_t next(size_t at) const {
    while (at < text_.size() && !kBegins[static_cast<unsigned char>(text_[at])]) ++at;
    return at;
  }

  size_t step(size_t at) {
    if (const size_t end = joint_in_word(at); end > at) {
      const size_t from = cuts_.empty() ? 0 : cuts_.back().end;
      if (const Piece marks = joints_.opening(at, from); marks.end > marks.begin) {
        cuts_.push_back(marks);
      }
      in_word_ = end;
      return cut(at, end, true);
    }
    // What ends such a word: "</b>" in "ig<b>nore</b>".
    if (joined_up_to(at)) {
      if (const size_t end = joints_.run(at); end > at) return cut(at, end);
    }
    return cut(at, std::max({at, joints_.in_string(at), joints_.colour(at)}));
  }

  /// The end of what keeps two pieces of a word apart at `at`; `at` if nothing does.
  size_t joint_in_word(size_t at) {
    if (at < barren_ || at == 0 || !is_ascii_letter(text_[at - 1])) return at;
    const size_t end = joints_.run(at);
    if (end < text_.size() && is_ascii_letter(text_[end])) return end;
    barren_ = end;
    return at;
  }

  size_t cut(size_t begin, size_t end, bool in_word = false) {
    if (end == begin) return begin + 1;
    cuts_.push_back({begin, end, in_word});
    return end;
  }

  bool joined_up_to(size_t at) const {
    if (in_word_ == 0 || cuts_.empty() || cuts_.back().end != in_word_) return false;
    return std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(in_word_),
                       text_.begin() + static_cast<std::ptrdiff_t>(at), is_ascii_letter);
  }

  std::string_view text_;
  Joints joints_;
  std::vector<Piece> cuts_;
  size_t in_word_ = 0;  // the end of the last cut inside a word
  size_t barren_ = 0;   // up to here signs and tags are followed by no letter
};

/// How many words hold a place of `joints`, and how many of those the lexicon has.
struct Joined {
  uint32_t words = 0;
  uint32_t known = 0;
  uint32_t cut = 0;  // of the known ones, inside
};

struct Joint {
  uint32_t at = 0;
  bool in_word = false;
};

Joined joined_words(std::string_view whole, const std::vector<Joint>& joints) {
  Joined joined;
  size_t done = 0;
  std::string word;
  for (const Joint& joint : joints) {
    if (joint.at < done) continue;  // a second one in the same word
    size_t begin = joint.at;
    while (begin > 0 && is_ascii_letter(whole[begin - 1])) --begin;
    done = joint.at;
    while (done < whole.size() && is_ascii_letter(whole[done])) ++done;
    if (done - begin < kShortestWord || done - begin > Lexicon::kLongestWord) continue;
    lower_ascii(whole.substr(begin, done - begin), word);
    ++joined.words;
    if (!Lexicon::standard().has(word)) continue;
    ++joined.known;
    joined.cut += joint.in_word ? 1u : 0u;
  }
  return joined;
}

}  // namespace

std::optional<JoinedPieces> join_pieces(const Normalised& text) {
  const std::vector<Piece> cuts = Cuts(text.clean).find();
  if (cuts.size() < kFewestWords) return std::nullopt;
  JoinedPieces made;
  std::vector<Joint> joints;
  size_t copied = 0;
  const auto here = [&] { return static_cast<uint32_t>(made.text.size()); };
  const auto copy_to = [&](size_t end) {
    made.map.append(text.map, static_cast<uint32_t>(copied), static_cast<uint32_t>(end), here());
    made.text.append(text.clean, copied, end - copied);
  };
  for (const Piece& cut : cuts) {
    copy_to(cut.begin);
    copied = cut.end;
    joints.push_back({here(), cut.in_word});
  }
  copy_to(text.clean.size());
  made.map.finish(here(), static_cast<uint32_t>(text.original.size()));
  const Joined joined = joined_words(made.text, joints);
  if (joined.known < kFewestWords || joined.known * 2 < joined.words) return std::nullopt;
  made.cut_words = joined.cut;
  return made;
}

}  // namespace gatehouse::firewall
