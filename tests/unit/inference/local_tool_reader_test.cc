#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inference/local/tool_reader.h"

namespace gatehouse::inference::local {
namespace {

struct Whole {
  std::string text;
  std::vector<api::ToolCall> calls;
};

Whole read(const std::string& text, size_t piece) {
  int made = 0;
  ToolReader reader([&] { return "call_" + std::to_string(++made); });
  Whole whole;
  const auto take = [&](api::ChoiceDelta delta) {
    whole.text += delta.text;
    for (const api::ToolCallDelta& call : delta.tool_calls) {
      if (whole.calls.size() <= static_cast<size_t>(call.index)) {
        EXPECT_FALSE(call.id.empty()) << "the first piece of a call names it";
        whole.calls.emplace_back();
        whole.calls.back().id = call.id;
        whole.calls.back().name = call.name;
      }
      whole.calls[static_cast<size_t>(call.index)].arguments += call.arguments;
    }
  };
  for (size_t at = 0; at < text.size(); at += piece) {
    api::ChoiceDelta delta;
    reader.add(std::string_view(text).substr(at, piece), delta);
    take(std::move(delta));
  }
  api::ChoiceDelta delta;
  reader.finish(delta);
  take(std::move(delta));
  return whole;
}

constexpr const char* kTwoCalls =
    "Let me look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"A \\\"}\\\" "
    "B\", \"days\": [1, {\"x\": 2}]}}\n</tool_call>\n<tool_call>\n{\"name\": \"time\", "
    "\"arguments\": {}}\n</tool_call>";

TEST(ToolReader, ReadsCallsAtEverySplit) {
  for (size_t piece = 1; piece < std::string(kTwoCalls).size(); ++piece) {
    const Whole whole = read(kTwoCalls, piece);
    EXPECT_EQ(whole.text, "Let me look.") << piece;
    ASSERT_EQ(whole.calls.size(), 2U) << piece;
    EXPECT_EQ(whole.calls[0].name, "weather");
    EXPECT_EQ(whole.calls[0].arguments, "{\"city\": \"A \\\"}\\\" B\", \"days\": [1, {\"x\": 2}]}");
    EXPECT_EQ(whole.calls[1].name, "time");
    EXPECT_EQ(whole.calls[1].arguments, "{}");
    EXPECT_NE(whole.calls[0].id, whole.calls[1].id);
  }
}

TEST(ToolReader, WhatIsNoCallStaysText) {
  for (const std::string text : {"a < b and <tool> c", "<tool_cal", "<tool_call>[1, 2]", "plain"}) {
    for (size_t piece = 1; piece <= text.size(); ++piece) {
      EXPECT_EQ(read(text, piece).text, text);
      EXPECT_TRUE(read(text, piece).calls.empty());
    }
  }
}

TEST(ToolReader, ACallCutByTheEndKeepsWhatCame) {
  const Whole whole = read("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"unfin", 4);
  ASSERT_EQ(whole.calls.size(), 1U);
  EXPECT_EQ(whole.calls[0].arguments, "{\"a\":\"unfin");
  EXPECT_EQ(whole.text, "");
}

TEST(ToolReader, TellsWhereAGrammarCanTakeOver) {
  ToolReader reader([] { return "id"; });
  api::ChoiceDelta delta;
  reader.add("<tool_call", delta);
  EXPECT_FALSE(reader.at_call_begin());
  reader.add(">\n", delta);
  EXPECT_TRUE(reader.at_call_begin());
  reader.add("{", delta);
  EXPECT_FALSE(reader.at_call_begin());
}

}  // namespace
}  // namespace gatehouse::inference::local
