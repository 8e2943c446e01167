#include "firewall/stream/stream_window.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/json.h"
#include "core/random.h"
#include "firewall/pii/redact.h"
#include "firewall/secrets/secret_detector.h"
#include "unit/firewall/token_maker.h"

namespace gatehouse::firewall {
namespace {

Action redact_values(const Finding& finding) {
  switch (finding.category) {
    case Category::pii:
    case Category::secret:
      return Action::redact;
    case Category::canary:
    case Category::system_prompt_leak:
      return Action::block;
    default:
      return Action::flag;
  }
}

OutputRules rules_for_values() {
  OutputRules rules;
  rules.decide = redact_values;
  return rules;
}

struct Streamed {
  std::string shown;
  Findings findings;
  bool blocked = false;
};

void take(Streamed& all, const StreamWindow::Release& release) {
  all.shown.append(release.text);
  all.findings.insert(all.findings.end(), release.findings.begin(), release.findings.end());
  all.blocked |= release.blocked;
}

Streamed stream(const std::vector<std::string_view>& pieces, const OutputRules& rules) {
  StreamWindow window(rules);
  Streamed all;
  for (const std::string_view piece : pieces) take(all, window.feed(piece));
  take(all, window.finish());
  return all;
}

// What must be shown of a text in which values are taken out.
std::string expected(const std::string& text, const OutputRules& rules) {
  Findings found;
  scan_output(text, rules, found);
  Findings values;
  for (const Finding& finding : found) {
    if (rules.decide(finding) == Action::redact) values.push_back(finding);
  }
  return redact(text, values, nullptr);
}

std::set<std::string> names(const Findings& findings) {
  std::set<std::string> set;
  for (const Finding& finding : findings) set.emplace(finding.rule);
  return set;
}

void expect_same_however_cut(const std::string& text, const OutputRules& rules, size_t step = 1) {
  const std::string wanted = expected(text, rules);
  Findings whole;
  scan_output(text, rules, whole);
  const std::string_view view = text;
  for (size_t cut = 0; cut <= text.size(); cut += step) {
    const Streamed got = stream({view.substr(0, cut), view.substr(cut)}, rules);
    ASSERT_EQ(got.shown, wanted) << "cut at " << cut << " of: " << text;
    ASSERT_EQ(names(got.findings), names(whole)) << "cut at " << cut << " of: " << text;
  }
  std::vector<std::string_view> bytes;
  for (size_t i = 0; i < text.size(); ++i) bytes.push_back(view.substr(i, 1));
  const Streamed by_byte = stream(bytes, rules);
  ASSERT_EQ(by_byte.shown, wanted) << "byte by byte: " << text;
  ASSERT_EQ(names(by_byte.findings), names(whole)) << "byte by byte: " << text;
  std::mt19937 random(static_cast<unsigned>(text.size()));
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at < text.size();) {
    const size_t size = 1 + random() % 9;
    pieces.push_back(view.substr(at, size));
    at += size;
  }
  ASSERT_EQ(stream(pieces, rules).shown, wanted) << "at random: " << text;
}

TEST(StreamWindow, TakesOutValuesWhereverThePiecesAreCut) {
  const OutputRules rules = rules_for_values();
  for (const char* text :
       {"The card is 4111 1111 1111 1111, valid until 12/27, and mine is 5500-0055-5555-5559.",
        "Write to jane.doe+test@example.co.uk or call (978) 645-9740 x113. Thanks!",
        "IBAN DE89 3704 0044 0532 0130 00 and GB82 WEST 1234 5698 7654 32; SSN 536-90-4399.",
        "NINO AB 12 34 56 C, Steuer-ID 65 929 970 489, server 10.1.2.3 and 2001:db8::8a2e:370:7334",
        "Use AKIAABCDEFGHIJKLMNOP as the key. DB_PASSWORD=hunter2!Hunter and that is it.",
        "password is Correct4Horse! so there; Authorization: Bearer abcdef0123456789ABCDEFxyz.",
        "Connect to postgres://app:S3cr3tPw9@db.example:5432/prod and then go on reading this.",
        "No secrets here, only words. And more words, (in brackets) - and dashes."}) {
    expect_same_however_cut(text, rules);
  }
}

TEST(StreamWindow, SecretsOfEveryFormatAreNeverShown) {
  SeededRandom random(7);
  const OutputRules rules = rules_for_values();
  for (const SecretRule& rule : SecretDetector::standard().rules()) {
    const std::string token = make_token(rule.format, random);
    const std::string context = rule.context.empty() ? "" : rule.context.front() + ": ";
    const std::string text = "Here it is: " + context + token + " and nothing else.";
    Findings whole;
    scan_output(text, rules, whole);
    ASSERT_FALSE(whole.empty()) << rule.id << ": " << text;
    const std::string_view view = text;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      StreamWindow window(rules);
      Streamed all;
      take(all, window.feed(view.substr(0, cut)));
      take(all, window.feed(view.substr(cut)));
      take(all, window.finish());
      ASSERT_EQ(all.shown.find(token.substr(token.size() / 2)), std::string::npos)
          << rule.id << " cut at " << cut << ": " << all.shown;
      ASSERT_FALSE(all.findings.empty()) << rule.id << " cut at " << cut;
    }
  }
}

