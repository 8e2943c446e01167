#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/json.h"
#include "firewall/pii/redact.h"
#include "firewall/pii/vault.h"
#include "firewall/stream/stream_window.h"
#include "firewall/text/json_view.h"
#include "unit/firewall/loaded_firewall.h"

namespace gatehouse::firewall {
namespace {

bool is_valid(const std::string& json) {
  return json::Parser().parse_copy(json).has_value();
}

std::string read(std::string_view json, size_t piece) {
  JsonView reader(nullptr);
  std::string view;
  for (size_t at = 0; at < json.size(); at += piece) reader.feed(json.substr(at, piece), view);
  reader.finish(view);
  return view;
}

TEST(JsonView, UndoesEscapesWhereverThePiecesAreCut) {
  const std::string json =
      R"({"a\n":"\u0041\u00e9\ud83d\ude00 \"x\" \\n \/ C:\q","b":[1,-2.5e3,"\ud83d|\ude00|\ud83d\u0041"]})";
  const std::string wanted =
      "{\"a\n\":\"A\xC3\xA9\xF0\x9F\x98\x80 \"x\" \\n / C:\\q\",\"b\":[1,-2.5e3,"
      "\"\xEF\xBF\xBD|\xEF\xBF\xBD|\xEF\xBF\xBD"
      "A\"]}";
  for (size_t piece = 1; piece <= json.size(); ++piece)
    ASSERT_EQ(read(json, piece), wanted) << piece;
  EXPECT_EQ(read("a \\n \"b\\n\"", 3), "a \\n \"b\\n\"") << "no JSON";
  EXPECT_EQ(read("[\"\\u00\"]", 2), "[\"\\u00\"]");
}

TEST(JsonView, WhatIsTakenOutLeavesJson) {
  const std::string json = R"({"k\ney":"x\ny\u0040z","n":[-41.5e1,7],"m":"end\\"})";
  const std::string view = read(json, json.size());
  for (size_t begin = 0; begin < view.size(); ++begin) {
    for (size_t end = begin + 1; end <= view.size(); ++end) {
      const Findings found = {{Category::pii, "pii.email", static_cast<uint32_t>(begin),
                               static_cast<uint32_t>(end), 1, ""}};
      const std::string left = redact_json(json, found, nullptr);
      ASSERT_TRUE(is_valid(left)) << begin << "-" << end << ": " << left;
      Vault vault;
      ASSERT_TRUE(is_valid(redact_json(json, found, &vault)));
    }
  }
}

OutputRules redacting_rules(bool json) {
  OutputRules rules;
  rules.json = json;
  rules.decide = [](const Finding& finding) {
    return finding.category == Category::pii || finding.category == Category::secret
               ? Action::redact
               : Action::flag;
  };
  return rules;
}

std::string streamed(const std::vector<std::string_view>& pieces) {
  StreamWindow window(redacting_rules(true));
  std::string shown;
  for (const std::string_view piece : pieces) shown += window.feed(piece).text;
  shown += window.finish().text;
  return shown;
}

std::string expected(const std::string& json) {
  Findings found;
  const std::string view = read(json, json.size());
  const OutputRules rules = redacting_rules(false);
  scan_output(view, rules, found);
  std::erase_if(found, [&](const Finding& f) { return rules.decide(f) != Action::redact; });
  return redact_json(json, found, nullptr);
}

void expect_redacted(const std::string& json, const std::string& wanted) {
  ASSERT_TRUE(is_valid(wanted)) << wanted;
  ASSERT_EQ(expected(json), wanted);
  const std::string_view text = json;
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(streamed({text.substr(0, cut), text.substr(cut)}), wanted) << "cut at " << cut;
  }
  std::mt19937 random(7);
  for (const size_t most : {1U, 2U, 5U, 9U}) {
    std::vector<std::string_view> pieces;
    for (size_t at = 0; at < text.size(); at += pieces.back().size())
      pieces.push_back(text.substr(at, 1 + random() % most));
    ASSERT_EQ(streamed(pieces), wanted) << "pieces of " << most;
  }
}

