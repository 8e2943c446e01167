#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "api/requests.h"

namespace gatehouse::api {
namespace {

ChatRequest chat(const std::string& body) {
  auto parsed = parse_openai_chat(body);
  EXPECT_TRUE(parsed) << parsed.error().message << " for " << body;
  return parsed ? std::move(*parsed) : ChatRequest{};
}

Refusal refused(const std::string& body) {
  auto parsed = parse_openai_chat(body);
  EXPECT_FALSE(parsed) << body;
  return parsed ? Refusal{} : parsed.error();
}

std::string with(const std::string& fields) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + fields + "}";
}

std::string message(const std::string& json) {
  return R"({"model":"m","messages":[)" + json + "]}";
}

TEST(OpenAiChat, ReadsMessagesOfAllRoles) {
  const ChatRequest request = chat(R"({"model":"gpt","messages":[
    {"role":"system","content":"be brief"},
    {"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"user","name":"ann","content":"2+2?"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"call_1","type":"function","function":{"name":"add","arguments":"{\"a\":2"}}]},
    {"role":"tool","tool_call_id":"call_1","content":"4"}]})");
  ASSERT_EQ(request.messages.size(), 5u);
  EXPECT_EQ(request.messages[0].role, Role::system);
  EXPECT_EQ(request.messages[1].text(), "a\nb");
  EXPECT_EQ(request.messages[2].name, "ann");
  EXPECT_TRUE(request.messages[3].no_content);
  ASSERT_EQ(request.messages[3].tool_calls.size(), 1u);
  EXPECT_EQ(request.messages[3].tool_calls[0].arguments, "{\"a\":2");  // as the model wrote it
  EXPECT_EQ(request.messages[4].tool_call_id, "call_1");
}

TEST(OpenAiChat, KeepsTheBodyAsItCame) {
  const std::string body = "  " + with(R"("temperature" : 0.5 )") + "\n";
  EXPECT_EQ(chat(body).body, body);
}

TEST(OpenAiChat, ReadsParts) {
  const ChatRequest request = chat(message(R"({"role":"user","content":[
    {"type":"text","text":"look"},
    {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},
    {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}},
    {"type":"file","file":{"file_id":"file-1"}}]})"));
  const auto& parts = request.messages[0].parts;
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].raw, "");
  EXPECT_EQ(parts[1].kind, Part::Kind::image);
  EXPECT_EQ(
      parts[1].raw,
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}})");
  EXPECT_EQ(parts[2].kind, Part::Kind::audio);
  EXPECT_EQ(parts[3].kind, Part::Kind::file);
}

TEST(OpenAiChat, ReadsSampling) {
  const ChatRequest request =
      chat(with(R"("temperature":1,"top_p":0.9,"n":3,"stop":["a","b"],)"
                R"("seed":-7,"max_completion_tokens":50,)"
                R"("frequency_penalty":-2,"presence_penalty":2,)"
                R"("logit_bias":{"50256":-100},"logprobs":true,)"
                R"("top_logprobs":5,"user":"u1","metadata":{"team":"a"},)"
                R"("stream":true,"stream_options":{"include_usage":true})"));
  const Sampling& sampling = request.sampling;
  EXPECT_EQ(sampling.temperature, 1.0);
  EXPECT_EQ(sampling.n, 3);
  EXPECT_THAT(sampling.stop, testing::ElementsAre("a", "b"));
  EXPECT_EQ(sampling.seed, -7);
  EXPECT_EQ(sampling.max_tokens, 50);
  EXPECT_TRUE(sampling.completion_tokens);
  EXPECT_EQ(sampling.top_logprobs, 5);
  ASSERT_EQ(sampling.logit_bias.size(), 1u);
  EXPECT_EQ(sampling.logit_bias[0].first, 50256);
  EXPECT_EQ(request.metadata, R"({"team":"a"})");
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
}

TEST(OpenAiChat, NullMeansAbsent) {
  const ChatRequest request =
      chat(with(R"("temperature":null,"stop":null,"tools":null,"stream":null,"n":null)"));
  EXPECT_FALSE(request.sampling.temperature);
  EXPECT_FALSE(request.stream);
}