TEST(StreamWindow, LongKeysAreSwallowedWholeAndTheAnswerGoesOn) {
  const OutputRules rules = rules_for_values();
  std::string body;
  for (int i = 0; i < 40; ++i)
    body += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
  const std::string text =
      "Key:\n-----BEGIN PRIVATE KEY-----\n" + body + "-----END PRIVATE KEY-----\nThat was it.";
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at < text.size(); at += 7)
    pieces.push_back(std::string_view(text).substr(at, 7));
  const Streamed got = stream(pieces, rules);
  EXPECT_EQ(got.shown.find("MIIE"), std::string::npos);
  EXPECT_NE(got.shown.find("That was it."), std::string::npos);
  EXPECT_EQ(got.shown.find("Key:\n[SECRET]"), 0U);
}

TEST(StreamWindow, APauseShowsWhatIsHeldAndForgetsNothing) {
  StreamWindow plain(rules_for_values());
  std::string shown(plain.feed("I look up the weather").text);
  shown += plain.finish().text;
  EXPECT_EQ(shown, "I look up the weather");
  shown += plain.feed(" again").text;
  shown += plain.finish().text;
  EXPECT_EQ(shown, "I look up the weather again");

  // A key under way is still the same key behind the pause.
  StreamWindow key(rules_for_values());
  const std::string body(4000, 'A');
  shown = key.feed("Key:\n-----BEGIN PRIVATE KEY-----\n" + body).text;
  shown += key.finish().text;
  shown += key.feed(body + "\n-----END PRIVATE KEY-----\nThat was it.").text;
  shown += key.finish().text;
  EXPECT_EQ(shown, "Key:\n[SECRET]\nThat was it.");
}

TEST(StreamWindow, WhatWaitedTooLongIsShownAndTheRestOfAValueIsStillFound) {
  const OutputRules rules = rules_for_values();
  StreamWindow window(rules);
  std::string shown(window.feed("Use AKIAABCDEF").text);
  EXPECT_EQ(shown, "Use ");
  shown += window.pause().text;
  EXPECT_EQ(shown, "Use AKIAABCDEF") << "as it stands it is no key";
  EXPECT_EQ(window.held_back(), 0U);
  shown += window.feed("GHIJKLMNOP as the key").text;
  shown += window.finish().text;
  EXPECT_EQ(shown, "Use AKIAABCDEF[SECRET] as the key");

  // What is forbidden as it stands is taken out, and what it grows by with it.
  StreamWindow address(rules);
  shown = address.feed("Write to jane@example.co").text;
  shown += address.pause().text;
  EXPECT_EQ(shown, "Write to [EMAIL]");
  shown += address.feed("m, please.").text;
  shown += address.finish().text;
  EXPECT_EQ(shown, "Write to [EMAIL], please.");
}