TEST(JsonStream, RedactsBehindEscapesAndLeavesJsonWhereverItIsCut) {
  expect_redacted(R"({"body":"key\nAKIAIOSFODNN7REALKEY"})", R"({"body":"key\n[SECRET]"})");
  expect_redacted(R"({"body":"\tAKIAIOSFODNN7REALKEY\n"})", R"({"body":"\t[SECRET]\n"})");
  expect_redacted(R"({"a":"\u0041KIAIOSFODNN7REALKE\u0059","b":1})", R"({"a":"[SECRET]","b":1})");
  expect_redacted(R"({"to":"Hi\nbob\u0040example.com, \u263a"})",
                  R"({"to":"Hi\n[EMAIL], \u263a"})");
  expect_redacted(R"({"card":4111111111111111})", R"({"card":"[CARD]"})");
  expect_redacted(R"({"cards":[4111111111111111, 5500005555555559]})",
                  R"({"cards":["[CARD]", "[CARD]"]})");
  expect_redacted(R"({"card":"4111 1111 1111 1111","n":-12.5e3,"t":true})",
                  R"({"card":"[CARD]","n":-12.5e3,"t":true})");
  expect_redacted(R"([17, "plain \"words\" \\ and\/or more", null])",
                  R"([17, "plain \"words\" \\ and\/or more", null])");
}

TEST(JsonStream, FindsALongKeyBehindAnEscape) {
  std::string key = "\\n-----BEGIN PRIVATE KEY-----";
  for (int i = 0; i < 20; ++i)
    key += "\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
  const std::string json = "{\"k\":\"a" + key + "\\n-----END PRIVATE KEY-----\",\"z\":\"b\"}";
  for (const size_t piece : {1U, 3U, 64U, 5000U}) {
    std::vector<std::string_view> pieces;
    for (size_t at = 0; at < json.size(); at += piece)
      pieces.push_back(std::string_view(json).substr(at, piece));
    const std::string shown = streamed(pieces);
    EXPECT_TRUE(is_valid(shown)) << shown;
    EXPECT_EQ(shown.find("MIIE"), std::string::npos) << shown;
    EXPECT_NE(shown.find("\"z\":\"b\"}"), std::string::npos) << shown;
  }
}

/// JSON of values in random dress: each character may be escaped.
std::string dressed(std::string_view value, std::mt19937& random) {
  std::string out;
  for (const char c : value) {
    if (random() % 3 == 0) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

TEST(JsonStream, AValueIsFoundWithAndWithoutEscapes) {
  std::mt19937 random(11);
  for (const char* value : {"bob@example.com", "AKIAIOSFODNN7REALKEY", "4111 1111 1111 1111",
                            "DE89 3704 0044 0532 0130 00", "call (978) 645-9740 now"}) {
    for (int i = 0; i < 30; ++i) {
      const std::string plain = "{\"x\":\"To:\\n" + std::string(value) + "\\nBye.\"}";
      const std::string json = "{\"x\":\"To:\\n" + dressed(value, random) + "\\nBye.\"}";
      const std::string wanted = expected(plain);
      ASSERT_EQ(read(expected(json), 1), read(wanted, 1)) << json;
      for (size_t cut = 0; cut <= json.size(); cut += 3) {
        const std::string_view text = json;
        const std::string shown = streamed({text.substr(0, cut), text.substr(cut)});
        ASSERT_EQ(shown, expected(json)) << cut;
        ASSERT_TRUE(is_valid(shown)) << shown;
      }
    }
  }
}

std::string sent(std::string_view arguments, Vault* vault) {
  Segment segment{Source::assistant, arguments, 0, 0};
  segment.json = true;
  const auto verdict = firewall().inspect_input(*Policy::default_policy(), {&segment, 1}, vault);
  return verdict.replacements.empty() ? std::string(arguments) : verdict.replacements[0].text;
}

TEST(JsonInput, IsRedactedBehindEscapesAndStaysJson) {
  Vault vault;
  EXPECT_EQ(sent(R"({"body":"Hi\nbob@example.com"})", &vault), R"({"body":"Hi\n[EMAIL_1]"})");
  EXPECT_EQ(sent(R"({"to":"bob\u0040example.com"})", &vault), R"({"to":"[EMAIL_1]"})");
  EXPECT_EQ(sent(R"({"card":4111111111111111})", &vault), R"({"card":"[CARD_1]"})");
  EXPECT_EQ(sent(R"({"body":"\tAKIAIOSFODNN7REALKEY"})", &vault), R"({"body":"\t[SECRET]"})");
  EXPECT_EQ(sent("no JSON: \\nbob@example.com", &vault).find("bob@"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::firewall
