#include "firewall/grounding/sources.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gatehouse::firewall {
namespace {

const std::vector<std::string_view> kTexts = {
    "Refunds are paid within 14 days of the return. The customer pays the postage, unless the "
    "article was faulty. Gift cards cannot be refunded.",
    "Our shop in Riga opens at 9:30 and closes at 18:00 on weekdays. Dr. Ozols leads the shop "
    "since 2019. The turnover was 1,250,000 euros."};

float support(std::string_view sentence) {
  return Sources(kTexts).support(sentence);
}

TEST(Sources, SupportWhatTheySayInOtherWordsOfTheSameKind) {
  EXPECT_GT(support("A refund is paid within 14 days after the return."), 0.7F);
  EXPECT_GT(support("The shop in Riga closes at 18:00 on weekdays."), 0.9F);
  EXPECT_GT(support("Its turnover was 1250000 euros in whole."), 0.7F);
  EXPECT_GT(support("Faulty articles: the customer pays no postage on the return."), 0.6F);
}

TEST(Sources, DoNotSupportOtherNumbersNamesAndFacts) {
  EXPECT_LT(support("Refunds are paid within 30 days of the return."), 0.8F);
  EXPECT_LT(support("The shop in Tallinn sells bicycles and opens on Sundays."), 0.4F);
  EXPECT_LT(support("Napoleon lost the battle of Waterloo in 1815."), 0.1F);
  // The words stand in the sources, but in two of them.
  EXPECT_LT(support("Dr. Ozols refunds faulty gift cards since 2019."), 0.8F);
}

TEST(Sources, QuestionsAsidesAndShortSentencesStateNothing) {
  EXPECT_EQ(support("Would you like to buy a bicycle from Tallinn instead?"), 1.0F);
  EXPECT_EQ(support("I could not find anything about bicycles in the documents."), 1.0F);
  EXPECT_EQ(support("Sorry, bicycles from Tallinn are nothing that was mentioned."), 1.0F);
  EXPECT_EQ(support("Yes, bicycles."), 1.0F);
  for (const char* mark : {"", "---", "###", ">", "- - -", "***", "(", "\n"}) {
    EXPECT_EQ(support(mark), 1.0F) << mark;
  }
}

TEST(Sources, WithoutTextsThereIsNothingToRestOn) {
  EXPECT_TRUE(Sources({}).empty());
  const std::vector<std::string_view> blank = {"", " \n"};
  EXPECT_TRUE(Sources(blank).empty());
  EXPECT_FALSE(Sources(kTexts).empty());
}

TEST(Sources, MoreThanFitsIsTheCallersToDecide) {
  const std::string half(Sources::kMaxBytes / 2, 'x');
  EXPECT_TRUE(Sources::fit(std::vector<std::string_view>{half, half}));
  EXPECT_FALSE(Sources::fit(std::vector<std::string_view>{half, half, "x"}));
}

TEST(Sources, SentencesEndWhereTheyEnd) {
  EXPECT_TRUE(ends_sentence("It is so.", ' '));
  EXPECT_TRUE(ends_sentence("- an item", '\n'));
  EXPECT_FALSE(ends_sentence("It costs 3.", '5'));
  EXPECT_FALSE(ends_sentence("Ask Dr.", ' '));
  EXPECT_FALSE(ends_sentence("J.", ' '));
  EXPECT_FALSE(ends_sentence("e.g.", ' '));
  EXPECT_TRUE(ends_sentence("since 2019.", ' '));
}

TEST(SupportCursor, TellsTheSameHoweverTheAnswerIsCut) {
  const Sources sources(kTexts);
  const std::string answer =
      "Refunds are paid within 14 days. Napoleon lost the battle of Waterloo in 1815. The shop "
      "in Riga closes at 18:00. Penguins of Madagascar eat purple bananas";
  const auto whole = SupportCursor(&sources).feed(answer, 0, true).sentences;
  ASSERT_GE(whole.size(), 2U);
  for (size_t cut = 0; cut <= answer.size(); ++cut) {
    SupportCursor cursor(&sources);
    auto first = cursor.feed(std::string_view(answer).substr(0, cut), 0, false);
    const auto second = cursor.feed(std::string_view(answer).substr(cut), cut, true);
    first.sentences.insert(first.sentences.end(), second.sentences.begin(), second.sentences.end());
    ASSERT_EQ(first.sentences.size(), whole.size()) << cut;
    for (size_t i = 0; i < whole.size(); ++i) {
      ASSERT_EQ(first.sentences[i].begin, whole[i].begin) << cut;
      ASSERT_EQ(first.sentences[i].end, whole[i].end) << cut;
    }
    ASSERT_LE(first.hold_from, cut);
  }
}

TEST(Sources, ManyWordsAndRepetitionStayLinear) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "the same few words again and again. ";
  const std::vector<std::string_view> texts = {text};
  const Sources sources(texts);
  for (int i = 0; i < 200; ++i) {
    EXPECT_GT(sources.support("Those same words come again, few of them, again and again."), 0.3F);
  }
}

}  // namespace
}  // namespace gatehouse::firewall
