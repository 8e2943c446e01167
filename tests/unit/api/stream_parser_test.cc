#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/stream_renderer.h"
#include "api/upstream.h"

namespace gatehouse::api {
namespace {

constexpr auto kChat = ChatRequest::Operation::chat;

/// Parses one event that must mean something.
ChatEvent event(StreamParser& parser, const std::string& data, const std::string& name = "") {
  auto parsed = parser.parse(name, data);
  EXPECT_TRUE(parsed) << parsed.error().reason << " for " << data;
  EXPECT_TRUE(parsed && *parsed) << data;
  return parsed && *parsed ? std::move(**parsed) : ChatEvent{};
}

std::string chunk(const std::string& choices, const std::string& rest = "") {
  return R"({"id":"i","object":"chat.completion.chunk","created":5,"model":"m","choices":)" +
         choices + rest + "}";
}

TEST(OpenAiEvents, AreRead) {
  StreamParser parser(Dialect::openai, kChat);
  const ChatEvent role = event(
      parser,
      chunk(R"([{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}])"));
  EXPECT_EQ(role.id, "i");
  EXPECT_EQ(role.created, 5);
  EXPECT_FALSE(role.edited);
  EXPECT_FALSE(parser.has_output());
  EXPECT_EQ(event(parser, chunk(R"([{"index":0,"delta":{"content":"a"}}])")).choices[0].text, "a");
  EXPECT_TRUE(parser.has_output());
  EXPECT_FALSE(parser.finished());
  const ChatEvent end =
      event(parser, chunk(R"([{"index":0,"delta":{},"finish_reason":"length"}])"));
  EXPECT_EQ(end.choices[0].finish_reason, FinishReason::length);
  EXPECT_TRUE(parser.finished());
  const ChatEvent usage =
      event(parser,
            chunk("[]", R"(,"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4})"));
  EXPECT_EQ(usage.usage->input, 3);
  EXPECT_FALSE(usage.edited);
  EXPECT_FALSE(parser.done());
  auto done = parser.parse("", "[DONE]");
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
  EXPECT_TRUE(parser.done());
}

TEST(OpenAiEvents, AreMendedWhereSdksWouldTrip) {
  const struct {
    const char* why;
    std::string data;
  } rows[] = {
      {"an empty finish reason",
       chunk(R"([{"index":0,"delta":{"content":"a"},"finish_reason":""}])")},
      {"no index", chunk(R"([{"delta":{"content":"a"}}])")},
      {"a null delta", chunk(R"([{"index":0,"delta":null}])")},
      {"null choices", chunk("null")},
      {"usage beside content", chunk(R"([{"index":0,"delta":{"content":"a"}}])",
                                     R"(,"usage":{"prompt_tokens":1,"completion_tokens":1})")},
      {"no output count", chunk("[]", R"(,"usage":{"prompt_tokens":1,"total_tokens":2})")},
      {"no id", R"({"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]})"},
      {"a call without an index",
       chunk(
           R"([{"index":0,"delta":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]}}])")},
      {"a call without an id",
       chunk(R"([{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}])")},
  };
  for (const auto& row : rows) {
    StreamParser parser(Dialect::openai, kChat);
    EXPECT_TRUE(event(parser, row.data).edited) << row.why;
  }
}

TEST(OpenAiEvents, AreNamedByTheFirstThatHasAName) {
  StreamParser parser(Dialect::openai, kChat);
  EXPECT_EQ(event(parser, R"({"id":"","model":"","created":0,"choices":[]})").id, "");
  EXPECT_EQ(event(parser, chunk(R"([{"index":0,"delta":{"content":"a"}}])")).id, "i");
  EXPECT_EQ(event(parser, chunk(R"([{"index":0,"delta":{"content":"b"}}])")).id, "");
}

