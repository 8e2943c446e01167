#include "firewall/pdf/encodings.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <unicode/ucnv.h>
#include <unicode/unorm2.h>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall::pdf {
namespace {

using Named = std::pair<std::string_view, char32_t>;

// Ordered by name.
constexpr std::array kGlyphs = std::to_array<Named>({
    {"AE", 0xC6},
    {"Eth", 0xD0},
    {"Euro", 0x20AC},
    {"Lslash", 0x141},
    {"OE", 0x152},
    {"Oslash", 0xD8},
    {"Thorn", 0xDE},
    {"ae", 0xE6},
    {"ampersand", '&'},
    {"asciicircum", '^'},
    {"asciitilde", '~'},
    {"asterisk", '*'},
    {"at", '@'},
    {"backslash", '\\'},
    {"bar", '|'},
    {"braceleft", '{'},
    {"braceright", '}'},
    {"bracketleft", '['},
    {"bracketright", ']'},
    {"brokenbar", 0xA6},
    {"bullet", 0x2022},
    {"cent", 0xA2},
    {"colon", ':'},
    {"comma", ','},
    {"copyright", 0xA9},
    {"currency", 0xA4},
    {"dagger", 0x2020},
    {"daggerdbl", 0x2021},
    {"degree", 0xB0},
    {"divide", 0xF7},
    {"dollar", '$'},
    {"dotlessi", 0x131},
    {"eight", '8'},
    {"ellipsis", 0x2026},
    {"emdash", 0x2014},
    {"endash", 0x2013},
    {"equal", '='},
    {"eth", 0xF0},
    {"exclam", '!'},
    {"exclamdown", 0xA1},
    {"ff", 0xFB00},
    {"ffi", 0xFB03},
    {"ffl", 0xFB04},
    {"fi", 0xFB01},
    {"five", '5'},
    {"fl", 0xFB02},
    {"florin", 0x192},
    {"four", '4'},
    {"fraction", 0x2044},
    {"germandbls", 0xDF},
    {"grave", '`'},
    {"greater", '>'},
    {"guillemotleft", 0xAB},
    {"guillemotright", 0xBB},
    {"guilsinglleft", 0x2039},
    {"guilsinglright", 0x203A},
    {"hyphen", '-'},
    {"less", '<'},
    {"logicalnot", 0xAC},
    {"lslash", 0x142},
    {"minus", 0x2212},
    {"mu", 0xB5},
    {"multiply", 0xD7},
    {"nbspace", 0xA0},
    {"nine", '9'},
    {"numbersign", '#'},
    {"oe", 0x153},
    {"one", '1'},
    {"onehalf", 0xBD},
    {"onequarter", 0xBC},
    {"ordfeminine", 0xAA},
    {"ordmasculine", 0xBA},
    {"oslash", 0xF8},
    {"paragraph", 0xB6},
    {"parenleft", '('},
    {"parenright", ')'},
    {"percent", '%'},
    {"period", '.'},
    {"periodcentered", 0xB7},
    {"perthousand", 0x2030},
    {"plus", '+'},
    {"plusminus", 0xB1},
    {"question", '?'},
    {"questiondown", 0xBF},
    {"quotedbl", '"'},
    {"quotedblbase", 0x201E},
    {"quotedblleft", 0x201C},
    {"quotedblright", 0x201D},
    {"quoteleft", 0x2018},
    {"quoteright", 0x2019},
    {"quotesinglbase", 0x201A},
    {"quotesingle", '\''},
    {"registered", 0xAE},
    {"section", 0xA7},
    {"semicolon", ';'},
    {"seven", '7'},
    {"six", '6'},
    {"slash", '/'},
    {"space", ' '},
    {"sterling", 0xA3},
    {"thorn", 0xFE},
    {"three", '3'},
    {"threequarters", 0xBE},
    {"trademark", 0x2122},
    {"two", '2'},
    {"underscore", '_'},
    {"yen", 0xA5},
    {"zero", '0'},
});

// What follows a letter in a name: a mark that stands on it.
constexpr std::array kAccents = std::to_array<Named>({
    {"acute", 0x301},
    {"breve", 0x306},
    {"caron", 0x30C},
    {"cedilla", 0x327},
    {"circumflex", 0x302},
    {"commaaccent", 0x326},
    {"dieresis", 0x308},
    {"dotaccent", 0x307},
    {"grave", 0x300},
    {"hungarumlaut", 0x30B},
    {"macron", 0x304},
    {"ogonek", 0x328},
    {"ring", 0x30A},
    {"tilde", 0x303},
});

template <size_t N>
std::optional<char32_t> find(const std::array<Named, N>& list, std::string_view name) {
  const auto at = std::lower_bound(list.begin(), list.end(), name,
                                   [](const Named& a, std::string_view b) { return a.first < b; });
  if (at == list.end() || at->first != name) return std::nullopt;
  return at->second;
}

bool is_scalar(uint32_t value) {
  return value > 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

/// "uni00410042", "u1F600".
bool append_numbered(std::string_view name, std::string& out) {
  const bool groups = name.starts_with("uni");
  std::string_view digits = name.substr(groups ? 3 : 1);
  const size_t each = groups ? 4 : digits.size();
  if (digits.size() < 4 || each > 6 || digits.size() % each != 0 || digits.size() > 32)
    return false;
  std::string text;
  for (; !digits.empty(); digits.remove_prefix(each)) {
    uint32_t value = 0;
    const char* end = digits.data() + each;
    const auto [read, error] = std::from_chars(digits.data(), end, value, 16);
    if (error != std::errc() || read != end || !is_scalar(value)) return false;
    append_utf8(text, value);
  }
  out += text;
  return true;
}

void append_accented(char32_t letter, char32_t mark, std::string& out) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* composer = unorm2_getNFCInstance(&error);
  const auto composed =
      U_FAILURE(error)
          ? U_SENTINEL
          : unorm2_composePair(composer, static_cast<UChar32>(letter), static_cast<UChar32>(mark));
  append_utf8(out, composed < 0 ? letter : static_cast<char32_t>(composed));
}

/// ICU knows the tables under these names.
Encoding table(const char* converter) {
  Encoding out;
  UErrorCode error = U_ZERO_ERROR;
  UConverter* open = ucnv_open(converter, &error);
  if (open == nullptr || U_FAILURE(error)) return out;
  for (int code = 32; code < 256; ++code) {
    const char byte = static_cast<char>(code);
    UChar units[4];
    error = U_ZERO_ERROR;
    const int32_t count = ucnv_toUChars(open, units, 4, &byte, 1, &error);
    const bool known = U_SUCCESS(error) && count == 1 && units[0] != 0xFFFD && units[0] >= 32;
    if (known) append_utf8(out[static_cast<size_t>(code)], units[0]);
  }
  ucnv_close(open);
  return out;
}

}  // namespace

const Encoding& standard_encoding() {
  static const Encoding encoding = table("Adobe-Standard-Encoding");
  return encoding;
}

const Encoding& win_ansi_encoding() {
  static const Encoding encoding = [] {
    Encoding made = table("windows-1252");
    made[0xAD].assign(1, '-');  // here no soft one
    return made;
  }();
  return encoding;
}

const Encoding& mac_roman_encoding() {
  static const Encoding encoding = table("macintosh");
  return encoding;
}

std::string glyph_text(std::string_view name) {
  name = name.substr(0, name.find('.'));  // a variant's: "a.alt"
  std::string out;
  if (name.size() == 1) return std::string(name);
  if (const auto known = find(kGlyphs, name)) {
    append_utf8(out, *known);
  } else if (name.starts_with('u') && append_numbered(name, out)) {
    return out;
  } else if (name.size() > 1 && is_ascii_letter(name[0])) {
    const auto accent = find(kAccents, name.substr(1));
    if (!accent) return out;
    append_accented(static_cast<char32_t>(name[0]), *accent, out);
  }
  return out;
}

}  // namespace gatehouse::firewall::pdf
