#include "api/stream_renderer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::api {
namespace {

using testing::HasSubstr;

StreamTarget target(Dialect dialect) {
  StreamTarget out;
  out.dialect = dialect;
  out.id = "id-1";
  out.model = "m";
  out.created = 7;
  return out;
}

ChatEvent text(const std::string& piece, FinishReason reason = FinishReason::none) {
  ChatEvent event;
  event.edited = true;
  ChoiceDelta& delta = event.choices.emplace_back();
  delta.text = piece;
  delta.finish_reason = reason;
  return event;
}

ChatEvent tool(int index, const std::string& id, const std::string& name,
               const std::string& arguments) {
  ChatEvent event;
  event.edited = true;
  ToolCallDelta& call = event.choices.emplace_back().tool_calls.emplace_back();
  call.index = index;
  call.id = id;
  call.name = name;
  call.arguments = arguments;
  return event;
}

ChatEvent raw(Dialect dialect, const std::string& name, const std::string& data) {
  ChatEvent event;
  event.dialect = dialect;
  event.raw_event = name;
  event.raw_data = data;
  return event;
}

std::string play(const StreamTarget& to, const std::vector<ChatEvent>& events,
                 const Usage& usage = {}) {
  StreamRenderer renderer(to);
  std::string out;
  for (const ChatEvent& event : events) renderer.render(event, out);
  renderer.finish(usage, out);
  return out;
}

/// The names of an SSE stream's events, in order.
std::vector<std::string> names(const std::string& stream) {
  std::vector<std::string> out;
  for (size_t at = stream.find("event: "); at != std::string::npos;
       at = stream.find("event: ", at + 1)) {
    out.push_back(stream.substr(at + 7, stream.find('\n', at) - at - 7));
  }
  return out;
}

constexpr std::string_view kHead =
    R"(data: {"id":"id-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[)";

TEST(OpenAiStream, BeginsWithTheRoleAndEndsWithDone) {
  const std::string out =
      play(target(Dialect::openai), {text("a"), text("b"), text("", FinishReason::length)});
  const std::string head(kHead);
  EXPECT_EQ(out,
            head + R"({"index":0,"delta":{"role":"assistant","content":"a"},"logprobs":null,)" +
                R"("finish_reason":null}]})" + "\n\n" + head +
                R"({"index":0,"delta":{"content":"b"},"logprobs":null,"finish_reason":null}]})" +
                "\n\n" + head +
                R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}]})" +
                "\n\ndata: [DONE]\n\n");
}

TEST(OpenAiStream, TellsTheUsageOnlyIfAsked) {
  Usage usage;
  usage.input = 3;
  usage.output = 2;
  StreamTarget to = target(Dialect::openai);
  ChatEvent told = raw(Dialect::openai, "", R"({"choices":[],"usage":{}})");
  told.usage = usage;
  EXPECT_THAT(play(to, {text("a"), told}, usage), Not(HasSubstr("usage")));
  to.include_usage = true;
  EXPECT_THAT(play(to, {text("a")}, usage),
              HasSubstr(R"("choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,)"));
  // The upstream's own chunk passes, and is not said twice.
  const std::string out = play(to, {text("a"), told}, usage);
  EXPECT_THAT(out, HasSubstr(R"(data: {"choices":[],"usage":{}})"));
  EXPECT_THAT(out, Not(HasSubstr("prompt_tokens")));
}

TEST(OpenAiStream, PassesUnchangedEventsAsTheyCame) {
  const std::string data = R"({"id":"x", "choices":[{"index":0,"delta":{"role":"assistant"}}]})";
  ChatEvent event = raw(Dialect::openai, "", data);
  event.choices.emplace_back();
  StreamRenderer renderer(target(Dialect::openai));
  std::string out;
  renderer.render(event, out);
  EXPECT_EQ(out, "data: " + data + "\n\n");
  out.clear();
  renderer.render(text("edited"), out);  // the role was said
  EXPECT_THAT(out, HasSubstr(R"("delta":{"content":"edited"})"));
}

TEST(OpenAiStream, SaysNothingForAnEventThatWasHeldBack) {
  StreamRenderer renderer(target(Dialect::openai));
  std::string out;
  renderer.render(text("a"), out);
  out.clear();
  renderer.render(text(""), out);
  EXPECT_EQ(out, "");
}

TEST(OpenAiStream, EndsEveryChoice) {
  ChatEvent second = text("b");
  second.choices[0].index = 1;
  const std::string out = play(target(Dialect::openai), {text("a", FinishReason::stop), second});
  EXPECT_THAT(out, HasSubstr(R"({"index":1,"delta":{},"logprobs":null,"finish_reason":"stop"})"));
  EXPECT_THAT(play(target(Dialect::openai), {}), HasSubstr(R"("role":"assistant")"));
}

TEST(OpenAiStream, WritesToolCalls) {
  const std::string out =
      play(target(Dialect::openai), {tool(0, "c1", "f", ""), tool(0, "", "", "{}")});
  EXPECT_THAT(out, HasSubstr(R"("tool_calls":[{"index":0,"id":"c1","type":"function",)"
                             R"("function":{"name":"f","arguments":""}}])"));
  EXPECT_THAT(out, HasSubstr(R"("tool_calls":[{"index":0,"function":{"arguments":"{}"}}])"));
}

TEST(OpenAiStream, GivesEachDeltaAChunk) {
  ChatEvent event = text("a");
  event.choices.push_back(tool(0, "c1", "f", "").choices[0]);
  const std::string out = play(target(Dialect::openai), {event});
  EXPECT_THAT(out, HasSubstr(R"("delta":{"role":"assistant","content":"a"},"logprobs":null,)"
                             R"("finish_reason":null}]})"));
  EXPECT_THAT(out, HasSubstr(R"("choices":[{"index":0,"delta":{"tool_calls":[)"));
}

TEST(OpenAiStream, WritesTextCompletions) {
  StreamTarget to = target(Dialect::openai);
  to.operation = ChatRequest::Operation::text_completion;
  EXPECT_THAT(play(to, {text("a")}),
              HasSubstr(R"("object":"text_completion","created":7,"model":"m","choices":[)"
                        R"({"index":0,"text":"a","logprobs":null,"finish_reason":null}]})"));
}

TEST(Streams, TellAnErrorAndNoEnd) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.message = "cut";
  std::string out;
  StreamRenderer(target(Dialect::openai)).error(refusal, out);
  EXPECT_EQ(out,
            "data: {\"error\":{\"message\":\"cut\",\"type\":\"server_error\",\"param\":null,"
            "\"code\":null}}\n\n");
  out.clear();
  StreamRenderer(target(Dialect::anthropic)).error(refusal, out);
  EXPECT_EQ(out,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\","
            "\"message\":\"cut\"}}\n\n");
}