TEST(OpenAiEvents, TellCallsOfCustomToolsApart) {
  StreamParser parser(Dialect::openai, kChat);
  const auto call = [&](const std::string& json) {
    return event(parser, chunk(R"([{"index":0,"delta":{"tool_calls":[)" + json + "]}}]"))
        .choices[0]
        .tool_calls[0];
  };
  const ToolCallDelta begun =
      call(R"({"index":0,"id":"a","type":"custom","custom":{"name":"f","input":"x"}})");
  EXPECT_TRUE(begun.custom);
  EXPECT_EQ(begun.arguments, "x");
  EXPECT_FALSE(call(R"({"index":1,"id":"b","function":{"name":"g","arguments":"{"}})").custom);
}

TEST(OpenAiEvents, CallsWithoutAnIndexAreCounted) {
  StreamParser parser(Dialect::openai, kChat);
  const auto call = [&](const std::string& json) {
    return event(parser, chunk(R"([{"index":0,"delta":{"tool_calls":[)" + json + "]}}]"))
        .choices[0]
        .tool_calls[0]
        .index;
  };
  EXPECT_EQ(call(R"({"id":"a","function":{"name":"f","arguments":""}})"), 0);
  EXPECT_EQ(call(R"({"function":{"arguments":"{}"}})"), 0);
  EXPECT_EQ(call(R"({"id":"b","function":{"name":"f","arguments":"{}"}})"), 1);
}

TEST(OpenAiEvents, BadOnesAreErrors) {
  for (const char* data :
       {"{", "[]", "", R"({"error":{"message":"x"}})", R"({"error":"x"})", R"({"choices":[1]})",
        R"({"choices":[{"index":-1,"delta":{}}]})", R"({"choices":[{"index":1e9,"delta":{}}]})",
        R"({"choices":[{"index":99999,"delta":{}}]})",
        R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":-4}]}}]})"}) {
    StreamParser parser(Dialect::openai, kChat);
    auto parsed = parser.parse("", data);
    if (std::string(data).find("1e9") != std::string::npos) continue;  // no integer: position 0
    EXPECT_FALSE(parsed) << data;
  }
}

TEST(OpenAiEvents, AnEndWithoutAnAnswerIsAnError) {
  for (const bool named : {false, true}) {
    StreamParser parser(Dialect::openai, kChat);
    if (named) event(parser, chunk("[]"));
    const auto end = parser.parse("", "[DONE]");
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, "upstream_no_output");
  }
  StreamParser anthropic(Dialect::anthropic, kChat);
  EXPECT_FALSE(anthropic.parse("message_stop", R"({"type":"message_stop"})"));
  // Some servers leave the finish reason out.
  StreamParser lazy(Dialect::openai, kChat);
  event(lazy, chunk(R"([{"index":0,"delta":{"content":"a"}}])"));
  EXPECT_TRUE(lazy.parse("", "[DONE]"));
  EXPECT_TRUE(lazy.done());
}

TEST(OpenAiEvents, ContentInPartsIsRead) {
  StreamParser parser(Dialect::openai, kChat);
  const ChatEvent read = event(
      parser,
      chunk(
          R"([{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},)"
          R"({"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"reference","ids":["x"]}]}}])"));
  EXPECT_EQ(read.choices[0].thinking, "hm");
  EXPECT_EQ(read.choices[0].text, "ab");
  EXPECT_EQ(read.unread, "ids: x");
  EXPECT_FALSE(read.edited);
}

