#include "firewall/pii/pii_detector.h"

#include <algorithm>
#include <array>

#include "firewall/pii/contacts.h"
#include "firewall/pii/national.h"
#include "firewall/pii/number_masks.h"
#include "firewall/text/utf8.h"
#include "firewall/text/views.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gatehouse::firewall {
namespace {

constexpr size_t kCapitals = 4;        // letters that may stand apart before a number
constexpr size_t kLongestNumber = 48;  // bytes of a number with its separators

// The next digit or '@' at or behind `at`.
size_t next_trigger(std::string_view text, size_t at) {
#if defined(__SSE2__)
  const __m128i below = _mm_set1_epi8('0' - 1);
  const __m128i above = _mm_set1_epi8('9' + 1);
  const __m128i sign = _mm_set1_epi8('@');
  while (at + 16 <= text.size()) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i digits =
        _mm_and_si128(_mm_cmpgt_epi8(block, below), _mm_cmplt_epi8(block, above));
    const int mask = _mm_movemask_epi8(_mm_or_si128(digits, _mm_cmpeq_epi8(block, sign)));
    if (mask != 0) return at + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    at += 16;
  }
#endif
  while (at < text.size() && !is_ascii_digit(text[at]) && text[at] != '@') ++at;
  return at;
}

class Scan {
 public:
  Scan(std::string_view text, Findings& out) : text_(text), out_(out) {}

  void run() {
    size_t at = next_trigger(text_, 0);
    while (at < text_.size()) at = next_trigger(text_, text_[at] == '@' ? mail(at) : number(at));
  }

 private:
  size_t mail(size_t at) {
    const Span found = read_email(text_, at);
    if (!found) return at + 1;
    // The local part may hold digits that were taken for something else.
    while (!out_.empty() && out_.size() > first_ && out_.back().end > found.begin) out_.pop_back();
    return take(found);
  }

  size_t take(const Span& span) {
    out_.push_back({Category::pii, span.rule, static_cast<uint32_t>(span.begin),
                    static_cast<uint32_t>(span.end), span.score, span.evidence});
    done_ = span.end;
    return span.end;
  }

  size_t number(size_t digit) {
    size_t begin = digit;
    while (begin > done_ && is_ascii_alnum(text_[begin - 1]) && digit - begin < 64) --begin;
    size_t end = digit;
    while (end < text_.size() && is_ascii_alnum(text_[end])) ++end;
    const size_t run = end - begin;
    if (begin > 0 && (text_[begin - 1] == '_' || is_ascii_alnum(text_[begin - 1]))) return end;
    if (run >= 26 && run <= 62) {
      if (const Span wallet = read_wallet(text_, begin, end)) return take(wallet);
    }
    if (run >= 4 && is_ascii_letter(text_[begin])) {
      if (const Span iban = read_iban(text_, begin)) return take(iban);
    }
    if (const size_t stop = lettered_number(begin); stop != 0) return stop;
    const bool inside = continues_number(begin);
    if (!inside) {
      if (const size_t stop = masked_number(begin, run); stop != 0) return stop;
    }
    if (const Span address = read_address(text_, begin, done_)) return take(address);
    if (!inside && begin == digit && run <= 15) {
      const bool context = run >= 2 && has_phone_context(begin);
      if (const Span phone = read_phone(text_, begin, done_, context)) return take(phone);
    }
    return end;
  }

  // A number of one of the kinds at `begin`, whose first group is `run` long; 0 if there is none.
  size_t masked_number(size_t begin, size_t run) {
    size_t stop = 0;
    NumberMasks::standard().find(text_, begin, run, [&](const NumberMasks::Match& match) {
      if (!allowed(match, begin)) return false;
      const bool checked = match.kind->context.empty() || match.separator != '\0';
      stop = take({begin, match.end, match.kind->rule, match.kind->score,
                   checked ? "checksum" : "context"});
      return true;
    });
    return stop;
  }

  // A number whose first group is letters that stand apart: "AB 12 34 56 C", "X-1234567-L".
  size_t lettered_number(size_t begin) {
    if (begin < done_ + 2 || (text_[begin - 1] != ' ' && text_[begin - 1] != '-')) return 0;
    size_t letters = begin - 1;
    while (letters > done_ && text_[letters - 1] >= 'A' && text_[letters - 1] <= 'Z') --letters;
    const size_t count = begin - 1 - letters;
    if (count == 0 || count > kCapitals) return 0;
    if (letters > 0 && (is_ascii_alnum(text_[letters - 1]) || text_[letters - 1] == '_')) return 0;
    return masked_number(letters, count);
  }

