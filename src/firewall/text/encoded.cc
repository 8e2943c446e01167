// Finds runs that may be encodings, and hands them to the decoders.
#include "firewall/text/encoded.h"

#include <algorithm>
#include <array>

#include "firewall/text/markup.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kShortestRun = 16;     // of base64, base32 and hex
constexpr size_t kShortestDense = 25;   // of the 85 signs, where nothing says so
constexpr size_t kShortestPiece = 8;    // of base64 that is cut up
constexpr size_t kWidestCut = 5;        // bytes between two pieces
constexpr size_t kMostPrefixes = 4;     // "path/SWdub3Jl…": what stands before a run's signs
constexpr size_t kWrappedLine = 40;     // a run this long may go on in the next line
constexpr size_t kEscapeReach = 160;    // bytes around escapes that are taken with them
constexpr size_t kEscapeGap = 48;       // bytes between escapes of one region
constexpr int kEscapeDepth = 3;         // "&amp;#73;"
constexpr uint32_t kFewestEscapes = 3;  // "100%" and one "&amp;" are no hiding place

enum Alphabet : uint8_t {
  kBase64 = 1,
  kBase32 = 2,
  kHex = 4,
  kHexGroup = 8,  // hex digits and what stands between bytes
  kMorse = 16,
  kBits = 32,
  kDense = 64,  // all but white space
};

constexpr std::array<uint8_t, 256> kAlphabets = [] {
  std::array<uint8_t, 256> sets{};
  const auto add = [&](std::string_view chars, uint8_t set) {
    for (const char c : chars) sets[static_cast<unsigned char>(c)] |= set;
  };
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_", kBase64);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", kBase32);
  add("0123456789abcdefABCDEF", kHex | kHexGroup);
  add(" ,:\nx", kHexGroup);
  add(".- /|", kMorse);
  add("01 \n,", kBits);
  for (size_t c = '!'; c <= '~'; ++c) sets[c] |= kDense;
  return sets;
}();

uint8_t sets_of(char c) {
  return kAlphabets[static_cast<unsigned char>(c)];
}

class Finder {
 public:
  Finder(Normalised& out, size_t max_children)
      : out_(out), text_(out.clean), limit_(max_children) {}

  void run() {
    runs();
    marked_ascii85();
    uuencoded();
    escapes();
    find_hidden_markup(out_, limit_);
  }

 private:
  bool full() const { return out_.children.size() >= limit_; }

  void add(std::optional<std::string> text, Decoding how, size_t begin, size_t end) {
    if (!text || full()) return;
    Child child;
    child.clean = std::move(*text);
    child.how = how;
    child.begin = out_.map.to_original(static_cast<uint32_t>(begin));
    child.end = out_.map.to_original(static_cast<uint32_t>(end));
    out_.children.push_back(std::move(child));
  }

  // Calls `visit(begin)` for each maximal run of `set` that is at least `shortest` bytes long; it
  // returns where to go on. Looks at the byte where such a run would have to end, so that ordinary
  // words are skipped and few bytes are read.
  template <typename Visit>
  void for_runs(uint8_t set, size_t shortest, Visit visit) {
    size_t at = 0;
    while (at + shortest <= text_.size() && !full()) {
      size_t back = at + shortest;
      while (back > at && (sets_of(text_[back - 1]) & set) != 0) --back;
      at = back > at ? back : std::max(visit(at), at + shortest);
    }
  }

  void runs() {
    for_runs(kBase64, kShortestPiece, [&](size_t at) { return try_token(at); });
    for_runs(kMorse, 12, [&](size_t at) { return try_morse(at); });
    for_runs(kHexGroup, 24, [&](size_t at) { return try_group(at); });
    const bool told = says_85();
    for_runs(kDense, told ? kShortestRun : kShortestDense,
             [&](size_t at) { return try_dense(at, told); });
  }

  size_t end_of(size_t at, uint8_t set) const {
    while (at < text_.size() && (sets_of(text_[at]) & set) != 0) ++at;
    return at;
  }

  size_t try_morse(size_t at) {
    const size_t end = end_of(at, kMorse);
    const auto is_sign = [&](size_t i) { return text_[i] == '.' || text_[i] == '-'; };
    size_t first = at;
    size_t last = end;
    while (first < end && !is_sign(first)) ++first;
    while (last > first && !is_sign(last - 1)) --last;
    if (last > first)
      add(decode_morse(text_.substr(first, last - first)), Decoding::morse, first, last);
    return end;
  }

  /// Whether the text says that something in it is in base 85.
  bool says_85() const {
    const std::string_view lower = out_.canonical;
    if (lower.find("85") == lower.npos) return false;
    return lower.find("ascii85") != lower.npos || lower.find("base85") != lower.npos ||
           lower.find("ascii 85") != lower.npos || lower.find("base 85") != lower.npos;
  }