TEST(OpenAiEvents, WhatIsNotReadIsKept) {
  const struct {
    const char* delta;
    const char* unread;
  } rows[] = {
      {R"({"role":"assistant","content":"a","refusal":null,"tool_calls":[{"index":0,"id":"i","type":"function","function":{"name":"f","arguments":"{}"}}]})",
       ""},
      {R"({"content":"a","content":"b"})", "content: b"},
      {R"({"content":{"text":"a"}})", "text: a"},
      {R"({"refusal":["a",1,"b"]})", "refusal: a\nrefusal: b"},
      {R"({"reasoning_content":"a","reasoning":"a"})", ""},
      {R"({"reasoning_content":"a","reasoning":"b"})", "b"},
      {R"({"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":{"k":"v"}}}]})",
       "k: v"},
      {R"({"tool_calls":[{"index":0,"id":"i","function":{"arguments":""},"custom":{"input":"x"}}]})",
       "input: x"},
      {R"({"tool_calls":[{"index":0,"id":"i","custom":{"arguments":"y","input":"x"}}]})",
       "arguments: y"},
      {R"({"tool_calls":"a"})", "tool_calls: a"},
      {R"({"audio":{"id":"i","data":"QUJD","transcript":"t"}})",
       "id: i\ndata: QUJD\ntranscript: t"},
      {R"({"images":[{"image_url":{"url":"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}]})",
       ""},
  };
  for (const auto& row : rows) {
    StreamParser parser(Dialect::openai, kChat);
    const ChatEvent read =
        event(parser, chunk(R"([{"index":0,"delta":)" + std::string(row.delta) +
                                R"(,"logprobs":null,"finish_reason":null}])",
                            R"(,"system_fingerprint":"fp","obfuscation":"xyz")"));
    EXPECT_EQ(read.unread, row.unread) << row.delta;
  }
}

TEST(OpenAiEvents, TextCompletionsAreRead) {
  StreamParser parser(Dialect::openai, ChatRequest::Operation::text_completion);
  const ChatEvent read =
      event(parser,
            R"({"id":"i","model":"m","choices":[{"index":0,"text":"a","finish_reason":"stop"}]})");
  EXPECT_EQ(read.choices[0].text, "a");
  EXPECT_TRUE(parser.finished());
}

TEST(AnthropicEvents, AreRead) {
  StreamParser parser(Dialect::anthropic, kChat);
  const ChatEvent start = event(
      parser,
      R"({"type":"message_start","message":{"id":"msg_1","model":"c","usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":1}}})",
      "message_start");
  EXPECT_EQ(start.id, "msg_1");
  EXPECT_EQ(start.usage->input, 7);
  EXPECT_EQ(start.raw_event, "message_start");
  event(
      parser,
      R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})");
  EXPECT_FALSE(parser.has_output());
  EXPECT_EQ(
      event(
          parser,
          R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})")
          .choices[0]
          .thinking,
      "hm");
  EXPECT_EQ(
      event(
          parser,
          R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"S+/="}})")
          .choices[0]
          .thinking_signature,
      "S+/=");
  event(parser, R"({"type":"content_block_stop","index":0})");
  const ChatEvent use = event(
      parser,
      R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})");
  EXPECT_EQ(use.choices[0].tool_calls[0].name, "f");
  EXPECT_EQ(use.choices[0].tool_calls[0].arguments, "");
  const ChatEvent piece = event(
      parser,
      R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})");
  EXPECT_EQ(piece.choices[0].tool_calls[0].arguments, "{\"a\"");
  EXPECT_EQ(piece.choices[0].tool_calls[0].index, 0);
  EXPECT_TRUE(event(parser, R"({"type":"ping"})", "ping").choices.empty());
  const ChatEvent delta = event(
      parser,
      R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}})");
  EXPECT_EQ(delta.choices[0].finish_reason, FinishReason::tool_calls);
  EXPECT_EQ(delta.usage->output, 9);
  EXPECT_EQ(delta.usage->input, 7);
  EXPECT_TRUE(parser.finished());
  auto stop = parser.parse("message_stop", R"({"type":"message_stop"})");
  ASSERT_TRUE(stop);
  EXPECT_FALSE(*stop);
  EXPECT_TRUE(parser.done());
}

