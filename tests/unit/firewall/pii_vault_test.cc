#include <string>

#include <gtest/gtest.h>

#include "firewall/pii/pii_detector.h"
#include "firewall/pii/vault.h"

namespace gatehouse::firewall {
namespace {

std::string hide(const std::string& text, Vault& vault) {
  Findings findings;
  PiiDetector::scan(text, findings);
  return redact(text, findings, &vault);
}

std::string restore(const Vault& vault, const std::string& text, Restorer::Form form,
                    size_t piece) {
  Restorer restorer(vault, form);
  std::string out;
  for (size_t at = 0; at < text.size(); at += piece) {
    restorer.feed(std::string_view(text).substr(at, piece), out);
    EXPECT_LE(restorer.held_back(), Vault::kLongestPlaceholder + 8);
  }
  restorer.finish(out);
  return out;
}

TEST(Vault, TheSameValueHasTheSamePlaceholder) {
  Vault vault;
  EXPECT_EQ(hide("a@x.org, b@x.org and a@x.org", vault), "[EMAIL_1], [EMAIL_2] and [EMAIL_1]");
  EXPECT_EQ(hide("again b@x.org", vault), "again [EMAIL_2]");
  EXPECT_EQ(vault.original("[email_2]"), "b@x.org");
  EXPECT_FALSE(vault.original("[EMAIL_3]").has_value());
}

TEST(Vault, WhatTheCallerWroteIsNotGivenOut) {
  Vault vault;
  const std::string text = "what does [EMAIL_1] mean? a@x.org";
  vault.avoid(text);
  EXPECT_EQ(hide(text, vault), "what does [EMAIL_1] mean? [EMAIL_2]");
  EXPECT_EQ(restore(vault, "[EMAIL_1] [EMAIL_2]", Restorer::Form::text, 100), "[EMAIL_1] a@x.org");
}

TEST(Restorer, PutsBackWhereverThePiecesAreCut) {
  Vault vault;
  hide("a@x.org +49 30 901820 4111111111111111", vault);
  const std::string answer =
      "Dear [EMAIL_1], [not this] [EMAIL_9] [PHONE_1]; \\[CARD\\_1\\] [email_1] arr[0] [EMAIL_1";
  for (size_t piece = 1; piece <= answer.size(); ++piece) {
    EXPECT_EQ(restore(vault, answer, Restorer::Form::text, piece),
              "Dear a@x.org, [not this] [EMAIL_9] +49 30 901820; 4111111111111111 a@x.org arr[0] "
              "[EMAIL_1")
        << piece;
  }
}

TEST(Restorer, EscapesValuesInsideJson) {
  Vault vault;
  vault.placeholder("secret.password", "a\"b\\c\nd");
  const std::string json = R"({"to":"[SECRET_1]","x":"\u005bSECRET_1\u005D"})";
  for (size_t piece = 1; piece <= json.size(); ++piece) {
    EXPECT_EQ(restore(vault, json, Restorer::Form::json, piece),
              R"({"to":"a\"b\\c\nd","x":"a\"b\\c\nd"})")
        << piece;
  }
}

TEST(Vault, OverlappingFindingsBecomeOne) {
  Vault vault;
  const Findings findings = {{Category::secret, "secret.url", 2, 10, 1, ""},
                             {Category::pii, "pii.email", 5, 12, 1, ""}};
  EXPECT_EQ(redact("ab0123456789cd", findings, &vault), "ab[SECRET_1]cd");
  EXPECT_EQ(redact("ab0123456789cd", findings, nullptr), "ab[SECRET]cd");
}

TEST(Vault, GivesUpNumbersBeforeItGrowsWithoutBound) {
  Vault vault;
  for (size_t i = 0; i < Vault::kMostEntries + 5; ++i)
    vault.placeholder("pii.email", std::to_string(i));
  EXPECT_EQ(vault.size(), Vault::kMostEntries);
  EXPECT_EQ(vault.placeholder("pii.email", "one more"), "[EMAIL]");
}

}  // namespace
}  // namespace gatehouse::firewall
