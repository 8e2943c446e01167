#include "firewall/tagger/tokens.h"

#include <array>

#include "firewall/tagger/gazetteer.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall::tagger {
namespace {

constexpr uint32_t kLongestWord = 64;  // bytes; the rest of a longer one is a word of its own
constexpr size_t kMaxSigns = 3;        // in a row within a name or an address
constexpr size_t kCueReach = 3;        // tokens behind "name" that may be a name in lower case
constexpr size_t kNumberReach = 2;     // words behind a house number that may be a street

bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

// Bytes that words and numbers consist of.
constexpr std::array<bool, 256> kWordByte = [] {
  std::array<bool, 256> word{};
  for (size_t c = 'a'; c <= 'z'; ++c) word[c] = word[c - 32] = true;
  for (size_t c = '0'; c <= '9'; ++c) word[c] = true;
  for (size_t c = 0x80; c <= 0xFF; ++c) word[c] = true;
  word['_'] = true;
  return word;
}();
bool is_word(char c) {
  return kWordByte[static_cast<unsigned char>(c)];
}

Shape shape_of_sign(char c) {
  switch (c) {
    case ',':
      return Shape::comma;
    case '.':
      return Shape::period;
    case '-':
      return Shape::dash;
    case '/':
      return Shape::slash;
    case '#':
      return Shape::hash;
    case '&':
      return Shape::ampersand;
    case ':':
      return Shape::colon;
    case '"':
    case '\'':
    case '`':
      return Shape::quote;
    case '(':
    case '[':
    case '{':
      return Shape::opening;
    case ')':
    case ']':
    case '}':
      return Shape::closing;
    case '|':
    case '\t':
    case ';':
      return Shape::bar;
    default:
      return Shape::other;
  }
}

// Signs that may stand within a name or an address.
bool may_join(Shape shape) {
  switch (shape) {
    case Shape::newline:
    case Shape::comma:
    case Shape::period:
    case Shape::dash:
    case Shape::slash:
    case Shape::hash:
    case Shape::ampersand:
      return true;
    default:
      return false;
  }
}

bool is_sign(Shape shape) {
  return shape >= Shape::newline;
}
bool is_number(Shape shape) {
  return shape >= Shape::digit1 && shape <= Shape::numbered;
}
bool is_capitalised(Shape shape) {
  return shape >= Shape::capital && shape <= Shape::joined;
}

class Splitter {
 public:
  Splitter(std::string_view text, std::vector<Token>& tokens)
      : text_(text), tokens_(tokens), gazetteer_(Gazetteer::standard()) {}

