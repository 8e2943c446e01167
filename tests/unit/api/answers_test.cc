#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/upstream.h"

// What upstreams answer, quirks included.
namespace gatehouse::api {
namespace {

using testing::HasSubstr;

ChatCompletion openai(const std::string& body) {
  auto parsed = parse_completion(body, Dialect::openai);
  EXPECT_TRUE(parsed) << parsed.error().reason;
  return parsed ? std::move(*parsed) : ChatCompletion{};
}

ChatCompletion anthropic(const std::string& body, const std::string& answer_tool = "") {
  auto parsed = parse_completion(body, Dialect::anthropic, answer_tool);
  EXPECT_TRUE(parsed) << parsed.error().reason;
  return parsed ? std::move(*parsed) : ChatCompletion{};
}

std::string answer(const std::string& message, const std::string& rest) {
  return R"({"id":"i","model":"m","created":5,"choices":[{"index":0,"message":)" + message +
         R"(,"finish_reason":"stop"}])" + rest + "}";
}

TEST(OpenAiAnswer, IsReadAndPassesUnchanged) {
  const std::string body = answer(
      R"({"role":"assistant","content":"four","refusal":null})",
      R"(,"system_fingerprint":"fp","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,)"
      R"("prompt_tokens_details":{"cached_tokens":4},)"
      R"("completion_tokens_details":{"reasoning_tokens":1}})");
  const ChatCompletion completion = openai(body);
  EXPECT_EQ(completion.choices[0].text, "four");
  EXPECT_EQ(completion.choices[0].finish_reason, FinishReason::stop);
  EXPECT_EQ(completion.usage.input, 9);  // cached tokens are part of it
  EXPECT_EQ(completion.usage.cached_input, 4);
  EXPECT_EQ(completion.usage.reasoning, 1);
  EXPECT_EQ(completion.created, 5);
  EXPECT_FALSE(completion.edited);
  EXPECT_EQ(completion.body, body);
}

TEST(OpenAiAnswer, IsMendedWhereSdksWouldTrip) {
  const char* const odd[] = {
      // no output count; no finish reason; "" as one; no index; no usage; no id; a call without id
      R"({"id":"i","model":"m","choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"total_tokens":11}})",
      R"({"id":"i","model":"m","choices":[{"index":0,"message":{"content":"x"}}],"usage":{"prompt_tokens":9,"completion_tokens":2}})",
      R"({"id":"i","model":"m","choices":[{"index":0,"message":{"content":"x"},"finish_reason":""}],"usage":{"prompt_tokens":9,"completion_tokens":2}})",
      R"({"id":"i","model":"m","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}})",
      R"({"model":"m","choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}})",
      R"({"id":"i","model":"m","choices":[{"index":0,"message":{"content":"x","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}})",
  };
  for (const char* body : odd) {
    const ChatCompletion completion = openai(body);
    EXPECT_TRUE(completion.edited) << body;
    EXPECT_EQ(completion.usage.output, 2) << body;
    EXPECT_NE(completion.choices[0].finish_reason, FinishReason::none);
  }
  const ChatCompletion call = openai(odd[5]);
  EXPECT_THAT(call.choices[0].tool_calls[0].id, testing::StartsWith("call_"));
  EXPECT_EQ(call.choices[0].tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(call.choices[0].finish_reason, FinishReason::tool_calls);
}

TEST(OpenAiAnswer, LiesAboutUsageAreBounded) {
  const ChatCompletion completion = openai(answer(
      R"({"content":"x"})",
      R"(,"usage":{"prompt_tokens":-5,"completion_tokens":99999999999999,"total_tokens":1})"));
  EXPECT_EQ(completion.usage.input, 0);
  EXPECT_EQ(completion.usage.output, 1'000'000'000);
}

TEST(OpenAiAnswer, ErrorsWithStatus200AreErrors) {
  for (const char* body :
       {R"({"error":{"message":"boom","type":"server_error"}})", R"({"error":"boom"})", R"({})",
        R"([])", R"({"choices":[]})", R"({"choices":[{}]})", "nonsense", ""}) {
    auto parsed = parse_completion(body, Dialect::openai);
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().kind, ErrorKind::upstream_error) << body;
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("boom")));
  }
}

