// Writes src/firewall/text/fold_table.inc: what each code point becomes in the clean view of the
// firewall's normaliser. Run it again when ICU brings a newer Unicode:
//   g++ -std=c++20 tools/unicode/make_fold_table.cc -o /tmp/make_fold_table \
//     $(pkg-config --cflags --libs icu-i18n icu-uc) && /tmp/make_fold_table >
//     src/firewall/text/fold_table.inc
// Sources: ICU's normalisation data (NFKD, NFKC) and its confusables (UTS #39), and the short
// tables below for what neither covers: letters with strokes, turned letters, enclosed letters.
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>

namespace {
using icu::UnicodeString;

// The order is the order of `FoldKind` in fold_table.h.
enum Kind {
  keep,
  plain,
  accent,
  styled,
  lookalike,
  turned,
  space,
  drop_invisible,
  drop_bidi,
  drop_mark,
  drop_tag,
  drop_selector
};
struct Fold {
  Kind kind = keep;
  std::string text;
};

USpoofChecker* checker() {
  static USpoofChecker* made = [] {
    UErrorCode status = U_ZERO_ERROR;
    return uspoof_open(&status);
  }();
  return made;
}

std::string utf8(const UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

bool ascii(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return !text.empty();
}

std::string skeleton(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  UnicodeString out;
  uspoof_getSkeletonUnicodeString(checker(), 0, UnicodeString(c), out, &status);
  return utf8(out);
}

// The ASCII letter that `c` looks like, or 0.
char letter_like(UChar32 c) {
  static const std::map<std::string, char> letters = [] {
    std::map<std::string, char> made;
    for (const char letter : std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
      made.emplace(skeleton(letter), letter);
    }
    return made;
  }();
  const auto own = letters.find(skeleton(c));
  // "I", "l" and "1" share one skeleton: a capital's small form tells them apart.
  if (own != letters.end() && own->second != 'l') return own->second;
  const UChar32 lower = u_tolower(c);
  if (lower != c) {
    const auto small = letters.find(skeleton(lower));
    if (small != letters.end()) return static_cast<char>(std::toupper(small->second));
  }
  return own != letters.end() ? own->second : '\0';
}

const std::map<UChar32, const char*> kStrokes = {
    {0xC6, "AE"},   {0xE6, "ae"},   {0xD8, "O"},    {0xF8, "o"},    {0xDE, "Th"},  {0xFE, "th"},
    {0xD0, "D"},    {0xF0, "d"},    {0xDF, "ss"},   {0x110, "D"},   {0x111, "d"},  {0x126, "H"},
    {0x127, "h"},   {0x131, "i"},   {0x141, "L"},   {0x142, "l"},   {0x152, "OE"}, {0x153, "oe"},
    {0x166, "T"},   {0x167, "t"},   {0x180, "b"},   {0x197, "I"},   {0x19A, "l"},  {0x1E9E, "SS"},
    {0x2018, "'"},  {0x2019, "'"},  {0x201A, "'"},  {0x201B, "'"},  {0x2032, "'"}, {0x201C, "\""},
    {0x201D, "\""}, {0x201E, "\""}, {0x201F, "\""}, {0x2033, "\""}, {0x2010, "-"}, {0x2011, "-"},
    {0x2012, "-"},  {0x2013, "-"},  {0x2014, "-"},  {0x2015, "-"},  {0x2212, "-"}, {0x2044, "/"},
    {0x2215, "/"},  {0x20AC, ""}};
const std::map<UChar32, char> kTurned = {
    {0x250, 'a'},  {0x254, 'c'},  {0x1DD, 'e'},  {0x25F, 'f'},  {0x183, 'g'},  {0x1D77, 'g'},
    {0x265, 'h'},  {0x1D09, 'i'}, {0x27E, 'j'},  {0x29E, 'k'},  {0x5DF, 'l'},  {0xA781, 'l'},
    {0x26F, 'm'},  {0x279, 'r'},  {0x287, 't'},  {0x28C, 'v'},  {0x28D, 'w'},  {0x28E, 'y'},
    {0x2200, 'A'}, {0x186, 'C'},  {0x18E, 'E'},  {0x2132, 'F'}, {0x2141, 'G'}, {0x2142, 'L'},
    {0x19C, 'M'},  {0x1D1A, 'R'}, {0x22A5, 'T'}, {0x2229, 'U'}, {0x39B, 'V'},  {0x2144, 'Y'}};

bool strippable(UChar32 c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
         (c >= 0xFE20 && c <= 0xFE2F) || (c >= 0x483 && c <= 0x489);
}

/// The ASCII letter that a small capital stands for ("ɪɢɴᴏʀᴇ"), or 0.
char small_capital(UChar32 c) {
  const std::string prefix = "LATIN LETTER SMALL CAPITAL ";
  char name[128];
  UErrorCode status = U_ZERO_ERROR;
  const int32_t size = u_charName(c, U_UNICODE_CHAR_NAME, name, sizeof(name), &status);
  if (U_FAILURE(status) || size != static_cast<int32_t>(prefix.size()) + 1) return '\0';
  if (std::strncmp(name, prefix.c_str(), prefix.size()) != 0) return '\0';
  return static_cast<char>(name[prefix.size()] - 'A' + 'a');
}

UnicodeString normalized(const char* name, UNormalization2Mode mode, UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  return icu::Normalizer2::getInstance(nullptr, name, mode, status)
      ->normalize(UnicodeString(c), status);
}

std::string without_marks(const UnicodeString& text) {
  UnicodeString out;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    if (!strippable(text.char32At(i))) out.append(text.char32At(i));
  }
  return utf8(out);
}

Fold fold(UChar32 c) {
  if (c >= 0xE0000 && c <= 0xE007F) return {drop_tag, ""};
  if ((c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF)) return {drop_selector, ""};
  if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
      c == 0x61C) {
    return {drop_bidi, ""};
  }
  if (strippable(c)) return {drop_mark, ""};
  if (c == 0x85 || c == 0x2028 || c == 0x2029) return {space, "\n"};
  const auto type = static_cast<UCharCategory>(u_charType(c));
  if (type == U_SPACE_SEPARATOR) return {space, " "};
  if (c == 0x2800 || c == 0x3164 || c == 0xFFA0 || c == 0x115F || c == 0x1160 || c == 0x17B4 ||
      c == 0x17B5 || c == 0x34F) {
    return {drop_invisible, ""};
  }
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || type == U_FORMAT_CHAR ||
      (type == U_CONTROL_CHAR)) {
    return {drop_invisible, ""};
  }
  if (type == U_UNASSIGNED || type == U_SURROGATE || type == U_PRIVATE_USE_CHAR) return {};
  if (const auto at = kStrokes.find(c); at != kStrokes.end()) {
    return *at->second ? Fold{accent, at->second} : Fold{};
  }
  if (const auto at = kTurned.find(c); at != kTurned.end())
    return {turned, std::string(1, at->second)};
  if (c >= 0x1F1E6 && c <= 0x1F1FF)
    return {styled, std::string(1, static_cast<char>('a' + c - 0x1F1E6))};
  for (const UChar32 row : {0x1F150, 0x1F170}) {
    if (c >= row && c < row + 26) return {styled, std::string(1, static_cast<char>('A' + c - row))};
  }
  const std::string canonical = without_marks(normalized("nfc", UNORM2_DECOMPOSE, c));
  if (ascii(canonical)) return {accent, canonical};
  const std::string compatible = without_marks(normalized("nfkc", UNORM2_DECOMPOSE, c));
  if (ascii(compatible)) return {styled, compatible};
  const UScriptCode script = [&] {
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(c, &status);
  }();
  if ((script == USCRIPT_LATIN || script == USCRIPT_COMMON) && u_isalpha(c)) {
    if (const char like = letter_like(c)) return {lookalike, std::string(1, like)};
    if (const char like = small_capital(c)) return {lookalike, std::string(1, like)};
  }
  const UnicodeString lower = normalized("nfkc", UNORM2_COMPOSE, c).toLower();
  if (lower != UnicodeString(c)) return {plain, utf8(lower)};
  return {};
}

}  // namespace

