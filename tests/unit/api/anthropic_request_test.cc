#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/requests.h"

namespace gatehouse::api {
namespace {

ChatRequest messages(const std::string& body) {
  auto parsed = parse_anthropic_messages(body);
  EXPECT_TRUE(parsed) << parsed.error().message << " for " << body;
  return parsed ? std::move(*parsed) : ChatRequest{};
}

Refusal refused(const std::string& body) {
  auto parsed = parse_anthropic_messages(body);
  EXPECT_FALSE(parsed) << body;
  return parsed ? Refusal{} : parsed.error();
}

std::string with(const std::string& fields) {
  return R"({"model":"claude","max_tokens":10,"messages":[{"role":"user","content":"hi"}],)" +
         fields + "}";
}

std::string turn(const std::string& role, const std::string& content) {
  return R"({"model":"claude","max_tokens":10,"messages":[{"role":")" + role + R"(","content":)" +
         content + "}]}";
}

TEST(AnthropicMessages, ReadsASystemPromptInBothForms) {
  EXPECT_EQ(messages(with(R"("system":"be brief")")).messages[0].text(), "be brief");
  const ChatRequest request =
      messages(with(R"("system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},)"
                    R"({"type":"text","text":"b"}])"));
  ASSERT_EQ(request.messages.size(), 2u);
  EXPECT_EQ(request.messages[0].role, Role::system);
  EXPECT_EQ(request.messages[0].text(), "a\nb");
  EXPECT_THAT(request.messages[0].parts[0].raw, testing::HasSubstr("ephemeral"));
}

TEST(AnthropicMessages, SplitsToolResultsIntoMessagesOfTheirOwn) {
  const ChatRequest request = messages(turn("user", R"([
    {"type":"tool_result","tool_use_id":"t1","content":"4"},
    {"type":"tool_result","tool_use_id":"t2","is_error":true,
     "content":[{"type":"text","text":"no"},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]},
    {"type":"text","text":"go on"}])"));
  ASSERT_EQ(request.messages.size(), 3u);
  EXPECT_EQ(request.messages[0].role, Role::tool);
  EXPECT_FALSE(request.messages[0].continues);
  EXPECT_EQ(request.messages[1].tool_call_id, "t2");
  EXPECT_TRUE(request.messages[1].tool_error);
  EXPECT_TRUE(request.messages[1].continues);
  EXPECT_EQ(request.messages[1].parts[1].kind, Part::Kind::image);
  EXPECT_EQ(request.messages[2].role, Role::user);
  EXPECT_TRUE(request.messages[2].continues);
}

TEST(AnthropicMessages, KeepsThinkingAndItsSignature) {
  const ChatRequest request = messages(turn("assistant", R"([
    {"type":"thinking","thinking":"hm\u00e9","signature":"Ab+/=="},
    {"type":"redacted_thinking","data":"EncRyPted=="},
    {"type":"text","text":"so"},
    {"type":"tool_use","id":"t1","name":"f","input":{"a":[1, 2.50]}}])"));
  const Message& message = request.messages[0];
  ASSERT_EQ(message.parts.size(), 3u);
  EXPECT_EQ(message.parts[0].signature, "Ab+/==");
  EXPECT_EQ(message.parts[0].text, "hm\xc3\xa9");
  EXPECT_EQ(message.parts[1].kind, Part::Kind::redacted_thinking);
  EXPECT_EQ(message.parts[1].signature, "EncRyPted==");
  EXPECT_EQ(message.tool_calls[0].arguments, R"({"a":[1,2.5]})");
  EXPECT_EQ(message.tool_calls[0].parts_before, 3u);
}

TEST(AnthropicMessages, ShowsTheTextOfDocuments) {
  const ChatRequest request = messages(turn("user", R"([
    {"type":"document","source":{"type":"text","media_type":"text/plain","data":"secret plan"}},
    {"type":"document","source":{"type":"content","content":[{"type":"text","text":"in pieces 1"}]}},
    {"type":"search_result","source":"s 1","title":"T","content":[{"type":"text","text":"found it"}]}])"));
  const auto& parts = request.messages[0].parts;
  EXPECT_EQ(parts[0].kind, Part::Kind::file);
  EXPECT_EQ(parts[0].text, "secret plan");
  EXPECT_EQ(parts[1].beside, "in pieces 1");
  EXPECT_FALSE(parts[1].from_tool);
  EXPECT_EQ(parts[2].beside, "s 1\nT\nfound it");
  EXPECT_TRUE(parts[2].from_tool);
}

