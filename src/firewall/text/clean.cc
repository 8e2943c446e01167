// The first pass: code points folded and cleaned, with the map back and the evidence.
#include <algorithm>
#include <limits>

#include "firewall/text/ascii_run.h"
#include "firewall/text/fold_table.h"
#include "firewall/text/hidden.h"
#include "firewall/text/normaliser.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kMaxInput = size_t{1} << 31;

class Cleaner {
 public:
  Cleaner(std::string_view text, Normalised& out) : text_(text), out_(out) {}

  void run() {
    size_t at = 0;
    while (at < text_.size()) {
      const size_t end = plain_run_end(text_, at);
      if (end > at) {
        hidden_.flush(out_, at);
        out_.map.add(view(), static_cast<uint32_t>(at));
        out_.clean.append(text_, at, end - at);
        at = end;
      }
      while (at < text_.size() && !is_plain_byte(static_cast<unsigned char>(text_[at])))
        at = step(at);
    }
    hidden_.flush(out_, at);
    out_.map.finish(view(), static_cast<uint32_t>(text_.size()));
  }

  bool saw_lookalikes() const { return lookalikes_; }

 private:
  uint32_t view() const { return static_cast<uint32_t>(out_.clean.size()); }

  void emit(size_t at, std::string_view text) {
    out_.map.add(view(), static_cast<uint32_t>(at));
    out_.clean.append(text);
  }

  // Takes one code point that is not plain ASCII; returns where the next begins.
  size_t step(size_t at) {
    const CodePoint point = decode_utf8(text_, at);
    const size_t next = at + point.size;
    if (!point.valid) {
      hidden_.flush(out_, at);
      ++out_.evidence.invalid_utf8;
      emit(at, " ");
      return next;
    }
    if (point.value < 0x80) {  // a control character
      hidden_.flush(out_, at);
      note_invisible(at, next);
      return next;
    }
    const Fold fold = fold_of(point.value);
    if (!hidden_.take(point.value, fold.kind, at, next, out_)) hidden_.flush(out_, at);
    Evidence& evidence = out_.evidence;
    switch (fold.kind) {
      case FoldKind::keep:
      case FoldKind::plain:
        // A capital may look like another letter than its small form ("Н" is H, "н" is nothing), so
        // look-alikes keep their case until it is known whether they are folded.
        if (lookalike_of(point.value) != '\0') {
          lookalikes_ = true;
          emit(at, text_.substr(at, point.size));
        } else {
          emit(at, fold.kind == FoldKind::keep ? text_.substr(at, point.size) : fold.text);
        }
        break;
      case FoldKind::styled:
        ++evidence.styled;
        emit(at, fold.text);
        break;
      case FoldKind::lookalike:
        if (at > 0 && is_ascii_letter(text_[at - 1])) ++evidence.styled;
        emit(at, fold.text);
        break;
      case FoldKind::turned:
        ++evidence.turned;
        emit(at, fold.text);
        break;
      case FoldKind::accent:
      case FoldKind::space:
        emit(at, fold.text);
        break;
      case FoldKind::drop_invisible:
        note_invisible(at, next);
        break;
      case FoldKind::drop_bidi:
        if (point.value >= 0x202A && point.value <= 0x202E && point.value != 0x202C) {
          ++evidence.bidi;
        } else {
          ++evidence.invisible;
        }
        break;
      case FoldKind::drop_mark:
        ++evidence.marks;
        break;
      case FoldKind::drop_tag:
      case FoldKind::drop_selector:
        break;
    }
    return next;
  }

  void note_invisible(size_t at, size_t next) {
    ++out_.evidence.invisible;
    if (!out_.clean.empty() && is_ascii_alnum(out_.clean.back()) && next < text_.size() &&
        (is_ascii_alnum(text_[next]) || static_cast<unsigned char>(text_[next]) >= 0x80) &&
        at > 0) {
      ++out_.evidence.invisible_in_word;
    }
  }

  std::string_view text_;
  Normalised& out_;
  HiddenText hidden_;
  bool lookalikes_ = false;
};

struct WordScripts {
  bool latin = false;      // has an ASCII letter
  bool lookalike = false;  // has a letter of another script drawn like one
  bool other = false;      // has a letter that looks like no ASCII one
};

