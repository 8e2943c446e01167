#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/requests.h"
#include "api/side_texts.h"
#include "api/upstream.h"

// Requests of one dialect, written for servers of the other.
namespace gatehouse::api {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

ChatRequest from_openai(const std::string& body) {
  auto parsed = parse_openai_chat(body);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? std::move(*parsed) : ChatRequest{};
}

ChatRequest from_anthropic(const std::string& body) {
  auto parsed = parse_anthropic_messages(body);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? std::move(*parsed) : ChatRequest{};
}

Result<UpstreamBody> written(const ChatRequest& request, Dialect dialect) {
  UpstreamOptions options;
  options.dialect = dialect;
  options.model = "up";
  options.default_max_tokens = 99;
  return upstream_body(request, options);
}

std::string body_for(const ChatRequest& request, Dialect dialect) {
  auto result = written(request, dialect);
  EXPECT_TRUE(result) << result.error().message;
  return result ? result->body : std::string();
}

std::string chat(const std::string& fields) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" + fields + "}";
}

TEST(OpenAiToAnthropic, WritesAWholeConversation) {
  const ChatRequest request = from_openai(R"({"model":"m","messages":[
    {"role":"system","content":"be brief"},
    {"role":"user","content":[{"type":"text","text":"look"},
      {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
      {"type":"image_url","image_url":{"url":"https://x/y.png"}}]},
    {"role":"assistant","content":"calling","tool_calls":[
      {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},
      {"id":"c2","type":"function","function":{"name":"f","arguments":""}}]},
    {"role":"tool","tool_call_id":"c1","content":"one"},
    {"role":"tool","tool_call_id":"c2","content":"two"},
    {"role":"user","content":"and?"}],
    "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],
    "tool_choice":"required","parallel_tool_calls":false,"stop":"END","temperature":0.5,
    "top_p":0.9,"user":"u1"})");
  EXPECT_EQ(
      body_for(request, Dialect::anthropic),
      R"({"model":"up","max_tokens":99,"system":"be brief","messages":[)"
      R"({"role":"user","content":[{"type":"text","text":"look"},)"
      R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},)"
      R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"calling"},)"
      R"({"type":"tool_use","id":"c1","name":"f","input":{"a":1}},)"
      R"({"type":"tool_use","id":"c2","name":"f","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"one"},)"
      R"({"type":"tool_result","tool_use_id":"c2","content":"two"},)"
      R"({"type":"text","text":"and?"}]}],)"
      R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],)"
      R"("tool_choice":{"type":"any","disable_parallel_tool_use":true},)"
      R"("temperature":0.5,"top_p":0.9,"stop_sequences":["END"],"metadata":{"user_id":"u1"}})");
}

TEST(OpenAiToAnthropic, MakesAStructuredAnswerATool) {
  const ChatRequest request =
      from_openai(chat(R"(,"max_tokens":5,"response_format":{"type":"json_schema","json_schema":)"
                       R"({"name":"city","schema":{"type":"object"}}})"));
  auto result = written(request, Dialect::anthropic);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->answer_tool, "city");
  EXPECT_THAT(result->body, HasSubstr(R"("input_schema":{"type":"object"})"));
  EXPECT_THAT(result->body, HasSubstr(R"("tool_choice":{"type":"tool","name":"city"})"));
  EXPECT_THAT(result->body, HasSubstr(R"("max_tokens":5)"));
}

TEST(OpenAiToAnthropic, SendsOnlyTheAllowedTools) {
  const auto tools = [](const std::string& choice) {
    return chat(R"(,"tools":[{"type":"function","function":{"name":"f"}},)"
                R"({"type":"function","function":{"name":"g"}}],"tool_choice":)" +
                choice);
  };
  const auto allowed = [&](const std::string& mode, const std::string& name) {
    return tools(R"({"type":"allowed_tools","allowed_tools":{"mode":")" + mode +
                 R"(","tools":[{"type":"function","function":{"name":")" + name + R"("}}]}})");
  };
  auto result = written(from_openai(allowed("required", "g")), Dialect::anthropic);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->body, HasSubstr(R"("tools":[{"name":"g","input_schema":{"type":"object"}}],)"
                                      R"("tool_choice":{"type":"any"})"));
  EXPECT_THAT(result->warnings, testing::IsEmpty());
  EXPECT_THAT(body_for(from_openai(allowed("auto", "f")), Dialect::anthropic),
              HasSubstr(R"("tools":[{"name":"f","input_schema":{"type":"object"}}])"));
  const auto unknown = parse_openai_chat(allowed("auto", "h"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().param, "tool_choice");
  const auto none = parse_openai_chat(
      tools(R"({"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}})"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().param, "tool_choice.allowed_tools.tools");
}

