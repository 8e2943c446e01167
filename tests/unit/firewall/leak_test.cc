#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.h"
#include "firewall/leak/canary.h"
#include "firewall/leak/leak_index.h"
#include "firewall/leak/prompt_leak.h"

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

std::string coded(std::string_view text, std::string_view alphabet, unsigned bits) {
  std::string out;
  unsigned held = 0;
  unsigned held_bits = 0;
  for (const char c : text) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (held_bits += 8; held_bits >= bits; held_bits -= bits) {
      out += alphabet[held >> (held_bits - bits) & ((1U << bits) - 1)];
    }
  }
  if (held_bits > 0) out += alphabet[held << (bits - held_bits) & ((1U << bits) - 1)];
  return out;
}
std::string base64(std::string_view text) {
  return coded(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6);
}

/// The prompt in every form that is looked for, each with what the finding says of it.
std::vector<std::pair<std::string, std::string>> disguises(std::string_view prompt) {
  std::string rotated(prompt);
  for (char& c : rotated) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) continue;
    const char first = std::islower(static_cast<unsigned char>(c)) != 0 ? 'a' : 'A';
    c = static_cast<char>(first + (c - first + 13) % 26);
  }
  std::string folded;
  const std::string whole = base64(prompt);
  for (size_t i = 0; i < whole.size(); i += 76) folded += whole.substr(i, 76) + "\r\n";
  return {{std::string(prompt), "shingles"},
          {rotated, "rot13"},
          {std::string(prompt.rbegin(), prompt.rend()), "reversed"},
          {whole, "decoded:base64"},
          {folded, "decoded:base64"},
          {coded(prompt, "0123456789abcdef", 4), "decoded:hex"},
          {coded(prompt, "0123456789ABCDEF", 4), "decoded:hex"}};
}

TEST(PromptLeak, IsFoundInEveryDisguise) {
  const PromptLeak leak(kPrompt);
  for (const auto& [text, evidence] : disguises(kPrompt)) {
    const auto step = leak.find("Here you are: `" + text + "` Enjoy.");
    EXPECT_TRUE(step.found) << evidence;
    EXPECT_EQ(step.evidence, evidence);
  }
}

TEST(PromptLeak, IsFoundAtTheSamePlaceWhereverTheTextIsCut) {
  const PromptLeak leak(kPrompt);
  for (const auto& [disguise, evidence] : disguises(kPrompt)) {
    const std::string text = "So: " + disguise + ".";
    const auto whole = leak.find(text);
    for (size_t cut = 1; cut < text.size(); ++cut) {
      PromptLeak::Cursor cursor(leak);
      const auto first = cursor.feed(std::string_view(text).substr(0, cut), 0, false);
      const auto second = cursor.feed(std::string_view(text).substr(cut), cut, true);
      ASSERT_TRUE(first.found || second.found) << evidence << " cut at " << cut;
      ASSERT_EQ(first.found ? first.begin : second.begin, whole.begin) << evidence << " " << cut;
      // What has not been found yet is held from where the finding will begin.
      if (!first.found && cut > whole.begin) {
        ASSERT_LE(first.hold_from, whole.begin) << evidence << " cut at " << cut;
      }
    }
  }
}

TEST(PromptLeak, OtherThingsInTheSameEncodingsPass) {
  const PromptLeak leak(kPrompt);
  const std::string other =
      "A picture of a lake in the morning, with two boats and a man who mends his nets there.";
  for (const auto& [text, evidence] : disguises(other)) {
    const auto step = leak.find(text);
    EXPECT_FALSE(step.found) << evidence;
    EXPECT_EQ(step.hold_from, text.size()) << evidence;
  }
  EXPECT_TRUE(PromptLeak("Be brief.").empty());
  EXPECT_TRUE(PromptLeak("You are a helpful assistant of one small bank.").empty()) << "9 words";
  EXPECT_FALSE(PromptLeak("You are a helpful assistant of one small old bank.").empty());
  EXPECT_FALSE(PromptLeak("Be brief.").find(base64("Be brief. Be brief. Be brief.")).found);
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