/// The streamed answer of a search, written anew for a client of the dialect.
TEST(AnthropicEvents, BlocksWithoutANativeFormAndCitationsComeAsTheyAre) {
  StreamParser parser(Dialect::anthropic, kChat);
  StreamTarget target;
  target.dialect = Dialect::anthropic;
  target.inspected = true;
  StreamRenderer renderer(target);
  std::string out;
  const auto feed = [&](const std::string& data) { renderer.render(event(parser, data), out); };
  feed(R"({"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1}}})");
  EXPECT_FALSE(parser.has_output());
  feed(R"({"type":"content_block_start","index":4,"content_block":{"type":"server_tool_use",)"
       R"("id":"s","name":"web_search","input":{}}})");
  EXPECT_TRUE(parser.has_output());
  for (const char* piece : {R"({\"query\":)", R"( \"x\"})"}) {
    feed(R"({"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta",)"
         R"("partial_json":")" +
         std::string(piece) + R"("}})");
  }
  EXPECT_EQ(out.find("query"), std::string::npos) << "before it is whole";
  feed(R"({"type":"content_block_stop","index":4})");
  feed(R"({"type":"content_block_start","index":5,"content_block":{"type":"text","text":""}})");
  feed(R"({"type":"content_block_delta","index":5,"delta":{"type":"citations_delta",)"
       R"("citation":{"cited_text":"c"}}})");
  feed(R"({"type":"content_block_delta","index":5,"delta":{"type":"text_delta","text":"t"}})");
  feed(R"({"type":"content_block_stop","index":5})");
  feed(R"({"type":"message_delta","delta":{"stop_reason":"pause_turn","container":{"id":"k"}},)"
       R"("usage":{"output_tokens":2,"server_tool_use":{"web_search_requests":1}}})");
  renderer.finish(*parser.usage(), out);
  const std::vector<std::string> expected = {
      R"({"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use",)"
      R"("id":"s","name":"web_search","input":{}}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",)"
      R"("partial_json":"{\"query\": \"x\"}"}})",
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"citations_delta",)"
      R"("citation":{"cited_text":"c"}}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"t"}})",
      R"({"type":"content_block_stop","index":1})",
      R"("delta":{"stop_reason":"pause_turn","stop_sequence":null,"container":{"id":"k"}})",
      R"("output_tokens":2,"server_tool_use":{"web_search_requests":1}}})"};
  size_t at = 0;
  for (const std::string& piece : expected) {
    const size_t found = out.find(piece, at);
    ASSERT_NE(found, std::string::npos) << piece << " not behind byte " << at << " of " << out;
    at = found + piece.size();
  }
}

TEST(AnthropicEvents, TheAnswerToolBecomesText) {
  StreamParser parser(Dialect::anthropic, kChat, "city");
  EXPECT_TRUE(
      event(
          parser,
          R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"city","input":{}}})")
          .choices.empty());
  const ChatEvent piece = event(
      parser,
      R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}})");
  EXPECT_EQ(piece.choices[0].text, "{}");
  EXPECT_TRUE(piece.edited);
  event(parser, R"({"type":"content_block_stop","index":0})");
  EXPECT_EQ(
      event(
          parser,
          R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}})")
          .choices[0]
          .finish_reason,
      FinishReason::stop);
}

TEST(AnthropicEvents, TheFirstTokenIsNoCountOfTheAnswer) {
  StreamParser parser(Dialect::anthropic, kChat);
  const ChatEvent start =
      event(parser,
            R"({"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":7,)"
            R"("output_tokens":1}}})");
  ASSERT_TRUE(start.usage);
  EXPECT_EQ(start.usage->input, 7);
  EXPECT_EQ(start.usage->output, 0) << "an upstream that tells no more is charged by an estimate";
}

TEST(AnthropicEvents, ErrorsInStreamsAreErrors) {
  StreamParser parser(Dialect::anthropic, kChat);
  auto parsed = parser.parse(
      "error", R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(StreamParser(Dialect::anthropic, kChat).parse("", "nonsense"));
}

}  // namespace
}  // namespace gatehouse::api
