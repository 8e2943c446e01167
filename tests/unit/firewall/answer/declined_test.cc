#include "firewall/answer/declined.h"

#include <string>

#include <gtest/gtest.h>

#include "firewall/signatures/signature_set.h"

namespace gatehouse::firewall {
namespace {

Finding judged(std::string_view text) {
  Beginning beginning;
  beginning.add(text);
  return beginning.judge();
}

TEST(Beginning, EachRuleMatchesItsExamplesAndNoneMatchesTheOthers) {
  for (const SignatureRule& rule : SignatureSet::refusals().rules()) {
    EXPECT_EQ(rule.category, Category::refusal) << rule.id;
    EXPECT_FALSE(rule.match.empty() || rule.pass.empty()) << rule.id;
    for (const std::string& text : rule.match) {
      EXPECT_GE(judged(text).score, 0.5F) << rule.id << ": " << text;
    }
    for (const std::string& text : rule.pass) {
      EXPECT_EQ(judged(text).score, 0) << rule.id << ": " << text << " by " << judged(text).rule;
    }
  }
}

TEST(Beginning, HarmlessAnswersDeclineNothing) {
  for (const char* text : {
           "You can't return the shoes after 30 days, but you can exchange them.",
           "We apologise for the delay. Your order has left our warehouse today.",
           "Sure! Here is a poem about a robot who can't dance, won't sing and will not help.",
           "I can help with that. First, open the settings and choose 'Network'.",
           "I can't wait to see what you build with this! Start by installing the package.",
           "Unfortunately the function cannot return two values, so wrap them in a tuple.",
           "The error means that the server could not provide a certificate.",
           "Der Vertrag kann leider nicht vor Mai gekündigt werden.",
           "Vous ne pouvez pas modifier une commande expédiée.",
           "Нельзя отменить заказ после отправки.",
           "您可以在设置中更改密码。",
       }) {
    EXPECT_EQ(judged(text).score, 0) << text << " by " << judged(text).rule;
  }
}

TEST(Beginning, OnlyTheBeginningCounts) {
  Beginning beginning;
  const std::string story(Beginning::kSize, 'x');
  EXPECT_EQ(beginning.add(story + " I'm sorry, but I can't help with that."), Beginning::kSize);
  EXPECT_TRUE(beginning.full());
  EXPECT_EQ(beginning.judge().score, 0);
}

TEST(Beginning, TheSpanIsThatOfTheOriginal) {
  const std::string text = "I’m sorry, but I can’t assist with that request.";
  const Finding finding = judged(text);
  EXPECT_EQ(finding.rule, "REF-001");
  EXPECT_LE(finding.end, text.size());
  EXPECT_GT(finding.end, text.find("assist"));
}

}  // namespace
}  // namespace gatehouse::firewall