TEST(OpenAiAnswer, MoreThanIsLookedAtIsRefused) {
  const auto times = [](size_t count, const std::string& item) {
    std::string list;
    for (size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + item;
    return list;
  };
  const std::string choice = R"({"message":{"content":"x"}})";
  EXPECT_TRUE(parse_completion(R"({"choices":[)" + times(256, choice) + "]}", Dialect::openai));
  EXPECT_FALSE(parse_completion(R"({"choices":[)" + times(257, choice) + "]}", Dialect::openai));
  const std::string calls =
      R"({"choices":[{"message":{"tool_calls":[)" + times(4097, R"({"id":"i"})") + "]}}]}";
  EXPECT_FALSE(parse_completion(calls, Dialect::openai));
  const std::string blocks =
      R"({"content":[)" + times(4097, R"({"type":"text","text":"x"})") + "]}";
  EXPECT_FALSE(parse_completion(blocks, Dialect::anthropic));
}

TEST(OpenAiAnswer, WhatIsNotReadIsKept) {
  EXPECT_EQ(openai(answer(R"({"role":"assistant","content":"four","annotations":[]})", "")).unread,
            "");
  const ChatCompletion completion = openai(answer(
      R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}],)"
      R"("audio":{"transcript":"t"}})",
      R"(,"citations":["c"])"));
  EXPECT_EQ(completion.choices[0].thinking[0].text, "hm");
  EXPECT_EQ(completion.choices[0].text, "a");
  EXPECT_EQ(completion.unread, "transcript: t\ncitations: c");
}

TEST(AnthropicAnswer, WhatIsNotReadIsKept) {
  const ChatCompletion completion = anthropic(
      R"({"id":"m","type":"message","role":"assistant","model":"c","content":[)"
      R"({"type":"text","text":"a","citations":[{"cited_text":"b","document_index":0}]},"c",)"
      R"({"type":"code_execution_tool_result","content":{"stdout":"d"}}],"stop_reason":"end_turn",)"
      R"("stop_sequence":null,"container":{"id":"i"},"usage":{"input_tokens":1,"output_tokens":1}})");
  EXPECT_EQ(completion.unread, "c");
}

TEST(AnthropicAnswer, IsReadWithInclusiveCounts) {
  const std::string body =
      R"({"id":"msg_1","type":"message","role":"assistant","model":"c","content":[)"
      R"({"type":"thinking","thinking":"t","signature":"Si+/g=="},)"
      R"({"type":"redacted_thinking","data":"R=="},{"type":"text","text":"a"},)"
      R"({"type":"tool_use","id":"t1","name":"f","input":{"x": 1}}],"stop_reason":"tool_use",)"
      R"("stop_sequence":null,"usage":{"input_tokens":5,"cache_read_input_tokens":3,)"
      R"("cache_creation_input_tokens":2,"output_tokens":7}})";
  const ChatCompletion completion = anthropic(body);
  EXPECT_EQ(completion.usage.input, 10);
  EXPECT_EQ(completion.usage.cached_input, 3);
  EXPECT_EQ(completion.usage.cache_write_input, 2);
  EXPECT_EQ(completion.choices[0].thinking[0].signature, "Si+/g==");
  EXPECT_EQ(completion.choices[0].thinking[1].signature, "R==");
  EXPECT_EQ(completion.choices[0].tool_calls[0].arguments, R"({"x":1})");
  EXPECT_EQ(completion.choices[0].finish_reason, FinishReason::tool_calls);
  EXPECT_FALSE(completion.edited);
}

TEST(AnthropicAnswer, TurnsTheAnswerToolIntoText) {
  const ChatCompletion completion = anthropic(
      R"({"id":"m","model":"c","content":[{"type":"tool_use","id":"t","name":"city",)"
      R"("input":{"name":"Paris"}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}})",
      "city");
  EXPECT_EQ(completion.choices[0].text, R"({"name":"Paris"})");
  EXPECT_TRUE(completion.choices[0].tool_calls.empty());
  EXPECT_EQ(completion.choices[0].finish_reason, FinishReason::stop);
  EXPECT_TRUE(completion.edited);
}

TEST(Embeddings, AreReadInBothForms) {
  auto numbers = parse_embeddings(
      R"({"model":"e","data":[{"index":1,"embedding":[1,2]},{"index":0,"embedding":[3,4.5]}],)"
      R"("usage":{"prompt_tokens":4,"total_tokens":4}})",
      2);
  ASSERT_TRUE(numbers);
  EXPECT_THAT(numbers->embeddings[0], testing::ElementsAre(3.0f, 4.5f));
  EXPECT_EQ(numbers->usage.input, 4);
  auto base64 = parse_embeddings(R"({"data":[{"embedding":"AAAAPwAAgL8="}]})", 1);
  ASSERT_TRUE(base64);
  EXPECT_THAT(base64->embeddings[0], testing::ElementsAre(0.5f, -1.0f));
  for (const char* body :
       {R"({"data":[]})", R"({"data":[{"embedding":[]}]})", R"({"data":[{"embedding":"A"}]})",
        R"({"data":[{"index":7,"embedding":[1]}]})", R"({"data":[{"embedding":["a"]}]})",
        R"({"data":[{"embedding":"AADAfw=="}]})", "x"}) {
    EXPECT_FALSE(parse_embeddings(body, 1)) << body;
  }
  EXPECT_FALSE(parse_embeddings(R"({"data":[{"embedding":[1]},{"embedding":[1,2]}]})", 2));
  EXPECT_FALSE(
      parse_embeddings(R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})", 2));
}

