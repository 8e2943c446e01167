#include "firewall/secrets/secret_detector.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "firewall/secrets/token_format.h"
#include "unit/firewall/linear_time.h"
#include "unit/firewall/token_maker.h"

namespace gatehouse::firewall {
namespace {

Findings scan(const std::string& text) {
  Findings findings;
  SecretDetector::standard().scan(text, findings);
  return findings;
}

bool covers(const Findings& findings, size_t begin, size_t end) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.begin <= begin && finding.end >= end;
  });
}

TEST(SecretDetector, FindsATokenOfEachFormatInEachCarrier) {
  SeededRandom random(11);
  const char* carriers[][2] = {{"", ""},
                               {"KEY=", "\n"},
                               {"{\"value\": \"", "\"}"},
                               {"I pasted ", " by mistake."},
                               {"(", ")."}};
  for (const SecretRule& rule : SecretDetector::standard().rules()) {
    for (const auto& carrier : carriers) {
      const std::string token = make_token(rule.format, random);
      const std::string before =
          (rule.context.empty() ? "" : rule.context.front() + " ") + std::string(carrier[0]);
      const std::string text = before + token + carrier[1];
      EXPECT_TRUE(covers(scan(text), before.size(), before.size() + token.size()))
          << rule.id << ": " << text;
    }
  }
}

TEST(SecretDetector, FindsWhatContextAnnounces) {
  const auto finds = [](const std::string& text, const std::string& value) {
    const size_t at = text.find(value);
    return covers(scan(text), at, at + value.size());
  };
  EXPECT_TRUE(finds("DB_PASSWORD=yAzrjS%3RgJYHpi", "yAzrjS%3RgJYHpi"));
  EXPECT_TRUE(finds("password: \"hunter2!Hunter\"", "hunter2!Hunter"));
  EXPECT_TRUE(finds("client_secret = 'a8Fk29dkWq01LxPz77Qm'", "a8Fk29dkWq01LxPz77Qm"));
  EXPECT_TRUE(finds("Authorization: Bearer 0SCXe6-SwoXfOvpKahsHAqQTlj3LBq9l",
                    "0SCXe6-SwoXfOvpKahsHAqQTlj3LBq9l"));
  EXPECT_TRUE(finds("postgres://app:KU0hX7diRqHlA0g0@db:5432/prod",
                    "postgres://app:KU0hX7diRqHlA0g0@db:5432/prod"));
}

TEST(SecretDetector, HarmlessLookAlikesPass) {
  for (const char* text :
       {"commit 4a62ecca6e44f8cfa8fad33cac1a5156b46b7d1b",
        "TOKEN = \"09a82ef5-f76e-49d5-a404-9afd1543b086\"",
        "sha256:1742ecf184e59aa38bbfe3ad6d92e81377029205abf773136668c2364b82376c",
        "api_key: ${API_KEY}", "password: changeme", "postgres://user:password@localhost/db",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "const apiKey = getSecret(\"prod/api-key\");",
        "access_token_expires_in = 3600", "self.token = token", "Explain what a bearer token is.",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----", "password_hash = compute(x)",
        "secret_name: prod-database-credentials", "eyJhbGciOiJub25lIn0.e30.",
        "https://example.com/a?b=c", "user@example.com:password"}) {
    EXPECT_TRUE(scan(text).empty())
        << text << ": " << (scan(text).empty() ? "" : scan(text)[0].rule);
  }
}

TEST(SecretDetector, PrivateKeysEndWithTheirClosingLine) {
  const std::string key =
      "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGlrc3JQm7x1cUd9VqkZ0f0\n-----END EC PRIVATE "
      "KEY-----";
  const Findings findings = scan("x " + key + " y");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].begin, 2U);
  EXPECT_EQ(findings[0].end, 2 + key.size());
}

TEST(TokenFormat, RefusesWhatItCannotMatchWithoutGoingBack) {
  EXPECT_FALSE(TokenFormat::parse("[a-z]{1,5}abc"));
  EXPECT_FALSE(TokenFormat::parse("[a-z"));
  EXPECT_FALSE(TokenFormat::parse("[a-z]"));
  EXPECT_FALSE(TokenFormat::parse("[z-a]{2}"));
  EXPECT_FALSE(TokenFormat::parse("[a]{3,2}"));
  EXPECT_FALSE(TokenFormat::parse(""));
  EXPECT_TRUE(TokenFormat::parse("ab_[a-z]{3}"));
}

TEST(TokenFormat, TellsOpenFromDecided) {
  const auto format = TokenFormat::parse("ab_[0-9]{3,5}");
  ASSERT_TRUE(format);
  using Kind = TokenFormat::Match::Kind;
  EXPECT_EQ(format->match("ab_123 ", 0).kind, Kind::whole);
  EXPECT_EQ(format->match("ab_12", 0, true).kind, Kind::partial);
  EXPECT_EQ(format->match("ab_123", 0, true).kind, Kind::partial);
  EXPECT_EQ(format->match("ab_123", 0, false).kind, Kind::whole);
  EXPECT_EQ(format->match("ab_12x", 0, true).kind, Kind::none);
  EXPECT_EQ(format->match("ab_123456", 0, false).kind, Kind::none);
  EXPECT_EQ(format->match("xab_123", 1, false).kind, Kind::none);
}

TEST(SecretRules, BadFilesAreRefusedByRule) {
  const auto refused = [](const char* yaml) {
    const auto made = SecretDetector::compile(yaml);
    return made ? std::string("compiled") : made.error().message;
  };
  EXPECT_NE(
      refused("rules: [{id: a, about: b, format: '[a-z]{4}'}]").find("rule a: needs a literal"),
      std::string::npos);
  EXPECT_NE(refused("rules: [{id: a, about: b, format: 'ab', kind: c}]").find("unknown key 'kind'"),
            std::string::npos);
  EXPECT_NE(refused("rules: [{id: a, about: b, format: 'ab[x'}]").find("format 'ab[x'"),
            std::string::npos);
}

TEST(SecretDetector, TakesLinearTime) {
  for (const char* unit :
       {"-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n          ", "-----BEGIN ",
        "a://b:x7k@d", "password=", "secret=a1", "eyJ.", "Bearer a", "azure ", "AKIA", "sk-"}) {
    Findings findings;
    expect_linear_time(unit, 8'000, [&](const std::string& text) {
      findings.clear();
      SecretDetector::standard().scan(text, findings);
    });
  }
}

// A key may stand behind beginnings that are none, further on than one of them is read.
TEST(SecretDetector, FindsTheWholeKeyBehindManyBeginnings) {
  std::string text;
  while (text.size() < 40'000) text += "-----BEGIN PRIVATE KEY-----\n";
  const size_t begin = text.size();
  text += "-----BEGIN PRIVATE KEY-----\n";
  for (int i = 0; i < 200; ++i) text += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDf\n";
  text += "-----END PRIVATE KEY-----";
  EXPECT_TRUE(covers(scan(text), begin, text.size()));
  EXPECT_TRUE(covers(scan(text + "\nand more"), begin, text.size()));
}

}  // namespace
}  // namespace gatehouse::firewall