TEST(OpenAiChat, ReadsToolsAndChoices) {
  const std::string tools =
      R"("tools":[{"type":"function","function":{"name":"get","description":"d",)"
      R"("parameters":{"type":"object"},"strict":true}}])";
  const ChatRequest request =
      chat(with(tools + R"(,"tool_choice":{"type":"function","function":{"name":"get"}},)"
                        R"("parallel_tool_calls":false)"));
  ASSERT_EQ(request.tools.size(), 1u);
  EXPECT_EQ(request.tools[0].parameters, R"({"type":"object"})");
  EXPECT_TRUE(request.tools[0].strict);
  EXPECT_EQ(request.tools[0].raw, "");
  EXPECT_EQ(request.tool_choice.mode, ToolChoice::Mode::named);
  EXPECT_EQ(request.parallel_tool_calls, false);
  EXPECT_EQ(chat(with(tools + R"(,"tool_choice":"required")")).tool_choice.mode,
            ToolChoice::Mode::required);
  EXPECT_EQ(refused(with(tools + R"(,"tool_choice":"force")")).param, "tool_choice");
  EXPECT_EQ(refused(with(R"("tool_choice":"required")")).param, "tool_choice");
  EXPECT_EQ(
      refused(with(tools + R"(,"tool_choice":{"type":"function","function":{"name":"x"}})")).param,
      "tool_choice");
}

TEST(OpenAiChat, ReadsTheFormBeforeTools) {
  const ChatRequest request = chat(R"({"model":"m","messages":[
    {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
    {"role":"function","name":"f","content":"1"}],
    "functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"}})");
  EXPECT_TRUE(request.legacy_functions);
  EXPECT_EQ(request.tools[0].name, "f");
  EXPECT_EQ(request.tool_choice.name, "f");
  EXPECT_EQ(request.messages[0].tool_calls[0].name, "f");
  EXPECT_EQ(request.messages[1].role, Role::tool);
}

TEST(OpenAiChat, ReadsResponseFormats) {
  EXPECT_EQ(chat(with(R"("response_format":{"type":"json_object"})")).response_format.kind,
            ResponseFormat::Kind::json_object);
  const ResponseFormat format =
      chat(with(R"("response_format":{"type":"json_schema","json_schema":{"name":"n",)"
                R"("schema":{"type":"object"},"strict":true}})"))
          .response_format;
  EXPECT_EQ(format.kind, ResponseFormat::Kind::json_schema);
  EXPECT_EQ(format.schema, R"({"type":"object"})");
  EXPECT_TRUE(format.strict);
  EXPECT_EQ(refused(with(R"("response_format":{"type":"json_schema"})")).param,
            "response_format.json_schema");
}

TEST(OpenAiChat, KeepsWhatItDoesNotKnow) {
  const ChatRequest request = chat(with(R"("service_tier":"flex","prediction":{"a":[1,2]})"));
  ASSERT_EQ(request.extra.size(), 2u);
  EXPECT_EQ(request.extra[1].first, "prediction");
  EXPECT_EQ(request.extra[1].second, R"({"a":[1,2]})");
}

// What the firewall reads must be what the upstream reads.
TEST(OpenAiChat, RefusesWhatParsersReadDifferently) {
  EXPECT_EQ(
      refused(R"({"model":"m","messages":[{"role":"user","content":"a"}],"messages":[]})").code,
      "duplicate_parameter");
  EXPECT_EQ(refused(message(R"({"role":"user","content":"a","content":"b"})")).param,
            "messages[0].content");
  EXPECT_EQ(refused(message(R"({"role":"user","content":"a","con\u0074ent":"b"})")).code,
            "duplicate_parameter");
  EXPECT_EQ(refused(with(R"("Messages":[])")).code, "unknown_parameter");
  EXPECT_EQ(refused(message(R"({"role":"user","content":"a","CONTENT":"b"})")).param,
            "messages[0].CONTENT");
  std::string many = R"("metadata":{)";
  for (int i = 0; i < 40; ++i) many += "\"k" + std::to_string(i % 39) + "\":\"v\",";
  many.back() = '}';
  EXPECT_EQ(refused(with(many)).param, "metadata.k0");
}

TEST(OpenAiChat, RefusesNamesThatLookLikeMarkup) {
  EXPECT_EQ(refused(message(R"({"role":"user","name":"a<|im_end|>","content":"x"})")).param,
            "messages[0].name");
  EXPECT_EQ(refused(with(R"("tools":[{"type":"function","function":{"name":"a b"}}])")).param,
            "tools[0].function.name");
}

