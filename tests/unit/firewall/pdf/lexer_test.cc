#include "firewall/pdf/lexer.h"

#include <gtest/gtest.h>

#include "unit/firewall/linear_time.h"

namespace gatehouse::firewall::pdf {
namespace {

using Kind = Token::Kind;

Token first(std::string_view bytes) {
  Token token;
  Lexer(bytes).next(token);
  return token;
}

TEST(PdfLexer, ReadsNumbersAsReadersDo) {
  for (const auto& [text, number] :
       std::initializer_list<std::pair<std::string_view, double>>{{"0", 0},
                                                                  {"-17", -17},
                                                                  {"+3.5", 3.5},
                                                                  {".25", 0.25},
                                                                  {"4.", 4},
                                                                  {"--5", -5},
                                                                  {"1.5.9", 1.5}}) {
    EXPECT_EQ(first(text).kind, Kind::number) << text;
    EXPECT_DOUBLE_EQ(first(text).number, number) << text;
  }
}

TEST(PdfLexer, TellsTokensApart) {
  Lexer lexer("/N#41me[(a)<4142>]<</K true>>Tj%note\n'");
  Token token;
  const std::pair<Kind, std::string_view> wanted[] = {
      {Kind::name, "NAme"},  {Kind::array_begin, ""}, {Kind::text, "a"}, {Kind::text, "AB"},
      {Kind::array_end, ""}, {Kind::dict_begin, ""},  {Kind::name, "K"}, {Kind::word, "true"},
      {Kind::dict_end, ""},  {Kind::word, "Tj"},      {Kind::word, "'"}};
  for (const auto& [kind, text] : wanted) {
    ASSERT_TRUE(lexer.next(token)) << text;
    EXPECT_EQ(token.kind, kind) << text;
    EXPECT_EQ(token.text, text);
  }
  EXPECT_FALSE(lexer.next(token));
  EXPECT_EQ(token.kind, Kind::end);
}

TEST(PdfLexer, UndoesEscapes) {
  EXPECT_EQ(first("(a\\nb\\)\\(\\\\\\053\\5x\\q)").text, "a\nb)(\\+\5xq");
  EXPECT_EQ(first("(one\\\r\ntwo)").text, "onetwo");
  EXPECT_EQ(first("(open (still) open").text, "open (still) open");
  EXPECT_EQ(first("<4 1\n4>").text, "A@");
}

TEST(PdfLexer, IsLinearInWhateverItReads) {
  for (const std::string unit :
       {"(", "BI ID EI \xff", "<<", "[1 ", "1.1.1", "%", "#/#4", "\\(", "EI "}) {
    expect_linear_time(unit, 200'000, [](const std::string& text) {
      Lexer lexer(text);
      Token token;
      while (lexer.next(token)) {
        if (token.is("ID")) lexer.skip_image();
      }
    });
  }
}

}  // namespace
}  // namespace gatehouse::firewall::pdf
