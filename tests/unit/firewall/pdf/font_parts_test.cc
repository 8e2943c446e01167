// What codes mean: maps to Unicode, and the names of glyphs.
#include <gtest/gtest.h>

#include "firewall/pdf/cmap.h"
#include "firewall/pdf/encodings.h"
#include "unit/firewall/linear_time.h"

namespace gatehouse::firewall::pdf {
namespace {

CMap parse(std::string_view text) {
  Budget budget({});
  return CMap::parse(text, budget);
}

std::string meaning(const CMap& map, uint32_t code) {
  std::string out;
  return map.append(code, out) ? out : "?";
}

TEST(PdfCMap, MapsCharactersAndRanges) {
  const CMap map = parse(
      "2 beginbfchar <01> <0041> <02> <D83DDE00> endbfchar "
      "3 beginbfrange <10> <12> <0061> <20> <22> [<0078> <00790079>] <30> <30> <FB01> endbfrange");
  EXPECT_EQ(meaning(map, 1), "A");
  EXPECT_EQ(meaning(map, 2), "\U0001F600");
  EXPECT_EQ(meaning(map, 0x12), "c");
  EXPECT_EQ(meaning(map, 0x21), "yy");
  EXPECT_EQ(meaning(map, 0x22), "?");
  EXPECT_EQ(meaning(map, 0x30), "ﬁ");
  EXPECT_EQ(meaning(map, 0x13), "?");
}

TEST(PdfCMap, KnowsHowLongCodesAre) {
  const CMap map = parse("2 begincodespacerange <00> <7F> <8000> <FFFF> endcodespacerange");
  EXPECT_EQ(map.code_bytes("A"), 1U);
  EXPECT_EQ(map.code_bytes("\x81\x40"), 2U);
  EXPECT_EQ(parse("").code_bytes("A"), 0U);
}

TEST(PdfCMap, MakesOfNonsenseWhatItCan) {
  const CMap map =
      parse("<01> endbfchar <05> <01> <0041> endbfrange ] [ <02> <0042> endbfchar <03>");
  EXPECT_EQ(meaning(map, 1), "?");
  EXPECT_EQ(meaning(map, 2), "B");
  EXPECT_EQ(meaning(map, 5), "?");
}

TEST(PdfCMap, IsLinear) {
  expect_linear_time("<0001> <0041> ", 100'000, [](const std::string& text) { parse(text); });
  expect_linear_time("1 beginbfrange <0001> <FFFF> <0041> endbfrange ", 100'000,
                     [](const std::string& text) { parse(text); });
}

TEST(PdfGlyphs, HaveNames) {
  for (const auto& [name, text] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"a", "a"},
                                                                            {"eacute", "é"},
                                                                            {"Scaron", "Š"},
                                                                            {"fi", "ﬁ"},
                                                                            {"zero", "0"},
                                                                            {"AE", "Æ"},
                                                                            {"quotesingle", "'"},
                                                                            {"uni00410042", "AB"},
                                                                            {"u1F600", "😀"},
                                                                            {"a.sc", "a"},
                                                                            {"uniD800", ""},
                                                                            {"g17", ""},
                                                                            {"", ""}}) {
    EXPECT_EQ(glyph_text(name), text) << name;
  }
}

}  // namespace
}  // namespace gatehouse::firewall::pdf