TEST(OpenAiToAnthropic, RefusesWhatWouldChangeTheMeaning) {
  const auto param = [](const std::string& fields) {
    auto result = written(from_openai(chat(fields)), Dialect::anthropic);
    EXPECT_FALSE(result) << fields;
    return result ? std::string() : result.error().code + " " + result.error().param;
  };
  EXPECT_EQ(param(R"(,"n":2)"), "unsupported_parameter n");
  EXPECT_EQ(param(R"(,"logprobs":true)"), "unsupported_parameter logprobs");
  EXPECT_EQ(param(R"(,"response_format":{"type":"json_object"},"tools":[{"type":"function",)"
                  R"("function":{"name":"f"}}])"),
            "unsupported_parameter response_format");
  auto audio = written(from_openai(R"({"model":"m","messages":[{"role":"user","content":[
      {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]})"),
                       Dialect::anthropic);
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error().param, "messages[0].content");
}

TEST(OpenAiToAnthropic, RefusesWhatSaysNothing) {
  const auto param = [](const std::string& messages) {
    auto result =
        written(from_openai(R"({"model":"m","messages":[)" + messages + "]}"), Dialect::anthropic);
    return result ? std::string() : result.error().param;
  };
  const std::string user = R"({"role":"user","content":"hi"},)";
  EXPECT_EQ(param(R"({"role":"system","content":"be brief"})"), "messages");
  EXPECT_EQ(param(R"({"role":"user","content":""})"), "messages[0].content");
  EXPECT_EQ(param(R"({"role":"user","content":[{"type":"text","text":""}]})"),
            "messages[0].content");
  EXPECT_EQ(param(user + R"({"role":"assistant","content":""},{"role":"user","content":"?"})"),
            "messages[1].content");
  EXPECT_EQ(param(user + R"({"role":"assistant","content":""})"), "");
}

TEST(OpenAiToAnthropic, ReportsWhatIsNotHonoured) {
  auto result = written(from_openai(chat(R"(,"seed":1,"logit_bias":{"1":2},"presence_penalty":1,)"
                                         R"("frequency_penalty":0,"temperature":1.5,)"
                                         R"("reasoning_effort":"low","metadata":{"a":"b"})")),
                        Dialect::anthropic);
  ASSERT_TRUE(result);
  for (const char* field :
       {"seed", "logit_bias", "presence_penalty", "temperature", "reasoning_effort", "metadata"}) {
    EXPECT_THAT(result->warnings, Contains(testing::StartsWith(std::string(field) + ": ")))
        << field;
  }
  EXPECT_EQ(result->warnings.size(), 6u);
  EXPECT_THAT(result->body, HasSubstr(R"("temperature":1)"));
}

TEST(OpenAiToAnthropic, GivesFunctionsOfTheOldFormIds) {
  const std::string body = body_for(from_openai(R"({"model":"m","messages":[
    {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
    {"role":"function","name":"f","content":"1"}],"functions":[{"name":"f"}]})"),
                                    Dialect::anthropic);
  EXPECT_THAT(body, HasSubstr(R"("type":"tool_use","id":"call_0","name":"f")"));
  EXPECT_THAT(body, HasSubstr(R"("tool_use_id":"call_0")"));
}

TEST(AnthropicToOpenAi, WritesAWholeConversation) {
  const ChatRequest request = from_anthropic(R"({"model":"m","max_tokens":7,
    "system":[{"type":"text","text":"be brief"}],"messages":[
    {"role":"user","content":[{"type":"text","text":"look"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
    {"role":"assistant","content":[{"type":"text","text":"calling"},
      {"type":"tool_use","id":"c1","name":"f","input":{"a":1}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"one"},
      {"type":"text","text":"and?"}]}],
    "tools":[{"name":"f","input_schema":{"type":"object"}}],
    "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
    "stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true})");
  EXPECT_EQ(
      body_for(request, Dialect::openai),
      R"({"model":"up","messages":[{"role":"system","content":"be brief"},)"
      R"({"role":"user","content":[{"type":"text","text":"look"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},)"
      R"({"role":"assistant","content":"calling","tool_calls":[)"
      R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},)"
      R"({"role":"tool","tool_call_id":"c1","content":"one"},)"
      R"({"role":"user","content":"and?"}],)"
      R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,)"
      R"("max_tokens":7,"stop":["END"],"user":"u1","stream":true,)"
      R"("stream_options":{"include_usage":true}})");
}

