#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/responses.h"
#include "api/stream_renderer.h"
#include "api/upstream.h"

// What an upstream says without a native form, in answers that are written anew.
namespace gatehouse::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMessage =
    R"({"id":"i","type":"message","role":"assistant","model":"m","content":[{"type":"text",)"
    R"("text":"x"}],"stop_reason":"model_context_window_exceeded","stop_sequence":null,)"
    R"("container":{"id":"c"},"context_management":{"applied_edits":[]},"new":{"a":1},)"
    R"("stop_details":{"explanation":"e"},"none":null,"usage":{"input_tokens":3,)"
    R"("output_tokens":2,"service_tier":"standard","cache_creation":{"ephemeral_1h":0}}})";

constexpr const char* kCompletion =
    R"({"id":"i","object":"chat.completion","created":5,"model":"m","service_tier":"flex",)"
    R"("system_fingerprint":"fp","new":[1],"choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"x","notes":["n"]},"finish_reason":"model_length","stop_reason":"s","more":2}],)"
    R"("usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"cost":0.5,)"
    R"("prompt_tokens_details":{"cached_tokens":4,"audio_tokens":1}}})";

ChatCompletion edited(std::string body, Dialect dialect) {
  auto parsed = parse_completion(std::move(body), dialect);
  EXPECT_TRUE(parsed) << parsed.error().reason;
  if (!parsed) return {};
  parsed->edited = true;
  return std::move(*parsed);
}

std::string written(const char* body, Dialect from, Dialect to) {
  ChatRequest request;
  request.dialect = to;
  return render_completion(edited(body, from), request);
}

std::string streamed(const char* body, Dialect from, Dialect to) {
  StreamTarget target;
  target.dialect = to;
  target.include_usage = true;
  target.inspected = true;
  StreamRenderer renderer(target);
  std::string out;
  ChatCompletion completion = edited(body, from);
  const Usage usage = completion.usage;
  for (const ChatEvent& event : events_of(std::move(completion))) renderer.render(event, out);
  renderer.finish(usage, out);
  return out;
}

/// A stream from a server to a client of its dialect.
struct Stream {
  explicit Stream(Dialect dialect)
      : renderer(target_of(dialect)), parser(dialect, ChatRequest::Operation::chat) {}
  static StreamTarget target_of(Dialect dialect) {
    StreamTarget target;
    target.dialect = dialect;
    target.inspected = true;
    return target;
  }
  std::optional<ChatEvent> parse(std::string data) {
    auto event = parser.parse({}, std::move(data));
    EXPECT_TRUE(event && *event);
    return event ? std::move(*event) : std::nullopt;
  }
  std::string render(const ChatEvent& event) {
    std::string out;
    renderer.render(event, out);
    return out;
  }

  StreamRenderer renderer;
  StreamParser parser;
};

TEST(Others, OfAMessageAreKept) {
  EXPECT_EQ(written(kMessage, Dialect::anthropic, Dialect::anthropic),
            R"({"id":"i","type":"message","role":"assistant","model":"m","content":[{"type":)"
            R"("text","text":"x"}],"stop_reason":"model_context_window_exceeded",)"
            R"("stop_sequence":null,"container":{"id":"c"},"stop_details":{"explanation":"e"},)"
            R"("context_management":{"applied_edits":[]},"new":{"a":1},"usage":{"input_tokens":3,)"
            R"("cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2,)"
            R"("service_tier":"standard","cache_creation":{"ephemeral_1h":0}}})");
}

TEST(Others, OfAMessageInEventsStandWhereStreamsHaveThem) {
  EXPECT_THAT(streamed(kMessage, Dialect::anthropic, Dialect::anthropic),
              AllOf(HasSubstr(R"("output_tokens":2,"service_tier":"standard",)"),
                    HasSubstr(R"("delta":{"stop_reason":"model_context_window_exceeded",)"
                              R"("stop_sequence":null,"container":{"id":"c"},)"
                              R"("stop_details":{"explanation":"e"}},"usage":)"),
                    HasSubstr(R"(},"context_management":{"applied_edits":[]},"new":{"a":1}})")));
}

TEST(Others, OfAStreamOfAnthropicsAreKept) {
  Stream stream(Dialect::anthropic);
  std::string out;
  for (const char* data :
       {R"({"type":"message_start","message":{"id":"i","model":"m","content":[],"new":1,)"
        R"("container":null,"usage":{"input_tokens":3,"output_tokens":1,"inference_geo":"eu"}}})",
        R"({"type":"message_delta","delta":{"stop_reason":"new_reason","stop_sequence":null,)"
        R"("container":{"id":"c"},"why":"w"},"usage":{"output_tokens":2,"iterations":[]},)"
        R"("context_management":{"applied_edits":[]}})"}) {
    const auto event = stream.parse(data);
    ASSERT_TRUE(event) << data;
    out += stream.render(*event);
  }
  stream.renderer.finish({}, out);
  EXPECT_THAT(out, AllOf(HasSubstr(R"("stop_sequence":null,"new":1,"usage":)"),
                         HasSubstr(R"("output_tokens":0,"inference_geo":"eu"}}})"),
                         HasSubstr(R"("delta":{"stop_reason":"new_reason","stop_sequence":null,)"
                                   R"("container":{"id":"c"},"why":"w"},"usage":)"),
                         HasSubstr(R"("output_tokens":0,"iterations":[]},)"
                                   R"("context_management":{"applied_edits":[]}})")));
}