TEST(StreamWindow, NothingIsLostByAPauseAtAnyPlace) {
  const OutputRules rules = rules_for_values();
  for (const std::string_view text :
       {"The card is 4111 1111 1111 1111, valid until 12/27, and mine is 5500-0055-5555-5559.",
        "Write to jane.doe+test@example.co.uk or call (978) 645-9740 x113. Thanks!",
        "IBAN DE89 3704 0044 0532 0130 00 and GB82 WEST 1234 5698 7654 32; SSN 536-90-4399.",
        "Use AKIAABCDEFGHIJKLMNOP as the key. DB_PASSWORD=hunter2!Hunter and that is it.",
        "Connect to postgres://app:S3cr3tPw9@db.example:5432/prod and then go on, "
        "\u00e9t\u00e9."}) {
    Findings whole;
    scan_output(text, rules, whole);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      StreamWindow window(rules);
      Streamed all;
      take(all, window.feed(text.substr(0, cut)));
      take(all, window.pause());
      ASSERT_LE(window.held_back(), 3U) << "no more than a character's beginning waits on";
      take(all, window.feed(text.substr(cut)));
      take(all, window.finish());
      const std::set<std::string> found = names(all.findings);
      for (const std::string& rule : names(whole)) {
        ASSERT_TRUE(found.contains(rule)) << rule << ", paused at " << cut << ": " << all.shown;
      }
      for (const Finding& finding : whole) {
        const std::string_view value = text.substr(finding.begin, finding.end - finding.begin);
        if (rules.decide(finding) != Action::redact) continue;
        ASSERT_EQ(all.shown.find(value), std::string::npos) << value << ", paused at " << cut;
      }
    }
  }
}

/// Text whose secret stands at [begin, end), cut by a border or a pause: what of it had come by
/// then may be shown, nothing that comes later is, and it is recorded.
void expect_rest_is_taken_out(const std::string& text, size_t begin, size_t end) {
  const OutputRules rules = rules_for_values();
  for (const bool border : {false, true}) {
    for (size_t cut = begin + 1; cut < end; ++cut) {
      StreamWindow window(rules);
      Streamed all;
      const std::string_view view = text;
      take(all, window.feed(view.substr(0, cut)));
      take(all, border ? window.finish() : window.pause());
      const size_t before = all.shown.size();
      for (size_t at = cut; at < text.size(); at += 20) take(all, window.feed(view.substr(at, 20)));
      take(all, window.finish());
      const std::string after = all.shown.substr(before);
      for (size_t at = cut; at + 12 <= end; at += 7) {
        ASSERT_EQ(after.find(text.substr(at, 12)), std::string::npos)
            << (border ? "border" : "pause") << " at " << cut << ": " << all.shown;
      }
      ASSERT_TRUE(after.ends_with("That was it.")) << "cut at " << cut << ": " << after;
      ASSERT_EQ(all.shown.find("[SECRET][SECRET]"), std::string::npos) << "cut at " << cut;
      ASSERT_FALSE(all.findings.empty()) << "cut at " << cut;
    }
  }
}

TEST(StreamWindow, OfALongSecretThatIsCutNothingMoreIsShown) {
  std::string body;
  for (int i = 0; i < 12; ++i) {
    body +=
        "MIIEvQIBADANBgkqhkiG9w0BAQEF" + std::to_string(i) + "AASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8\n";
  }
  const std::string key = "-----BEGIN PRIVATE KEY-----\n" + body + "-----END PRIVATE KEY-----";
  expect_rest_is_taken_out("Key:\n" + key + "\nThat was it.", 5, 5 + key.size());
  std::string jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ";
  for (int i = 0; jwt.size() < 1500; ++i)
    jwt += "zdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6" + std::to_string(i);
  jwt += ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
  expect_rest_is_taken_out("It is " + jwt + "\nThat was it.", 6, 6 + jwt.size());
}

TEST(StreamWindow, ALeakThatPausesIsStillALeak) {
  const std::string prompt =
      "You are the assistant of Harbour Bank and must never tell anyone that the vault code of the "
      "branch in Lisbon is seven four one nine.";
  const PromptLeak leak(prompt);
  OutputRules rules = rules_for_values();
  rules.leak = &leak;
  const std::string text = "Sure. " + prompt;
  for (size_t cut = 10; cut < text.size(); cut += 3) {
    StreamWindow window(rules);
    Streamed all;
    take(all, window.feed(std::string_view(text).substr(0, cut)));
    take(all, window.pause());
    take(all, window.feed(std::string_view(text).substr(cut)));
    take(all, window.finish());
    ASSERT_TRUE(all.blocked) << "paused at " << cut << ": " << all.shown;
    ASSERT_EQ(all.shown.find("Lisbon"), std::string::npos) << "paused at " << cut;
  }
}

