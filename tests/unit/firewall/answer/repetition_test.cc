#include "firewall/answer/repetition.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "unit/firewall/linear_time.h"

namespace gatehouse::firewall {
namespace {

std::string times(size_t n, const std::string& text) {
  std::string all;
  for (size_t i = 0; i < n; ++i) all += text;
  return all;
}

Repetition::Found found_in(const std::string& text) {
  Repetition repetition;
  return repetition.feed(text);
}

constexpr char kIntroduction[] =
    "The city was founded in 1827 at the mouth of the river, where traders had met for a long "
    "time. It grew with the railway and has two universities today. ";
constexpr char kSentence[] = "I apologise for the confusion, let me try that once again. ";

TEST(Repetition, ALoopIsNoticedWhateverItsPeriod) {
  for (const size_t length : {7U, 23U, 59U, 130U, 300U, 500U}) {
    std::string period;
    std::mt19937 random(static_cast<unsigned>(length));
    while (period.size() < length) period += static_cast<char>('a' + random() % 26);
    const Repetition::Found found = found_in(kIntroduction + times(6000 / length, period));
    EXPECT_GE(found.score, 0.5F) << length;
    EXPECT_EQ(found.rule, "runaway.period") << length;
    EXPECT_GE(found.begin + length + 130, std::size(kIntroduction)) << length;
  }
  EXPECT_EQ(found_in(kIntroduction).score, 0);
}

TEST(Repetition, TheScoreGrowsWithWhatIsRepeated) {
  float before = 0;
  for (const size_t n : {10U, 20U, 40U, 80U, 200U}) {
    const float score = found_in(kIntroduction + times(n, kSentence)).score;
    EXPECT_GT(score, before) << n;
    before = score;
  }
  EXPECT_GT(before, 0.85F);
  EXPECT_LT(found_in(kIntroduction + times(4, kSentence)).score, 0.5F);
}

TEST(Repetition, ParagraphsThatComeAgainAndAgainAreNoticedByTheirSentences) {
  std::string paragraph;
  for (int i = 0; i < 12; ++i) {
    paragraph += "This is what I have to say about point " + std::to_string(i) +
                 " of the plan that the council made.\n";
  }
  EXPECT_LT(found_in(times(2, paragraph)).score, 0.5F);
  const Repetition::Found found = found_in(kIntroduction + times(8, paragraph));
  EXPECT_GE(found.score, 0.5F);
  EXPECT_EQ(found.rule, "runaway.sentences");
}

TEST(Repetition, BlanksWithoutEndAreNoticed) {
  EXPECT_GE(found_in("{\"a\": 1" + std::string(5000, '\n')).score, 0.5F);
  EXPECT_GE(found_in("{\"a\": 1" + times(1000, "\n    ")).score, 0.5F);
}

TEST(Repetition, WhatRepeatsByNatureIsLeftAlone) {
  std::string counting, table, code, matrix;
  for (int i = 1; i <= 600; ++i) {
    counting += "Item number " + std::to_string(i) + " of the list.\n";
    table += "| row " + std::to_string(i) + " | yes | no | yes | 0.00 |\n";
    code +=
        "  EXPECT_EQ(result[" + std::to_string(i) + "], expected[" + std::to_string(i) + "]);\n";
  }
  for (int i = 0; i < 100; ++i) matrix += "[" + times(99, "0, ") + "0],\n";
  const std::string refrain = times(
      4, "Row, row, row your boat, gently down the stream.\nMerrily, merrily, life is a dream.\n");
  const std::string art = times(12, "   /\\_/\\   \n  ( o.o )  \n   > ^ <   \n");
  for (const std::string& text :
       {counting, table, code, matrix, refrain, art, times(300, "ha "), times(200, "-=") + "\n",
        std::string(400, '0'), times(20, "|---|---|---|\n"), times(100, "\xF0\x9F\x98\x82"),
        std::string(1500, '=')}) {
    EXPECT_LT(found_in(text).score, 0.5F) << text.substr(0, 60);
  }
}

TEST(Repetition, TheSameIsFoundHoweverTheTextIsCut) {
  const std::string text = kIntroduction + times(60, kSentence) + kIntroduction;
  const Repetition::Found whole = found_in(text);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Repetition repetition;
    Repetition::Found found;
    for (size_t at = 0; at < text.size();) {
      const size_t size = 1 + random() % (round % 2 == 0 ? 9 : 700);
      found = repetition.feed(std::string_view(text).substr(at, size));
      at += size;
    }
    ASSERT_EQ(found.score, whole.score);
    ASSERT_EQ(found.begin, whole.begin);
    ASSERT_EQ(found.end, whole.end);
  }
}

TEST(Repetition, IsLinear) {
  for (const char* unit : {"a", "ab", "The same words again. ", "\n", "0123456789abcdef"}) {
    expect_linear_time(unit, size_t{1} << 20, [](const std::string& text) {
      Repetition repetition;
      repetition.feed(text);
    });
  }
}

}  // namespace
}  // namespace gatehouse::firewall