  void run() {
    tokens_.assign(kEdges, Token{});
    size_t at = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == ' ' || c == '\r') {
        ++at;
      } else if (is_word(c)) {
        at = word(at);
      } else if (c == '\n' || is_escaped_newline(at)) {
        at = newline(at);
      } else {
        at = sign(at);
      }
    }
    tokens_.resize(tokens_.size() + kEdges);
  }

 private:
  // "\n" written out, as in the arguments of a tool call.
  bool is_escaped_newline(size_t at) const {
    return text_[at] == '\\' && at + 1 < text_.size() && text_[at + 1] == 'n';
  }

  Token& add(size_t begin, size_t end, Shape shape) {
    Token& token = tokens_.emplace_back();
    token.begin = static_cast<uint32_t>(begin);
    token.end = static_cast<uint32_t>(end);
    token.shape = shape;
    return token;
  }

  size_t newline(size_t at) {
    const size_t end = at + (text_[at] == '\n' ? 1 : 2);
    Token& last = tokens_.back();
    if (last.shape == Shape::newline || last.shape == Shape::blank_line) {
      last.shape = Shape::blank_line;
      last.candidate = false;
      last.end = static_cast<uint32_t>(end);
      return end;
    }
    Token& token = add(at, end, Shape::newline);
    token.word = static_cast<uint32_t>(Shape::newline);
    token.candidate = joins();
    return end;
  }

  size_t sign(size_t at) {
    Token& token = add(at, at + 1, shape_of_sign(text_[at]));
    token.word = static_cast<unsigned char>(text_[at]);
    token.candidate = may_join(token.shape) && joins();
    return at + 1;
  }

  // Whether the newest token, a sign, follows what may be part of a name, with few signs between.
  bool joins() const {
    const size_t size = tokens_.size();
    if (!tokens_[size - 2].candidate) return false;
    for (size_t back = 2; back <= kMaxSigns + 1; ++back) {
      if (!is_sign(tokens_[size - back].shape)) return true;
    }
    return false;
  }

  // What a word is made of.
  struct Letters {
    uint32_t upper = 0;
    uint32_t lower = 0;
    uint32_t digits = 0;
    bool high = false;
    bool joined = false;
    bool underscore = false;
  };

  size_t word(size_t begin) {
    Letters letters;
    uint32_t hash = kWordSeed;
    size_t at = begin;
    for (; at < text_.size() && at - begin < kLongestWord; ++at) {
      const char c = text_[at];
      if (is_word(c)) {
        letters.upper += is_ascii_upper(c) ? 1U : 0U;
        letters.lower += c >= 'a' && c <= 'z' ? 1U : 0U;
        letters.digits += is_ascii_digit(c) ? 1U : 0U;
        letters.high |= is_high(c);
        letters.underscore |= c == '_';
      } else if (joins_letters(begin, at)) {
        letters.joined = true;
      } else {
        break;
      }
      hash = roll(hash, ascii_lower(c));
    }
    Token& token = add(begin, at, shape_of(letters, begin, at));
    token.word = is_number(token.shape) ? static_cast<uint32_t>(token.shape) : hash;
    describe(token, hash);
    if (is_number(token.shape)) after_number_ = tokens_.size() - 1 + kNumberReach;
    return at;
  }

  // Apostrophes and hyphens within a word: "O'Brien", "Anna-Lena", "12-14"; not the "'s" of a
  // genitive.
  bool joins_letters(size_t begin, size_t at) const {
    const char c = text_[at];
    if ((c != '\'' && c != '-') || at == begin || at + 1 >= text_.size()) return false;
    if (!is_word(text_[at + 1])) return false;
    if (c == '-') return true;
    const bool genitive =
        text_[at + 1] == 's' && (at + 2 == text_.size() || !is_word(text_[at + 2]));
    return !genitive;
  }

  // "McDonald": capitals within, as the names of classes in code, which it must not look like.
  bool is_gaelic(size_t begin) const {
    const std::string_view rest = text_.substr(begin, 4);
    return (rest.starts_with("Mc") && rest.size() > 2 && is_ascii_upper(rest[2])) ||
           (rest.starts_with("Mac") && rest.size() > 3 && is_ascii_upper(rest[3]));
  }

  Shape shape_of(const Letters& letters, size_t begin, size_t end) const {
    if (letters.underscore) return Shape::code;
    if (letters.digits > 0) {
      if (letters.digits != end - begin) {
        return letters.upper + letters.lower <= 2 ? Shape::numbered : Shape::code;
      }
      constexpr std::array kByLength = {Shape::digit1, Shape::digit1, Shape::digit2,
                                        Shape::digit3, Shape::digit4, Shape::digit5};
      return letters.digits < kByLength.size() ? kByLength[letters.digits] : Shape::digits;
    }
    if (letters.high) return Shape::foreign;
    if (letters.upper == 0) return Shape::lower;
    if (letters.lower == 0) return letters.upper == 1 ? Shape::initial : Shape::capitals;
    if (!is_ascii_upper(text_[begin])) return Shape::mixed;
    if (letters.joined || is_gaelic(begin)) return Shape::joined;
    return letters.upper == 1 ? Shape::capital : Shape::mixed;
  }

  void describe(Token& token, uint32_t hash) {
    const size_t size = token.end - token.begin;
    token.classes = gazetteer_.classes(hash);
    const bool capitalised = is_capitalised(token.shape);
    token.candidate = capitalised || is_number(token.shape) || is_lower_candidate(token);
    if ((token.classes & (kCue | kTitle)) != 0) after_cue_ = tokens_.size() - 1 + kCueReach;
    if (!token.candidate) return;
    const std::string_view word = text_.substr(token.begin, size);
    if (capitalised) {
      token.classes |= gazetteer_.classes_of_ending(word);
      if (token.shape == Shape::joined) token.classes |= classes_of_first_part(word);
    }
    const auto ending = [&](size_t count) {
      uint32_t end_hash = kWordSeed;
      for (const char c : word.substr(size - std::min(size, count)))
        end_hash = roll(end_hash, ascii_lower(c));
      return end_hash;
    };
    token.suffix = ending(3);
    token.suffix2 = ending(2);
    for (const char c : word.substr(0, 3)) token.prefix = roll(token.prefix, ascii_lower(c));
    const auto near = [&](size_t at) -> unsigned {
      return at < text_.size() && text_[at] != ' ' && !is_word(text_[at])
                 ? static_cast<unsigned char>(text_[at])
                 : 0U;
    };
    const unsigned before = token.begin > 0 ? near(token.begin - 1) : static_cast<unsigned>('\n');
    token.beside = static_cast<uint16_t>(before << 8U | near(token.end));
  }

  uint16_t classes_of_first_part(std::string_view word) const {
    uint32_t hash = kWordSeed;
    for (const char c : word.substr(0, word.find('-'))) hash = roll(hash, ascii_lower(c));
    return gazetteer_.classes(hash);
  }

  // A word in lower case may belong to a name if it is known for that, if it follows a word that
  // names follow, or if it follows a house number.
  bool is_lower_candidate(const Token& token) const {
    if (token.shape != Shape::lower && token.shape != Shape::foreign) return false;
    if ((token.classes & (kAnchors | kParticle | kUnit)) != 0) return true;
    const size_t index = tokens_.size() - 1;
    return index <= after_cue_ || index <= after_number_;
  }

  std::string_view text_;
  std::vector<Token>& tokens_;
  const Gazetteer& gazetteer_;
  size_t after_cue_ = 0;  // index of the last token that a cue or a number makes a candidate
  size_t after_number_ = 0;
};

}  // namespace

void split_tokens(std::string_view text, std::vector<Token>& tokens) {
  Splitter(text, tokens).run();
}

bool is_anchor(const Token& token) {
  if (is_capitalised(token.shape)) return true;
  if (token.shape != Shape::lower && token.shape != Shape::foreign) return false;
  if ((token.classes & kAnchors) != 0) return true;
  return token.candidate && (token.classes & (kParticle | kUnit)) == 0;
}

}  // namespace gatehouse::firewall::tagger