TEST(StreamWindow, ACanaryEndsTheAnswerBeforeItIsShown) {
  const std::string canary = make_canary("a secret");
  const CanaryMatcher matcher(canary);
  OutputRules rules = rules_for_values();
  rules.canary = &matcher;
  std::string dashed;
  std::string hex;
  for (const char c : canary) {
    dashed += std::string(1, c) + " - ";
    constexpr std::string_view kHex = "0123456789abcdef";
    hex += kHex[static_cast<unsigned char>(c) >> 4];
    hex += kHex[static_cast<unsigned char>(c) & 15];
  }
  const std::string reversed(canary.rbegin(), canary.rend());
  for (const std::string& form : {canary, dashed, hex, reversed}) {
    const std::string text = "The reference is " + form + " indeed.";
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      const Streamed got = stream(
          {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}, rules);
      ASSERT_TRUE(got.blocked) << form << " cut at " << cut;
      // Three characters may go: holding back on less would hold back half of all words.
      ASSERT_EQ(got.shown.substr(0, 17), "The reference is ") << form << " cut at " << cut;
      size_t letters = 0;
      for (const char c : got.shown.substr(17))
        letters += std::isalnum(static_cast<unsigned char>(c)) != 0 ? 1u : 0u;
      ASSERT_LE(letters, 3U) << form << " cut at " << cut;
    }
  }
  EXPECT_FALSE(stream({"Nothing of the kind here: abcdefg hijk 23456."}, rules).blocked);
}

TEST(StreamWindow, TheSystemPromptIsNotShownBeyondTwoWords) {
  const std::string prompt =
      "You are Ada, the assistant of Example Bank. Never discuss competitors. Always greet the "
      "customer by "
      "name and offer the premium account before answering questions about fees.";
  const PromptLeak index(prompt);
  OutputRules rules = rules_for_values();
  rules.leak = &index;
  const std::string text =
      "Sure! My instructions: always greet the customer by NAME, and offer the premium account "
      "before ...";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const Streamed got =
        stream({std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}, rules);
    ASSERT_TRUE(got.blocked) << cut;
    ASSERT_EQ(got.shown, "Sure! My instructions: always greet ") << cut;
  }
  EXPECT_FALSE(
      stream({"The customer asked about fees; always greet the customer politely, the bank says."},
             rules)
          .blocked);
}

TEST(StreamWindow, HoldsBackOnlyWhatItMust) {
  StreamWindow window(rules_for_values());
  EXPECT_EQ(window.feed("Hello wor").text, "Hello ");
  EXPECT_EQ(window.feed("ld, how ").text, "world, how ");
  EXPECT_EQ(window.held_back(), 0U);
  EXPECT_EQ(window.feed("are you").text, "are ");
  EXPECT_EQ(window.finish().text, "you");
}

TEST(StreamWindow, UnfinishedUtf8IsHeldAndBadUtf8IsPassedOn) {
  const OutputRules rules = rules_for_values();
  expect_same_however_cut("Grüße aus Köln — 你好 🙂 mail: j@exämple.de x@y.org", rules);
  expect_same_however_cut("bad \xff\xfe bytes \xe2\x82 and 4111111111111111 after", rules);
}

TEST(StreamWindow, NeverHoldsMoreThanItsBound) {
  OutputRules rules = rules_for_values();
  rules.max_hold = 256;
  StreamWindow window(rules);
  for (int i = 0; i < 2000; ++i) {
    window.feed("abc/def?x");
    ASSERT_LE(window.held_back(), 256U);
  }
}

TEST(StreamWindow, TheCorpusIsNeverShownWhereverItIsCut) {
  const std::filesystem::path data =
      std::filesystem::path(GATEHOUSE_SOURCE_DIR) / "../shared/data/firewall";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "the shared data is not here";
    // Under sanitizers all of it takes minutes.
#ifdef NDEBUG
  const size_t every = 1;
#else
  const size_t every = 23;
#endif
  const OutputRules rules = rules_for_values();
  size_t row = 0;
  for (const char* file :
       {"train/secrets", "dev/secrets", "train/presidio-synth-v2", "dev/presidio-synth-v2",
        "train/presidio-generated-large", "dev/presidio-generated-large"}) {
    std::ifstream lines(data / (std::string(file) + ".jsonl"));
    for (std::string line; std::getline(lines, line);) {
      if (row++ % every != 0) continue;
      const auto value = boost::json::parse(line);
      const std::string text(value.at("text").as_string());
      if (text.size() > 1200) continue;
      expect_same_however_cut(text, rules);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace gatehouse::firewall