TEST(AnthropicToOpenAi, MovesImagesOutOfToolResults) {
  auto result = written(from_anthropic(R"({"model":"m","max_tokens":7,"messages":[
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[
      {"type":"text","text":"see"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]},
      {"type":"tool_result","tool_use_id":"b","is_error":true,"content":"no"}]}]})"),
                        Dialect::openai);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->body, HasSubstr(R"({"role":"tool","tool_call_id":"a","content":"see"},)"
                                      R"({"role":"tool","tool_call_id":"b","content":"Error: no"},)"
                                      R"({"role":"user","content":[{"type":"image_url")"));
  EXPECT_EQ(result->warnings.size(), 2u);
}

TEST(AnthropicToOpenAi, AsksForTheSchemaOfTheAnswer) {
  const std::string format = R"({"type":"json_schema","schema":{"type":"object"}})";
  const std::string head =
      R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],)";
  for (const std::string& fields :
       {R"("output_config":{"format":)" + format + "}}", R"("output_format":)" + format + "}"}) {
    auto result = written(from_anthropic(head + fields), Dialect::openai);
    ASSERT_TRUE(result);
    EXPECT_THAT(result->body,
                HasSubstr(R"("response_format":{"type":"json_schema","json_schema":)"
                          R"({"name":"answer","schema":{"type":"object"},"strict":true}})"));
    EXPECT_THAT(result->warnings, testing::IsEmpty()) << fields;
  }
  auto effort =
      written(from_anthropic(head + R"("output_config":{"effort":"low","format":)" + format + "}}"),
              Dialect::openai);
  ASSERT_TRUE(effort);
  EXPECT_THAT(effort->warnings, ElementsAre(testing::StartsWith("output_config: ")));
}

TEST(AnthropicToOpenAi, RefusesAnothersOwnTools) {
  auto result = written(from_anthropic(R"({"model":"m","max_tokens":7,
    "messages":[{"role":"user","content":"x"}],
    "tools":[{"type":"web_search_20250305","name":"web_search"}]})"),
                        Dialect::openai);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().param, "tools");
}

TEST(AnthropicToOpenAi, ReportsThinkingAndCacheMarks) {
  auto result = written(from_anthropic(R"({"model":"m","max_tokens":7,"top_k":3,"messages":[
    {"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]},
    {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},
      {"type":"text","text":"y"}]}],"thinking":{"type":"enabled","budget_tokens":1024}})"),
                        Dialect::openai);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->body, Not(HasSubstr("ephemeral")));
  EXPECT_EQ(result->warnings.size(), 4u) << result->body;
}

TEST(SameDialect, PassesTheBytesOn) {
  const std::string body = chat(R"( , "unknown":{"a" : 1e2})");
  EXPECT_EQ(
      body_for(from_openai(body), Dialect::openai),
      R"({"model":"up","messages":[{"role":"user","content":"hi"}] , "unknown":{"a" : 1e2}})");
}

TEST(SameDialect, WritesAnewWhatWasEdited) {
  ChatRequest request =
      from_openai(chat(R"(,"service_tier":"flex","max_completion_tokens":4,"stream":true,)"
                       R"("stream_options":{"include_obfuscation":false})"));
  request.messages[0].parts[0].text = "[redacted]";
  request.edited = true;
  EXPECT_EQ(body_for(request, Dialect::openai),
            R"({"model":"up","messages":[{"role":"user","content":"[redacted]"}],)"
            R"("max_completion_tokens":4,"stream":true,"stream_options":{"include_usage":true,)"
            R"("include_obfuscation":false},"service_tier":"flex"})");
}