  /// A run of letters, digits and signs, which may be base 85; without signs only if the text is
  /// `told` to have some.
  size_t try_dense(size_t at, bool told) {
    const size_t end = end_of(at, kDense);
    const std::string_view run = text_.substr(at, end - at);
    constexpr size_t kFewestSigns = 3;
    const auto signs =
        std::count_if(run.begin(), run.end(), [](char c) { return (sets_of(c) & kBase64) == 0; });
    if (!told && static_cast<size_t>(signs) < kFewestSigns) return end;
    auto text = decode_base85(run);
    if (!text) text = decode_ascii85(run);
    add(std::move(text), Decoding::ascii85, at, end);
    return end;
  }

  // Bytes written apart: "4f 76 65", "0x4f,0x76", "79, 118, 101", "01001111 01110110".
  size_t try_group(size_t at) {
    const size_t end = end_of(at, kHexGroup);
    if (end - at < 24) return end;
    while (at < end && (sets_of(text_[at]) & kHex) == 0) ++at;
    const std::string_view run = text_.substr(at, end - at);
    const size_t bits = end_of(at, kBits);
    if (bits - at >= 40) {
      add(decode_binary(text_.substr(at, bits - at)), Decoding::binary, at, bits);
    } else if (run.substr(0, 6).find_first_of(" ,:\n") != run.npos) {
      std::string bytes;
      for (size_t i = 0; i < run.size(); ++i) {
        if (run[i] == '0' && i + 1 < run.size() && run[i + 1] == 'x') {
          ++i;
        } else {
          bytes.push_back(run[i]);
        }
      }
      if (auto text = decode_hex(bytes)) {
        add(std::move(text), Decoding::hex, at, end);
      } else {
        add(decode_decimal(run), Decoding::decimal, at, end);
      }
    }
    return end;
  }

  struct Piece {
    size_t begin = 0;
    size_t end = 0;
    size_t size() const { return end - begin; }
  };

  /// The run of base64 at `at`, over the ends of wrapped lines; `shared`: the alphabets that hold
  /// all of it.
  Piece token(size_t at, uint8_t& shared) const {
    shared = 0xFF;
    size_t end = at;
    size_t line = at;
    while (end < text_.size()) {
      const uint8_t sets = sets_of(text_[end]);
      if ((sets & kBase64) != 0) {
        shared &= sets;
        ++end;
      } else if (text_[end] == '\n' && end - line >= kWrappedLine && end + 1 < text_.size() &&
                 (sets_of(text_[end + 1]) & kBase64) != 0) {
        line = ++end;
      } else {
        break;
      }
    }
    return {at, end};
  }

  size_t padded(size_t end) const {
    const size_t run = end;
    while (end < text_.size() && text_[end] == '=' && end - run < 6) ++end;
    return end;
  }

  size_t try_token(size_t at) {
    uint8_t shared = 0;
    const Piece run = token(at, shared);
    if (const size_t end = try_pieces(run); end > run.end) return end;
    return run.size() < kShortestRun ? run.end : try_run(run, shared);
  }

  size_t try_run(const Piece& piece, uint8_t shared) {
    const std::string_view run = text_.substr(piece.begin, piece.size());
    const size_t end = padded(piece.end);
    const size_t before = out_.children.size();
    const auto failed = [&] { return out_.children.size() == before; };
    if ((shared & kHex) != 0) add(decode_hex(run), Decoding::hex, piece.begin, end);
    if (failed() && (shared & kBase32) != 0) {
      add(decode_base32(run), Decoding::base32, piece.begin, end);
    }
    if (failed()) add(decode_base64(run), Decoding::base64, piece.begin, end);
    size_t sign = 0;
    for (size_t i = 0; i < kMostPrefixes && failed(); ++i) {
      sign = run.substr(0, kWrappedLine).find_first_of("/-_+", sign);
      if (sign++ == run.npos || run.size() - sign < kShortestRun) break;
      add(decode_base64(run.substr(sign)), Decoding::base64, piece.begin + sign, end);
    }
    return end;
  }

  /// The piece behind one that ends at `end`: what stands between is as one who cuts a string up
  /// writes it.
  Piece piece_after(size_t end) const {
    size_t begin = end;
    while (begin < text_.size() && begin - end < kWidestCut &&
           std::string_view(" \t\n\"'`,;+").find(text_[begin]) != std::string_view::npos) {
      ++begin;
    }
    uint8_t shared = 0;
    return begin == end ? Piece{end, end} : token(begin, shared);
  }

  static bool alike(const Piece& first, const Piece& next) {
    return next.size() == first.size() || std::min(next.size(), first.size()) >= kShortestRun;
  }