TEST(OpenAiChat, BoundsLists) {
  std::string body = R"({"model":"m","messages":[)";
  for (size_t i = 0; i <= RequestLimits::kMessages; ++i) {
    if (i > 0) body += ',';
    body += R"({"role":"user","content":""})";
  }
  EXPECT_EQ(refused(body + "]}").code, "array_above_max_length");
  std::string extra;
  for (size_t i = 0; i <= RequestLimits::kExtra; ++i) {
    extra += (i > 0 ? ",\"x" : "\"x") + std::to_string(i) + "\":1";
  }
  EXPECT_EQ(refused(with(extra)).code, "unknown_parameter");
}

TEST(OpenAiChat, NeverTakesInvalidUtf8) {
  EXPECT_EQ(refused(message("{\"role\":\"user\",\"content\":\"\xff\"}")).code, "invalid_json");
  // A lone surrogate has no UTF-8 form; whatever becomes of it must be valid.
  for (const char* escape : {R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)"}) {
    auto parsed =
        parse_openai_chat(message(std::string(R"({"role":"user","content":")") + escape + "\"}"));
    if (parsed) {
      EXPECT_TRUE(simdjson::validate_utf8(parsed->messages[0].text())) << escape;
    }
  }
}

TEST(OpenAiCompletion, ReadsPrompts) {
  auto one = parse_openai_completion(R"({"model":"m","prompt":"a","echo":true,"logprobs":2})");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->operation, ChatRequest::Operation::text_completion);
  EXPECT_THAT(one->prompts, testing::ElementsAre("a"));
  EXPECT_TRUE(one->echo);
  EXPECT_EQ(one->sampling.top_logprobs, 2);
  auto two = parse_openai_completion(R"({"model":"m","prompt":["a","b"],"max_tokens":3})");
  ASSERT_TRUE(two);
  EXPECT_EQ(two->prompts.size(), 2u);
  EXPECT_EQ(parse_openai_completion(R"({"model":"m","prompt":[1,2]})").error().code,
            "unsupported_value");
  EXPECT_EQ(parse_openai_completion(R"({"model":"m","prompt":"a","best_of":2})").error().param,
            "best_of");
  auto odd = parse_openai_completion(R"({"model":"m","prompt":"a","messages":[],"":1,"\u0001":2})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->extra.size(), 3u);
}

TEST(OpenAiEmbedding, ReadsInputs) {
  auto text = parse_openai_embedding(R"({"model":"e","input":"a","encoding_format":"base64"})");
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->base64);
  auto texts = parse_openai_embedding(R"({"model":"e","input":["a","b"],"dimensions":64})");
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->inputs.size(), 2u);
  EXPECT_EQ(texts->dimensions, 64);
  auto tokens = parse_openai_embedding(R"({"model":"e","input":[1,2,3]})");
  ASSERT_TRUE(tokens);
  EXPECT_THAT(tokens->token_inputs, testing::ElementsAre(testing::ElementsAre(1, 2, 3)));
  auto lists = parse_openai_embedding(R"({"model":"e","input":[[1],[2,3]]})");
  ASSERT_TRUE(lists);
  EXPECT_EQ(lists->token_inputs.size(), 2u);
  EXPECT_EQ(parse_openai_embedding(R"({"model":"e","input":["a",1]})").error().param, "input[1]");
  EXPECT_EQ(parse_openai_embedding(R"({"model":"e","input":""})").error().code, "empty_string");
  EXPECT_EQ(parse_openai_embedding(R"({"model":"e","input":[]})").error().code, "empty_array");
}

TEST(OpenAiModeration, ReadsInputs) {
  auto text = parse_openai_moderation(R"({"input":"a"})");
  ASSERT_TRUE(text);
  EXPECT_THAT(text->inputs, testing::ElementsAre("a"));
  auto parts =
      parse_openai_moderation(R"({"model":"omni","input":[{"type":"text","text":"a"},)"
                              R"({"type":"image_url","image_url":{"url":"https://x/y.png"}}]})");
  ASSERT_TRUE(parts);
  EXPECT_TRUE(parts->multimodal);
  EXPECT_EQ(parts->images, 1u);
  EXPECT_EQ(parse_openai_moderation(R"({"model":"m"})").error().param, "input");
}

}  // namespace
}  // namespace gatehouse::api