TEST(AnthropicStream, HasItsEventsInOrder) {
  Usage usage;
  usage.input = 9;
  usage.output = 4;
  ChatEvent thought;
  thought.edited = true;
  thought.choices.emplace_back().thinking = "hm";
  ChatEvent signature;
  signature.edited = true;
  signature.choices.emplace_back().thinking_signature = "S==";
  StreamTarget to = target(Dialect::anthropic);
  to.estimated_input_tokens = 8;
  const std::string out = play(to,
                               {thought, signature, text("a"), text("b"), tool(0, "t1", "f", ""),
                                tool(0, "", "", "{\"x\":1}"), text("", FinishReason::tool_calls)},
                               usage);
  EXPECT_THAT(names(out), testing::ElementsAre(
                              "message_start", "content_block_start", "content_block_delta",
                              "content_block_delta", "content_block_stop", "content_block_start",
                              "content_block_delta", "content_block_delta", "content_block_stop",
                              "content_block_start", "content_block_delta", "content_block_stop",
                              "message_delta", "message_stop"));
  EXPECT_THAT(out, HasSubstr(R"("usage":{"input_tokens":8,)"));
  EXPECT_THAT(out, HasSubstr(R"("delta":{"type":"signature_delta","signature":"S=="})"));
  EXPECT_THAT(out,
              HasSubstr(R"("content_block":{"type":"tool_use","id":"t1","name":"f","input":{}})"));
  EXPECT_THAT(out, HasSubstr(R"("delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"})"));
  EXPECT_THAT(out, HasSubstr(R"({"type":"message_delta","delta":{"stop_reason":"tool_use",)"
                             R"("stop_sequence":null},"usage":{"input_tokens":9,)"));
}

TEST(AnthropicStream, KeepsInterleavedCallsApart) {
  const std::string out = play(
      target(Dialect::anthropic),
      {tool(0, "a", "f", "{"), tool(1, "b", "g", "["), tool(0, "", "", "}"), tool(1, "", "", "]")});
  const size_t first = out.find(R"("partial_json":"}")");
  const size_t second = out.find(R"("id":"b")");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_THAT(out, HasSubstr(R"({"type":"content_block_delta","index":1,"delta":)"
                             R"({"type":"input_json_delta","partial_json":"[]"}})"));
}