TEST(SameDialect, KeepsTheSchemaOfTheAnswer) {
  const std::string config =
      R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}})";
  ChatRequest request = from_anthropic(
      R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],)" + config + "}");
  request.edited = true;
  const std::string body = body_for(request, Dialect::anthropic);
  EXPECT_THAT(body, HasSubstr(config));
  EXPECT_THAT(body, testing::Not(HasSubstr("tool_choice")));
}

TEST(SameDialect, KeepsMarksBesideTextThatWasEdited) {
  ChatRequest request = from_anthropic(R"({"model":"m","max_tokens":7,"messages":[
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"a","content":"r","cache_control":{"type":"ephemeral"}},
      {"type":"text","text":"secret","cache_control":{"type":"ephemeral"}},
      {"type":"document","title":"D","source":{"type":"text","media_type":"text/plain","data":"old"}}]},
    {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s+/="},
      {"type":"tool_use","id":"b","name":"f","input":{}},{"type":"text","text":"after"}]}]})");
  request.messages[1].parts[0].text = "[x]";
  request.messages[1].parts[1].text = "new";
  request.edited = true;
  EXPECT_EQ(
      body_for(request, Dialect::anthropic),
      R"({"model":"up","max_tokens":7,"messages":[{"role":"user","content":[)"
      R"({"type":"tool_result","tool_use_id":"a","content":"r","cache_control":{"type":"ephemeral"}},)"
      R"({"type":"text","text":"[x]","cache_control":{"type":"ephemeral"}},)"
      R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"new"},"title":"D"}]},)"
      R"({"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s+/="},)"
      R"({"type":"tool_use","id":"b","name":"f","input":{}},{"type":"text","text":"after"}]}]})");
}

TEST(SameDialect, NeverLosesAnEdit) {
  ChatRequest request = from_anthropic(R"({"model":"m","max_tokens":7,"messages":[
    {"role":"user","content":[{"type":"search_result","source":"s","title":"T",
      "content":[{"type":"text","text":"card 4111"}]}]}]})");
  request.edited = true;
  Part& found = request.messages[0].parts[0];
  ASSERT_TRUE(SideEdit(found.beside, "s\nT\ncard [redacted]").write_to(found.raw));
  EXPECT_THAT(body_for(request, Dialect::anthropic), HasSubstr(R"("text":"card [redacted]")"));
  // The other dialect gets the text itself.
  EXPECT_THAT(body_for(request, Dialect::openai), HasSubstr(R"(T\ncard [redacted])"));
  ChatRequest custom = from_openai(R"({"model":"m","messages":[{"role":"assistant","tool_calls":[
    {"id":"a","type":"custom","custom":{"name":"f","input":"card 4111"}}]}]})");
  custom.messages[0].tool_calls[0].arguments = "[redacted]";
  custom.edited = true;
  EXPECT_THAT(
      body_for(custom, Dialect::openai),
      HasSubstr(R"({"id":"a","type":"custom","custom":{"name":"f","input":"[redacted]"}})"));
}

TEST(TextCompletion, IsOnlyForOpenAi) {
  auto request = parse_openai_completion(R"({"model":"m","prompt":["a","b"],"echo":true})");
  ASSERT_TRUE(request);
  EXPECT_FALSE(written(*request, Dialect::anthropic));
  request->edited = true;
  EXPECT_EQ(body_for(*request, Dialect::openai),
            R"({"model":"up","prompt":["a","b"],"echo":true})");
}

TEST(Embedding, IsPatchedOrWrittenAnew) {
  auto request = parse_openai_embedding(R"({"model":"m","input":["a"],"dimensions":8,"x":1})");
  ASSERT_TRUE(request);
  EXPECT_EQ(write_embedding_request(*request, "up"),
            R"({"model":"up","input":["a"],"dimensions":8,"x":1})");
  request->inputs[0] = "b";
  request->edited = true;
  EXPECT_EQ(write_embedding_request(*request, "up"),
            R"({"model":"up","input":["b"],"dimensions":8,"x":1})");
}

TEST(CountTokens, LeavesOutWhatTheEndpointDoesNotTake) {
  UpstreamOptions options;
  options.model = "up";
  auto body =
      write_anthropic_count(from_openai(chat(R"(,"max_tokens":3,"temperature":1)")), options);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, R"({"model":"up","messages":[{"role":"user","content":"hi"}]})");
}

}  // namespace
}  // namespace gatehouse::api