int main() {
  constexpr UChar32 kLimit = 0x20000;
  // Pool: one head byte (kind << 4 | length), then the text. Entry 0 means "keep".
  std::string pool(1, '\0');
  std::map<std::string, unsigned> offsets;
  std::map<std::vector<unsigned>, unsigned> blocks;
  std::vector<std::vector<unsigned>> block_list;
  std::vector<unsigned> pages;
  for (UChar32 page = 0; page < kLimit; page += 64) {
    std::vector<unsigned> block;
    for (UChar32 c = page; c < page + 64; ++c) {
      const Fold made = c < 0x80 ? Fold{} : fold(c);
      if (made.kind == keep || made.text.size() > 15) {
        block.push_back(0);
        continue;
      }
      std::string entry(1, static_cast<char>(made.kind << 4 | static_cast<int>(made.text.size())));
      entry += made.text;
      auto [at, added] = offsets.emplace(entry, pool.size());
      if (added) pool += entry;
      block.push_back(at->second);
    }
    auto [at, added] = blocks.emplace(block, block_list.size());
    if (added) block_list.push_back(block);
    pages.push_back(at->second);
  }
  std::printf("// Generated by tools/unicode/make_fold_table.cc from ICU %s. Do not edit.\n",
              U_ICU_VERSION);
  std::printf("constexpr uint16_t kFoldPages[%zu] = {", pages.size());
  for (const unsigned page : pages) std::printf("%u,", page);
  std::printf("};\nconstexpr uint16_t kFoldBlocks[%zu][64] = {\n", block_list.size());
  for (const auto& block : block_list) {
    std::printf("{");
    for (const unsigned value : block) std::printf("%u,", value);
    std::printf("},\n");
  }
  std::printf("};\nconstexpr unsigned char kFoldPool[%zu] = {", pool.size());
  for (const char c : pool) std::printf("%u,", static_cast<unsigned char>(c));
  std::printf("};\n");
  // Letters of other scripts that look like an ASCII letter: folded only inside words that mix
  // scripts.
  std::printf("constexpr Lookalike kLookalikes[] = {");
  for (UChar32 c = 0x370; c < kLimit; ++c) {
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &status);
    if (!u_isalpha(c) || script == USCRIPT_LATIN || script == USCRIPT_COMMON ||
        script == USCRIPT_HAN)
      continue;
    const Fold own = fold(c);
    if (own.kind != keep && own.kind != plain) continue;
    if (const char like = letter_like(c)) std::printf("{%u,'%c'},", c, like);
  }
  std::printf("};\n");
  return pool.size() < 65536 ? 0 : 1;
}