TEST(UpstreamRefusal, TellsTheCallerWhatTheCallerCanMend) {
  const Refusal refusal = upstream_refusal(
      400, R"({"error":{"message":"bad schema","param":"tools","code":"invalid_schema"}})", "up");
  EXPECT_EQ(refusal.kind, ErrorKind::invalid_request);
  EXPECT_EQ(refusal.message, "bad schema");
  EXPECT_EQ(refusal.param, "tools");
  EXPECT_EQ(refusal.code, "invalid_schema");
  EXPECT_EQ(upstream_refusal(422, R"({"detail":"no"})", "up").message, "no");
}

TEST(UpstreamRefusal, HidesWhatIsTheOperators) {
  const Refusal refusal = upstream_refusal(
      401, R"({"error":{"message":"Incorrect API key provided: sk-proj-abcdef123."}})", "up");
  EXPECT_EQ(refusal.kind, ErrorKind::upstream_error);
  EXPECT_THAT(refusal.message, Not(HasSubstr("sk-")));
  EXPECT_THAT(refusal.reason, Not(HasSubstr("abcdef")));
  EXPECT_THAT(
      upstream_refusal(400, R"({"error":{"message":"got Bearer abc.def-1 and gh_xyz1"}})", "up")
          .message,
      testing::StrEq("got [credential] and [credential]"));
}

TEST(UpstreamRefusal, KeepsNamesAndNoWordsForTheRecord) {
  const std::string error =
      R"({"error":{"message":"Incorrect key sk-proj-abc: 'my secret prompt'","type":"bad_thing",)"
      R"("code":"my secret prompt","param":"sk-proj-abc"}})";
  const Refusal by_status = upstream_refusal(400, error, "up");
  EXPECT_EQ(by_status.reason, "up: status 400: bad_thing");
  EXPECT_EQ(by_status.message, "Incorrect key [credential]: 'my secret prompt'");
  EXPECT_EQ(by_status.code, "upstream_refused");
  EXPECT_EQ(by_status.param, "");
  const auto in_answer = parse_completion(error, Dialect::openai);
  ASSERT_FALSE(in_answer);
  EXPECT_EQ(in_answer.error().reason, "told in its answer: bad_thing");
  const auto bare = parse_completion(R"({"error":"my secret prompt"})", Dialect::openai);
  ASSERT_FALSE(bare);
  EXPECT_THAT(bare.error().reason, Not(HasSubstr("secret")));
  EXPECT_EQ(upstream_refusal(
                400, R"({"error":{"param":"messages.[1].content","type":"a","code":"b_c"}})", "up")
                .param,
            "messages.[1].content");
}

TEST(UpstreamRefusal, KindsAllowFallback) {
  EXPECT_EQ(upstream_refusal(429, "{}", "up").kind, ErrorKind::rate_limited);
  EXPECT_EQ(upstream_refusal(429, R"({"error":{"code":"insufficient_quota"}})", "up").kind,
            ErrorKind::upstream_error);
  EXPECT_EQ(upstream_refusal(500, "<html>", "up").kind, ErrorKind::upstream_error);
  EXPECT_EQ(upstream_refusal(503, "", "up").kind, ErrorKind::unavailable);
  EXPECT_EQ(upstream_refusal(529, "", "up").kind, ErrorKind::unavailable);
  EXPECT_EQ(upstream_refusal(504, "", "up").kind, ErrorKind::upstream_timeout);
  EXPECT_EQ(upstream_refusal(301, "", "up").kind, ErrorKind::upstream_error);
}

TEST(AnswerEvents, ACallOfACustomToolStaysOne) {
  auto answer = parse_completion(
      R"({"id":"i","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"custom",)"
      R"("custom":{"name":"f","input":"x"}},{"id":"b","type":"function",)"
      R"("function":{"name":"g","arguments":"{}"}}]}}]})",
      Dialect::openai);
  ASSERT_TRUE(answer);
  const auto events = events_of(std::move(*answer));
  const auto& calls = events.back().choices.back().tool_calls;
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_TRUE(calls[0].custom);
  EXPECT_FALSE(calls[1].custom);
}

}  // namespace
}  // namespace gatehouse::api