TEST(Others, OfACompletionAreKept) {
  EXPECT_EQ(written(kCompletion, Dialect::openai, Dialect::openai),
            R"({"id":"i","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,)"
            R"("message":{"role":"assistant","content":"x","refusal":null,"notes":["n"]},)"
            R"("logprobs":null,"finish_reason":"model_length","stop_reason":"s","more":2}],)"
            R"("usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,)"
            R"("prompt_tokens_details":{"cached_tokens":4,"audio_tokens":1},)"
            R"("completion_tokens_details":{"reasoning_tokens":0},"cost":0.5},)"
            R"("system_fingerprint":"fp","service_tier":"flex","new":[1]})");
}

TEST(Others, OfACompletionInChunksAreKept) {
  EXPECT_EQ(streamed(kCompletion, Dialect::openai, Dialect::openai),
            R"(data: {"id":"i","object":"chat.completion.chunk","created":5,"model":"m",)"
            R"("system_fingerprint":"fp","service_tier":"flex","choices":[{"index":0,"delta":)"
            R"({"role":"assistant","content":"x","notes":["n"]},"logprobs":null,)"
            R"("finish_reason":"model_length","stop_reason":"s","more":2}],"new":[1]})"
            "\n\n"
            R"(data: {"id":"i","object":"chat.completion.chunk","created":5,"model":"m",)"
            R"("system_fingerprint":"fp","service_tier":"flex","choices":[],"usage":)"
            R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,)"
            R"("prompt_tokens_details":{"cached_tokens":4,"audio_tokens":1},)"
            R"("completion_tokens_details":{"reasoning_tokens":0},"cost":0.5}})"
            "\n\ndata: [DONE]\n\n");
}

TEST(Others, OfADeltaAloneAreAnObject) {
  Stream stream(Dialect::openai);
  std::string out;
  for (const char* delta : {R"({"content":"a"})", R"({"notes":["n"],"nothing":null})"}) {
    auto event = stream.parse(R"({"id":"i","model":"m","choices":[{"index":0,"delta":)" +
                              std::string(delta) + "}]}");
    ASSERT_TRUE(event);
    event->edited = true;
    out += stream.render(*event);
  }
  EXPECT_THAT(out, HasSubstr(R"("delta":{"notes":["n"]},)"));
}

TEST(Others, DoNotCrossDialects) {
  for (const auto& write : {written, streamed}) {
    EXPECT_THAT(write(kMessage, Dialect::anthropic, Dialect::openai),
                AllOf(Not(HasSubstr("new")), Not(HasSubstr("container")),
                      Not(HasSubstr("service_tier")), HasSubstr(R"("finish_reason":"length")")));
    EXPECT_THAT(write(kCompletion, Dialect::openai, Dialect::anthropic),
                AllOf(Not(HasSubstr("new")), Not(HasSubstr("notes")), Not(HasSubstr("cost")),
                      HasSubstr(R"("stop_reason":"end_turn")")));
  }
}

constexpr const char* kUse =
    R"({"id":"i","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use",)"
    R"("id":"t","name":"f","input":{},"caller":{"type":"direct"},"new":1}],)"
    R"("stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2}})";

constexpr const char* kCall =
    R"({"id":"i","model":"m","created":5,"choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f",)"
    R"("arguments":"{}","note":"n"},"extra_content":{"google":{"thought_signature":"s"}}}]},)"
    R"("finish_reason":"tool_calls"}]})";

TEST(Others, OfACallAreKept) {
  const auto use = HasSubstr(
      R"({"type":"tool_use","id":"t","name":"f","input":{},"new":1,"caller":{"type":"direct"}})");
  const auto call = HasSubstr(R"("arguments":"{}","note":"n"},"extra_content":{"google":)"
                              R"({"thought_signature":"s"}}})");
  for (const auto& write : {written, streamed}) {
    EXPECT_THAT(write(kUse, Dialect::anthropic, Dialect::anthropic), use);
    EXPECT_THAT(write(kCall, Dialect::openai, Dialect::openai), call);
    EXPECT_THAT(write(kUse, Dialect::anthropic, Dialect::openai),
                AllOf(HasSubstr(R"("id":"t")"), Not(HasSubstr("caller"))));
    EXPECT_THAT(write(kCall, Dialect::openai, Dialect::anthropic),
                AllOf(HasSubstr(R"("id":"t")"), Not(HasSubstr("extra_content"))));
  }
}

TEST(Others, OfAPieceOfACallAreKept) {
  Stream stream(Dialect::openai);
  auto event = stream.parse(
      R"({"id":"i","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,)"
      R"("id":"t","type":"function","function":{"name":"f","arguments":""},)"
      R"("extra_content":{"google":{"thought_signature":"s"}}}]}}]})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->unread, "thought_signature: s");
  event->edited = true;
  EXPECT_THAT(stream.render(*event),
              HasSubstr(R"("function":{"name":"f","arguments":""},"extra_content":{"google":)"
                        R"({"thought_signature":"s"}}})"));
}

TEST(Others, OfABlockThatBeginsACallAreKept) {
  Stream stream(Dialect::anthropic);
  const auto event =
      stream.parse(R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use",)"
                   R"("id":"t","name":"f","input":{},"caller":{"type":"direct"}}})");
  ASSERT_TRUE(event);
  EXPECT_THAT(stream.render(*event),
              HasSubstr(R"("name":"f","input":{},"caller":{"type":"direct"}})"));
}

TEST(Others, AStopReasonIsAWord) {
  const std::string body = R"({"id":"i","model":"m","content":[],"stop_reason":")";
  EXPECT_EQ(edited(body + R"(a b\n"})", Dialect::anthropic).choices[0].finish_word, "");
  EXPECT_EQ(edited(body + R"(compaction"})", Dialect::anthropic).choices[0].finish_word,
            "compaction");
}

}  // namespace
}  // namespace gatehouse::api