  // "-3456" of "555-12-3456" and ".5" of "1.5" are no beginnings.
  bool continues_number(size_t begin) const {
    return begin > 1 && begin > done_ &&
           (text_[begin - 1] == '-' || text_[begin - 1] == '.' || text_[begin - 1] == '/') &&
           is_ascii_digit(text_[begin - 2]);
  }

  bool allowed(const NumberMasks::Match& match, size_t begin) const {
    if (match.kind->context.empty()) return true;
    using Shape = NumberKind::Shape;
    const Shape enough = match.kind->shape_is_enough;
    if (enough == Shape::any && match.separator != '\0') return true;
    if (enough == Shape::dashes && match.separator == '-') return true;
    return has_context(text_, begin, match.kind->context);
  }

  // Asked for each bare number, so it looks only where such a word may stand at all.
  bool has_phone_context(size_t begin) const { return has_context(text_, begin, phone_words()); }

  std::string_view text_;
  Findings& out_;
  size_t first_ = out_.size();
  size_t done_ = 0;
};

bool is_number_sign(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')' || c == '+' ||
         c == ':';
}

}  // namespace

void PiiDetector::scan(std::string_view text, Findings& out) {
  Scan(text, out).run();
}

size_t PiiDetector::scan_growing(std::string_view text, Findings& out) {
  const size_t first = out.size();
  Scan(text, out).run();
  // The last run of characters without a space may become anything that is written in one piece.
  size_t hold = text.size();
  while (hold > 0 && static_cast<unsigned char>(text[hold - 1]) > ' ') --hold;
  // Groups of a number may be parted by signs and spaces: "4111 1111 ", "(555) 1", "DE89 3704 ".
  size_t at = text.size();
  size_t earliest = at;
  size_t spaces = 0;
  while (at > 0 && text.size() - at < kLongestNumber) {
    const char c = text[at - 1];
    if (is_ascii_digit(c) || c == '(' || c == '+') {
      earliest = at - 1;
      spaces = 0;
    } else if (is_number_sign(c)) {
      if (c == ' ' && ++spaces > 1) break;
    } else if (c >= 'A' && c <= 'Z') {
      earliest = at - 1;  // letters of an IBAN or of a document number
      spaces = 0;
    } else if (c == 'x' || c == 'e' || c == 't') {
      spaces = 0;  // an extension: "x123", " ext. 5"
    } else {
      break;
    }
    --at;
  }
  // Only a tail with a digit in it is a number.
  const bool number =
      std::any_of(text.begin() + static_cast<std::ptrdiff_t>(earliest), text.end(), is_ascii_digit);
  if (number) hold = std::min(hold, earliest);
  // So is a short group of capitals that a number may follow: "AB 12 34 56 C".
  size_t capitals = text.size();
  if (capitals > 0 && (text[capitals - 1] == ' ' || text[capitals - 1] == '-')) --capitals;
  const size_t capitals_end = capitals;
  while (capitals > 0 && text[capitals - 1] >= 'A' && text[capitals - 1] <= 'Z') --capitals;
  const size_t letters = capitals_end - capitals;
  if (letters > 0 && letters <= kCapitals) hold = std::min(hold, capitals);
  // What was found and ends well before the held part is settled; what touches it may still grow.
  for (size_t i = first; i < out.size(); ++i) {
    if (out[i].end > hold) hold = std::min<size_t>(hold, out[i].begin);
  }
  out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                           [&](const Finding& finding) { return finding.end > hold; }),
            out.end());
  return hold;
}

void PiiDetector::scan(const Normalised& text, Findings& out) {
  scan_clean_views(text, out, [](std::string_view view, Findings& found) { scan(view, found); });
}

std::vector<std::string_view> PiiDetector::kinds() {
  std::vector<std::string_view> names = {"pii.email", "pii.phone", "pii.iban",    "pii.ipv4",
                                         "pii.ipv6",  "pii.mac",   "pii.bitcoin", "pii.ethereum"};
  for (const NumberKind& kind : number_kinds()) {
    if (std::find(names.begin(), names.end(), kind.rule) == names.end()) names.push_back(kind.rule);
  }
  return names;
}

}  // namespace gatehouse::firewall
