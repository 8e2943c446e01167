#include "api/responses.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base64.h"

namespace gatehouse::api {
namespace {

ToolCall call(const std::string& id, const std::string& name, const std::string& arguments) {
  ToolCall out;
  out.id = id;
  out.name = name;
  out.arguments = arguments;
  return out;
}

ChatCompletion answer() {
  ChatCompletion completion;
  completion.id = "chatcmpl-1";
  completion.model = "gpt-4o-mini-2024-07-18";
  completion.created = 1730000000;
  Choice& choice = completion.choices.emplace_back();
  choice.text = "four";
  choice.finish_reason = FinishReason::stop;
  completion.usage.input = 10;
  completion.usage.cached_input = 4;
  completion.usage.output = 2;
  return completion;
}

ChatRequest request(Dialect dialect) {
  ChatRequest out;
  out.dialect = dialect;
  return out;
}

TEST(Completion, IsWrittenForOpenAi) {
  EXPECT_EQ(render_completion(answer(), request(Dialect::openai)),
            R"({"id":"chatcmpl-1","object":"chat.completion","created":1730000000,)"
            R"("model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":)"
            R"({"role":"assistant","content":"four","refusal":null},"logprobs":null,)"
            R"("finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":2,)"
            R"("total_tokens":12,"prompt_tokens_details":{"cached_tokens":4},)"
            R"("completion_tokens_details":{"reasoning_tokens":0}}})");
}

TEST(Completion, IsWrittenForAnthropic) {
  ChatCompletion completion = answer();
  Part& thinking = completion.choices[0].thinking.emplace_back();
  thinking.kind = Part::Kind::thinking;
  thinking.text = "2+2";
  thinking.signature = "Sig==";
  completion.choices[0].tool_calls.push_back(call("t1", "f", "{\"a\":\n1}"));
  completion.choices[0].finish_reason = FinishReason::tool_calls;
  completion.usage.cache_write_input = 1;
  EXPECT_EQ(render_completion(completion, request(Dialect::anthropic)),
            R"({"id":"chatcmpl-1","type":"message","role":"assistant",)"
            R"("model":"gpt-4o-mini-2024-07-18","content":[)"
            R"({"type":"thinking","thinking":"2+2","signature":"Sig=="},)"
            R"({"type":"text","text":"four"},)"
            R"({"type":"tool_use","id":"t1","name":"f","input":{"a":1}}],)"
            R"("stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,)"
            R"("cache_creation_input_tokens":1,"cache_read_input_tokens":4,"output_tokens":2}})");
}

TEST(Completion, PassesOnUnchangedUnlessEdited) {
  ChatCompletion completion = answer();
  completion.body = "{ \"as\": \"it came\" }";
  EXPECT_EQ(render_completion(completion, request(Dialect::openai)), completion.body);
  EXPECT_NE(render_completion(completion, request(Dialect::anthropic)), completion.body);
  completion.edited = true;
  EXPECT_NE(render_completion(completion, request(Dialect::openai)), completion.body);
}

TEST(Completion, KeepsArgumentsThatAreNoJson) {
  ChatCompletion completion = answer();
  completion.choices[0].tool_calls.push_back(call("t1", "f", "{\"a\":"));
  EXPECT_THAT(render_completion(completion, request(Dialect::anthropic)),
              testing::HasSubstr(R"("input":{"raw_arguments":"{\"a\":"})"));
  EXPECT_THAT(render_completion(completion, request(Dialect::openai)),
              testing::HasSubstr(R"("arguments":"{\"a\":")"));
}

TEST(Completion, SpeaksTheFormBeforeTools) {
  ChatCompletion completion = answer();
  completion.choices[0].text.clear();
  completion.choices[0].tool_calls.push_back(call("t1", "f", "{}"));
  completion.choices[0].finish_reason = FinishReason::tool_calls;
  ChatRequest legacy = request(Dialect::openai);
  legacy.legacy_functions = true;
  EXPECT_THAT(render_completion(completion, legacy),
              testing::AllOf(testing::HasSubstr(R"("function_call":{"name":"f","arguments":"{}"})"),
                             testing::HasSubstr(R"("content":null)"),
                             testing::HasSubstr(R"("finish_reason":"function_call")")));
}

TEST(Completion, IsWrittenAsText) {
  ChatRequest text = request(Dialect::openai);
  text.operation = ChatRequest::Operation::text_completion;
  EXPECT_THAT(render_completion(answer(), text),
              testing::AllOf(testing::HasSubstr(R"("object":"text_completion")"),
                             testing::HasSubstr(R"({"index":0,"text":"four","logprobs":null)")));
}

TEST(Embeddings, AreNumbersOrBase64) {
  EmbeddingResponse response;
  response.model = "minilm";
  response.embeddings = {{0.5f, -1.0f, 0.1f}};
  response.usage.input = 3;
  EXPECT_EQ(render_embeddings(response, false),
            R"({"object":"list","data":[{"object":"embedding","index":0,)"
            R"("embedding":[0.5,-1,0.1]}],"model":"minilm",)"
            R"("usage":{"prompt_tokens":3,"total_tokens":3}})");
  EXPECT_THAT(render_embeddings(response, true),
              testing::HasSubstr(R"("embedding":"AAAAPwAAgL/NzMw9")"));
}

TEST(Base64, IsReadBack) {
  for (size_t size = 0; size < 70; ++size) {
    std::string data;
    for (size_t i = 0; i < size; ++i) data.push_back(static_cast<char>(i * 37 + size));
    std::string text, back;
    append_base64(text, data);
    EXPECT_EQ(text.size() % 4, 0u);
    ASSERT_TRUE(decode_base64(text, back));
    EXPECT_EQ(back, data);
  }
  std::string out;
  EXPECT_FALSE(decode_base64("A", out));
  EXPECT_FALSE(decode_base64("AA*A", out));
}

TEST(Models, AreListedInBothDialects) {
  ModelsPage models = {{{"fast", "local", 1700000000}}};
  EXPECT_EQ(render_models(models, Dialect::openai),
            R"({"object":"list","data":[{"id":"fast","object":"model","created":1700000000,)"
            R"("owned_by":"local"}]})");
  EXPECT_EQ(render_models(models, Dialect::anthropic),
            R"({"data":[{"type":"model","id":"fast","display_name":"fast",)"
            R"("created_at":"2023-11-14T22:13:20Z"}],"has_more":false,"first_id":"fast",)"
            R"("last_id":"fast"})");
  models.has_more = true;
  EXPECT_THAT(render_models(models, Dialect::anthropic),
              testing::HasSubstr(R"("has_more":true,"first_id":"fast")"));
  EXPECT_EQ(render_models({}, Dialect::openai), R"({"object":"list","data":[]})");
}

TEST(Moderations, HoldAllCategories) {
  ModerationResult result;
  result.categories.push_back({"prompt_injection", true, 0.97});
  result.categories.push_back({"violence", false, 0.25});
  const std::string body = render_moderations("modr-1", "gatehouse", {result});
  for (const std::string_view category : kModerationCategories) {
    EXPECT_THAT(body, testing::HasSubstr("\"" + std::string(category) + "\":["));
  }
  EXPECT_THAT(body, testing::HasSubstr(R"("flagged":true)"));
  EXPECT_THAT(body, testing::HasSubstr(R"("violence":0.25)"));
  EXPECT_THAT(body, testing::HasSubstr(R"("prompt_injection":0.97)"));
}

TEST(TokenCount, IsAnthropics) {
  EXPECT_EQ(render_token_count(42), R"({"input_tokens":42})");
}

}  // namespace
}  // namespace gatehouse::api