  /// Base64 that is cut into pieces of one length, or into long ones, with a shorter one at the
  /// end. Returns where it ends, or where the first piece does if it is not that.
  size_t try_pieces(const Piece& first) {
    if (!alike(first, piece_after(first.end))) return first.end;
    Base64Pieces text;
    size_t end = first.begin;
    size_t count = 0;
    for (Piece next = first; next.size() > 0; next = piece_after(end)) {
      const bool last = !alike(first, next);
      if (last && (count < 2 || next.size() > first.size())) break;
      if (!text.take(text_.substr(next.begin, next.size()))) break;
      end = next.end;
      ++count;
      if (last) break;
    }
    if (count < 2) return first.end;
    if (auto whole = std::move(text).text()) {
      add(std::move(whole), Decoding::base64, first.begin, padded(end));
      return padded(end);
    }
    for (Piece next = first; next.size() > 0 && next.begin < end; next = piece_after(next.end)) {
      uint8_t shared = 0;
      next = token(next.begin, shared);
      if (next.size() >= kShortestRun) try_run(next, shared);
    }
    return end;
  }

  void marked_ascii85() {
    for (size_t at = text_.find("<~"); at != text_.npos && !full(); at = text_.find("<~", at + 2)) {
      const size_t end = text_.find("~>", at + 2);
      if (end == text_.npos) break;
      add(decode_ascii85(text_.substr(at + 2, end - at - 2)), Decoding::ascii85, at, end + 2);
      at = end;
    }
  }

  /// Lines that each say how many bytes they hold.
  void uuencoded() {
    constexpr size_t kShortest = 8;
    std::string text;
    size_t begin = 0;
    size_t last = 0;
    const auto close = [&] {
      if (reads_as_text(text)) add(std::move(text), Decoding::uuencode, begin, last);
      text.clear();
    };
    for (size_t at = 0; at < text_.size() && !full();) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      const auto line = decode_uu_line(text_.substr(at, end - at));
      if (line && (line->size() >= kShortest || !text.empty())) {
        if (text.empty()) begin = at;
        text += *line;
        last = end;
      } else if (!text.empty()) {
        close();
      }
      at = end + 1;
    }
    if (!text.empty()) close();
  }

  // Regions in which escapes stand close together, each decoded in whole.
  void escapes() {
    const std::string_view lower = out_.canonical;
    const bool quoted =
        lower.find("=20") != lower.npos || lower.find("quoted-printable") != lower.npos;
    size_t region = text_.npos;
    size_t last = 0;
    uint32_t count = 0;
    const auto close = [&] {
      if (count >= kFewestEscapes) unescape_region(region, last, quoted);
      region = text_.npos;
      count = 0;
    };
    const auto is_sign = [&](char c) {
      return c == '%' || c == '&' || c == '\\' || (quoted && c == '=');
    };
    const auto has = [&](char c) { return text_.find(c) != text_.npos; };
    if (!quoted && !has('%') && !has('&') && !has('\\')) return;
    for (size_t at = 0; at < text_.size() && !full(); ++at) {
      if (!is_sign(text_[at])) continue;
      if (region != text_.npos && at > last + kEscapeGap) close();
      if (region == text_.npos) region = at;
      last = at;
      ++count;
    }
    close();
  }

  void unescape_region(size_t begin, size_t last, bool quoted) {
    // With the rest of its line, within reach: half of a sentence may stand there in clear.
    size_t from = begin;
    while (from > 0 && begin - from < kEscapeReach && text_[from - 1] != '\n') --from;
    size_t to = last;
    while (to < text_.size() && to - last < kEscapeReach && text_[to] != '\n') ++to;
    Unescaped made = unescape(text_.substr(from, to - from), quoted);
    for (int i = 1; i < kEscapeDepth && made.text.find_first_of("%&\\") != std::string::npos; ++i) {
      Unescaped inner = unescape(made.text, quoted);
      if (inner.percent + inner.entities + inner.escapes == 0) break;
      made.text = std::move(inner.text);
      made.percent += inner.percent;
      made.entities += inner.entities;
      made.escapes += inner.escapes;
    }
    const Decoding how = made.percent >= made.entities && made.percent >= made.escapes
                             ? Decoding::percent
                         : made.entities >= made.escapes ? Decoding::html_entities
                                                         : Decoding::escapes;
    if (made.percent + made.entities + made.escapes < kFewestEscapes) return;
    if (!reads_as_text(made.text)) return;
    add(std::move(made.text), how, from, to);
  }

  Normalised& out_;
  std::string_view text_;
  size_t limit_;
};

}  // namespace

void find_encoded(Normalised& out, size_t max_children) {
  Finder(out, max_children).run();
}

}  // namespace gatehouse::firewall
