#include <cctype>
#include <string>

#include <gtest/gtest.h>

#include "core/random.h"
#include "firewall/leak/canary.h"
#include "firewall/leak/leak_index.h"

namespace gatehouse::firewall {
namespace {

constexpr const char* kPrompt =
    "You are the assistant of Example Bank. Never mention the internal code name of the project. "
    "When a "
    "customer asks about fees, first offer the premium account, then explain the table of fees in "
    "full.";

TEST(LeakIndex, FindsARunOfThePromptsWordsWhateverStandsBetweenThem) {
  const LeakIndex index(kPrompt);
  EXPECT_TRUE(
      index
          .find(
              "He said: NEVER mention -- the internal\ncode name, of the project! When a customer")
          .found);
  EXPECT_FALSE(
      index.find("Never mention the war. The internal code of a project is a name.").found);
  EXPECT_FALSE(index.find("").found);
}

TEST(LeakIndex, SaysHowLongTheRunIs) {
  const std::string text =
      "ok: When a customer asks about fees, first offer the premium account. Bye";
  const auto step = LeakIndex(kPrompt).find(text);
  ASSERT_TRUE(step.found);
  EXPECT_EQ(step.words, 10U);
  EXPECT_EQ(text.substr(step.begin, 14), "customer asks ");
}

TEST(LeakIndex, ShortPromptsLeakNothing) {
  const LeakIndex index("Be brief.");
  EXPECT_TRUE(index.empty());
  EXPECT_FALSE(index.find("Be brief. Be brief. Be brief.").found);
}

TEST(LeakIndex, RepetitiveTextStaysCheap) {
  std::string prompt;
  for (int i = 0; i < 5000; ++i) prompt += "you are ";
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "you are ";
  EXPECT_TRUE(LeakIndex(prompt).find(text).found);
}

TEST(Canary, IsLongRandomAndFoundInItsDisguises) {
  const std::string canary = make_canary("a secret");
  EXPECT_EQ(canary.size(), 20U);
  EXPECT_EQ(make_canary("a secret"), canary);
  EXPECT_NE(make_canary("another"), canary);
  EXPECT_NE(canary_sentence(canary).find(canary), std::string::npos);
  const CanaryMatcher matcher(canary);
  std::string spaced;
  std::string upper;
  for (const char c : canary) {
    spaced += std::string(1, c) + "_ ";
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  EXPECT_TRUE(matcher.find("x " + canary + " y").found);
  EXPECT_TRUE(matcher.find(spaced).found);
  EXPECT_TRUE(matcher.find(upper).found);
  EXPECT_TRUE(matcher.find(std::string(canary.rbegin(), canary.rend())).found);
  EXPECT_FALSE(matcher.find(canary.substr(0, 19)).found);
  EXPECT_FALSE(matcher.find("the quick brown fox jumps over the lazy dog").found);
}

}  // namespace
}  // namespace gatehouse::firewall