WordScripts scripts_of(std::string_view word) {
  WordScripts scripts;
  for (size_t i = 0; i < word.size();) {
    const CodePoint point = decode_utf8(word, i);
    if (point.value < 0x80) {
      scripts.latin |= is_ascii_letter(word[i]);
    } else if (lookalike_of(point.value) != '\0') {
      scripts.lookalike = true;
    } else {
      scripts.other = true;
    }
    i += point.size;
  }
  return scripts;
}

// Calls `visit(begin, end)` for each run of letters and digits that holds a byte beyond ASCII.
template <typename Visit>
void for_foreign_words(std::string_view text, Visit visit) {
  size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && !is_word_byte(text[at])) ++at;
    const size_t begin = at;
    bool foreign = false;
    while (at < text.size() && is_word_byte(text[at])) {
      foreign |= static_cast<unsigned char>(text[at]) >= 0x80;
      ++at;
    }
    if (foreign) visit(begin, at);
  }
}

// Folds letters of other scripts inside words that mix them with Latin ones; where such words are
// common, also in words made of look-alikes alone. Text honestly written in another script keeps
// it.
void fold_lookalikes(Normalised& out) {
  size_t mixed = 0;
  size_t honest = 0;
  for_foreign_words(out.clean, [&](size_t begin, size_t end) {
    const WordScripts scripts = scripts_of(std::string_view(out.clean).substr(begin, end - begin));
    if (scripts.latin && scripts.lookalike) ++mixed;
    if (scripts.other && !scripts.latin) ++honest;
  });
  out.evidence.mixed_words += static_cast<uint32_t>(mixed);
  const bool fold_pure = mixed > honest;  // never without mixed words
  const std::string before = std::move(out.clean);
  OffsetMap map;
  out.clean.clear();
  out.clean.reserve(before.size());
  size_t copied = 0;
  const auto copy_to = [&](size_t end) {
    map.append(out.map, static_cast<uint32_t>(copied), static_cast<uint32_t>(end),
               static_cast<uint32_t>(out.clean.size()));
    out.clean.append(before, copied, end - copied);
    copied = end;
  };
  for_foreign_words(before, [&](size_t begin, size_t end) {
    const WordScripts scripts = scripts_of(std::string_view(before).substr(begin, end - begin));
    const bool fold = scripts.latin || (!scripts.other && fold_pure);
    if (!scripts.lookalike) return;
    copy_to(begin);
    while (copied < end) {
      const CodePoint point = decode_utf8(before, copied);
      const char like = point.value < 0x80 ? '\0' : lookalike_of(point.value);
      const Fold small = like == '\0' || fold ? Fold{} : fold_of(point.value);
      if (like == '\0' || (!fold && small.kind == FoldKind::keep)) {
        copy_to(copied + point.size);
        continue;
      }
      map.add(static_cast<uint32_t>(out.clean.size()),
              out.map.to_original(static_cast<uint32_t>(copied)));
      if (fold) {
        out.clean.push_back(like);
      } else {
        out.clean.append(small.text);
      }
      copied += point.size;
    }
  });
  copy_to(before.size());
  map.finish(static_cast<uint32_t>(out.clean.size()), static_cast<uint32_t>(out.original.size()));
  out.map = std::move(map);
}

}  // namespace

void lower_ascii(std::string_view text, std::string& out) {
  out.resize(text.size());
  char* to = out.data();
  size_t i = 0;
#if defined(__SSE2__)
  const __m128i before_a = _mm_set1_epi8('A' - 1);
  const __m128i after_z = _mm_set1_epi8('Z' + 1);
  const __m128i bit = _mm_set1_epi8(0x20);
  for (; i + 16 <= text.size(); i += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i capital =
        _mm_and_si128(_mm_cmpgt_epi8(block, before_a), _mm_cmplt_epi8(block, after_z));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_or_si128(block, _mm_and_si128(capital, bit)));
  }
#endif
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto upper = static_cast<unsigned char>(static_cast<unsigned char>(byte - 'A') < 26);
    to[i] = static_cast<char>(byte | static_cast<unsigned char>(upper << 5));
  }
}

void clean_text(std::string_view original, Normalised& out) {
  original = original.substr(0, std::min(original.size(), kMaxInput));
  out.original = original;
  out.clean.clear();
  out.canonical.clear();
  out.undone.clear();
  out.map.clear();
  out.undone_map.clear();
  out.in_pieces = false;
  out.children.clear();
  out.evidence = {};
  Cleaner cleaner(original, out);
  cleaner.run();
  if (cleaner.saw_lookalikes()) fold_lookalikes(out);
  lower_ascii(out.clean, out.canonical);
}

}  // namespace gatehouse::firewall