TEST(AnthropicMessages, ReadsAllThatAProvidersToolsBringAndAreAsked) {
  const ChatRequest request = messages(turn("assistant", R"([
    {"type":"server_tool_use","id":"s1","name":"web_fetch","input":{"url":"https://x/y","data":"a b"}},
    {"type":"web_fetch_tool_result","tool_use_id":"s1","content":{"type":"web_fetch_result","url":"https://x/y",
      "content":{"type":"document","title":"The page","source":{"type":"text","media_type":"text/plain",
      "data":"All of it."}}}},
    {"type":"mcp_tool_result","tool_use_id":"m1","content":[{"type":"text","text":"Call Ada."}]},
    {"type":"text","text":"Done."}])"));
  const auto& parts = request.messages[0].parts;
  EXPECT_EQ(parts[0].beside, "https://x/y\na b");
  EXPECT_FALSE(parts[0].from_tool);
  EXPECT_EQ(parts[1].beside, "web_fetch_tool_result\nThe page\nAll of it.");
  EXPECT_TRUE(parts[1].from_tool);
  EXPECT_EQ(parts[2].beside, "Call Ada.");
  EXPECT_TRUE(parts[2].from_tool);
  EXPECT_FALSE(parts[3].from_tool);
}

TEST(AnthropicMessages, ReadsToolsAndChoices) {
  const ChatRequest request =
      messages(with(R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"}},)"
                    R"({"type":"web_search_20250305","name":"web_search","max_uses":2}],)"
                    R"("tool_choice":{"type":"any","disable_parallel_tool_use":true})"));
  ASSERT_EQ(request.tools.size(), 2u);
  EXPECT_EQ(request.tools[0].raw, "");
  EXPECT_THAT(request.tools[1].raw, testing::HasSubstr("max_uses"));
  EXPECT_EQ(request.tool_choice.mode, ToolChoice::Mode::required);
  EXPECT_EQ(request.parallel_tool_calls, false);
}

TEST(AnthropicMessages, ReadsTheRest) {
  const ChatRequest request = messages(
      with(R"("temperature":1,"top_k":5,"top_p":0.1,"stop_sequences":["x"],"stream":true,)"
           R"("metadata":{"user_id":"u"},"thinking":{"type":"enabled","budget_tokens":1024})"));
  EXPECT_EQ(request.dialect, Dialect::anthropic);
  EXPECT_EQ(request.sampling.top_k, 5);
  EXPECT_EQ(request.user, "u");
  EXPECT_TRUE(request.stream);
  ASSERT_EQ(request.extra.size(), 1u);
  EXPECT_EQ(request.extra[0].first, "thinking");
}

TEST(AnthropicMessages, RefusesWhatIsWrong) {
  EXPECT_EQ(refused(R"({"model":"c","messages":[{"role":"user","content":"x"}]})").param,
            "max_tokens");
  EXPECT_EQ(refused(with(R"("temperature":1.5)")).param, "temperature");
  EXPECT_EQ(refused(turn("system", "\"x\"")).param, "messages[0].role");
  EXPECT_EQ(refused(turn("user", R"([{"type":"tool_use","id":"a","name":"f","input":{}}])")).param,
            "messages[0].content[0].type");
  EXPECT_EQ(refused(turn("assistant", R"([{"type":"thinking","thinking":"a"}])")).param,
            "messages[0].content[0].signature");
  EXPECT_EQ(refused(turn("user", R"([{"type":"image","source":{"type":"ftp"}}])")).param,
            "messages[0].content[0].source.type");
  EXPECT_EQ(refused(turn("user", R"([{"type":"hologram"}])")).param, "messages[0].content[0].type");
  EXPECT_EQ(refused(with(R"("tools":[{"name":"f"}])")).param, "tools[0].input_schema");
  EXPECT_EQ(refused(R"([])").message, "The body must be an object, not an array.");
}

TEST(AnthropicMessages, ReadsTheSchemaOfTheAnswer) {
  const std::string head =
      R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],)";
  const std::string format = R"({"type":"json_schema","schema":{"title":"t"}})";
  const auto param = [&](const std::string& fields) {
    const auto parsed = parse_anthropic_messages(head + fields + "}");
    return parsed ? std::string() : parsed.error().param;
  };
  const auto parsed = parse_anthropic_messages(head + R"("output_config":{"format":)" + format +
                                               R"(,"effort":"low"}})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->response_format.kind, ResponseFormat::Kind::json_schema);
  EXPECT_EQ(parsed->response_format.schema, R"({"title":"t"})");
  EXPECT_EQ(parsed->response_format.member, "") << "there is more in the member";
  EXPECT_EQ(param(R"("output_config":{"effort":"low","format":null})"), "");
  EXPECT_EQ(param(R"("output_config":{"format":{"type":"grammar"}})"), "output_config.format.type");
  EXPECT_EQ(param(R"("output_format":{"type":"json_schema"})"), "output_format.schema");
  EXPECT_EQ(param(R"("output_config":{},"output_format":)" + format), "output_format");
}

TEST(AnthropicCountTokens, NeedsNoMaximum) {
  EXPECT_TRUE(
      parse_anthropic_count_tokens(R"({"model":"c","messages":[{"role":"user","content":"x"}]})"));
}

}  // namespace
}  // namespace gatehouse::api