/// Each block of an Anthropic stream as "name:" and all of its deltas, in order.
std::vector<std::string> blocks(const std::string& stream) {
  const auto value = [&](size_t from, const std::string& key) {
    const size_t begin = stream.find(key, from) + key.size();
    return stream.substr(begin, stream.find('"', begin) - begin);
  };
  std::vector<std::string> out;
  for (size_t at = stream.find("event: "); at != std::string::npos;
       at = stream.find("event: ", at + 1)) {
    if (stream.compare(at + 7, 19, "content_block_start") == 0) {
      const bool call = value(at, R"("content_block":{"type":")") == "tool_use";
      out.push_back(call ? value(at, R"("name":")") + ":" : "text:");
    } else if (stream.compare(at + 7, 19, "content_block_delta") == 0) {
      const bool call = value(at, R"("delta":{"type":")") == "input_json_delta";
      out.back() += value(at, call ? R"("partial_json":")" : R"("text":")");
    }
  }
  return out;
}

TEST(AnthropicStream, WhatComesWhileACallIsOpenFollowsIt) {
  const std::string out =
      play(target(Dialect::anthropic),
           {tool(0, "a", "f", "1"), text("x"), tool(1, "b", "g", "3"), tool(0, "", "", "2"),
            text("y"), tool(1, "", "", "4"), text("", FinishReason::tool_calls)});
  EXPECT_THAT(blocks(out), testing::ElementsAre("f:12", "text:x", "g:34", "text:y"));
  EXPECT_THAT(out, HasSubstr(R"("stop_reason":"tool_use")"));
}

TEST(AnthropicStream, ACallThatItsUpstreamEndsIsOver) {
  StreamRenderer renderer(target(Dialect::anthropic));
  std::string out;
  renderer.render(tool(0, "a", "f", "1"), out);
  ChatEvent stop =
      raw(Dialect::anthropic, "content_block_stop", R"({"type":"content_block_stop"})");
  stop.edited = true;
  stop.choices = tool(0, "", "", "2").choices;  // what was held back comes with it
  renderer.render(stop, out);
  renderer.render(text("x"), out);
  EXPECT_THAT(blocks(out), testing::ElementsAre("f:12", "text:x"));
  renderer.render(tool(0, "", "", "late"), out);
  EXPECT_THAT(blocks(out), testing::ElementsAre("f:12", "text:x")) << "a call without a name";
}

std::vector<ChatEvent> native() {
  std::vector<ChatEvent> events;
  events.push_back(raw(Dialect::anthropic, "message_start", R"({"type":"message_start"})"));
  events.push_back(
      raw(Dialect::anthropic, "content_block_start", R"({"type":"content_block_start"})"));
  events.push_back(raw(Dialect::anthropic, "content_block_delta", R"({"type":"a"})"));
  events.back().choices.emplace_back().text = "a";
  events.push_back(raw(Dialect::anthropic, "content_block_delta", R"({"type":"b"})"));
  events.back().choices.emplace_back().text = "b";
  events.push_back(
      raw(Dialect::anthropic, "content_block_stop", R"({"type":"content_block_stop"})"));
  events.push_back(raw(Dialect::anthropic, "message_delta", R"({"type":"message_delta"})"));
  events.back().choices.emplace_back().finish_reason = FinishReason::stop;
  return events;
}

TEST(AnthropicStream, PassesUnchangedEventsAsTheyCame) {
  std::string expected;
  for (const ChatEvent& event : native()) {
    expected += "event: " + event.raw_event + "\ndata: " + event.raw_data + "\n\n";
  }
  expected += "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  EXPECT_EQ(play(target(Dialect::anthropic), native()), expected);
}

TEST(AnthropicStream, StaysWellFormedWhereverAnEditBegins) {
  const size_t count = native().size();
  for (size_t edited = 0; edited < count; ++edited) {
    std::vector<ChatEvent> events = native();
    events[edited].edited = true;
    const std::string out = play(target(Dialect::anthropic), events);
    EXPECT_THAT(names(out),
                testing::ElementsAre("message_start", "content_block_start", "content_block_delta",
                                     "content_block_delta", "content_block_stop", "message_delta",
                                     "message_stop"))
        << "edited from event " << edited;
  }
}

TEST(AnthropicStream, WritesTheTextThatWasHeldBackIntoTheSameBlock) {
  StreamTarget to = target(Dialect::anthropic);
  to.inspected = true;
  std::vector<ChatEvent> events = native();
  events[2].edited = events[3].edited = true;
  events[3].choices[0].text.clear();  // held back until after the upstream closed its block
  events.insert(events.begin() + 5, text("b"));
  const std::string out = play(to, events);
  EXPECT_THAT(names(out),
              testing::ElementsAre("message_start", "content_block_start", "content_block_delta",
                                   "content_block_delta", "content_block_stop", "message_delta",
                                   "message_stop"));
}

TEST(AnthropicStream, DataOfSeveralLinesStaysOneEvent) {
  StreamRenderer renderer(target(Dialect::anthropic));
  std::string out;
  renderer.render(raw(Dialect::anthropic, "ping", "{\n}"), out);
  EXPECT_EQ(out, "event: ping\ndata: {\ndata: }\n\n");
}

}  // namespace
}  // namespace gatehouse::api
