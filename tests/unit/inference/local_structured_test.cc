// Structured output and tools: what the grammar promises, the real model keeps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.h"
#include "inference/local/constraint.h"
#include "unit/inference/local_fixture.h"

namespace gatehouse::inference::local::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPerson =
    R"({"type":"object","properties":{"name":{"type":"string","maxLength":20},)"
    R"("age":{"type":"integer","minimum":0,"maximum":150}},"required":["name","age"],)"
    R"("additionalProperties":false})";

api::Tool tool(const std::string& name, const std::string& parameters = {}) {
  api::Tool made;
  made.name = name;
  made.parameters = parameters;
  return made;
}

api::Tool weather() {
  return tool("get_weather",
              R"({"type":"object","properties":{"city":{"type":"string","maxLength":20},)"
              R"("unit":{"type":"string","enum":["celsius","fahrenheit"]}},)"
              R"("required":["city","unit"]})");
}

TEST(LocalStructured, FollowsAJsonSchema) {
  Call call;
  call.request = ask("Invent a person.", 80);
  call.request.response_format.kind = api::ResponseFormat::Kind::json_schema;
  call.request.response_format.name = "person";
  call.request.response_format.schema = kPerson;
  complete(call);
  ASSERT_TRUE(call.whole) << call.error->reason;
  std::string text = call.whole->choices[0].text;
  const auto parsed = json::thread_parser().parse(text);
  ASSERT_TRUE(parsed) << text;
  std::string_view name;
  int64_t age = -1;
  EXPECT_EQ((*parsed)["name"].get(name), simdjson::SUCCESS) << text;
  EXPECT_EQ((*parsed)["age"].get(age), simdjson::SUCCESS) << text;
  EXPECT_GE(age, 0);
  EXPECT_EQ(call.whole->choices[0].finish_reason, api::FinishReason::stop);
}

TEST(LocalStructured, AnswersWithAJsonObject) {
  Call call;
  call.request = ask("Describe Paris as JSON with keys name and country.", 200);
  call.request.response_format.kind = api::ResponseFormat::Kind::json_object;
  call.request.sampling.temperature = 1;
  call.request.sampling.seed = 3;
  complete(call);
  ASSERT_TRUE(call.whole) << call.error->reason;
  EXPECT_EQ(call.whole->choices[0].text.substr(0, 1), "{");
  if (call.whole->choices[0].finish_reason == api::FinishReason::stop) {
    std::string text = call.whole->choices[0].text;
    EXPECT_TRUE(json::thread_parser().parse(text)) << text;
  }
}

TEST(LocalStructured, ARequiredToolIsCalledWithValidArguments) {
  for (const bool named : {false, true}) {
    Call call;
    call.request = ask("What is the weather in Paris?", 96);
    call.request.tools.push_back(weather());
    call.request.tools.push_back(tool("get_time"));
    call.request.tool_choice.mode =
        named ? api::ToolChoice::Mode::named : api::ToolChoice::Mode::required;
    if (named) call.request.tool_choice.name = "get_weather";
    complete(call);
    ASSERT_TRUE(call.whole) << call.error->reason;
    const api::Choice& choice = call.whole->choices[0];
    EXPECT_EQ(choice.text, "");
    ASSERT_EQ(choice.tool_calls.size(), 1U);
    EXPECT_EQ(choice.finish_reason, api::FinishReason::tool_calls);
    EXPECT_EQ(choice.tool_calls[0].id.substr(0, 5), "call_");
    if (named) {
      EXPECT_EQ(choice.tool_calls[0].name, "get_weather");
      std::string arguments = choice.tool_calls[0].arguments;
      const auto parsed = json::thread_parser().parse(arguments);
      ASSERT_TRUE(parsed) << arguments;
      std::string_view unit;
      ASSERT_EQ((*parsed)["unit"].get(unit), simdjson::SUCCESS) << arguments;
      EXPECT_TRUE(unit == "celsius" || unit == "fahrenheit");
    }
  }
}

TEST(LocalStructured, OnlyAllowedToolsAreOffered) {
  for (const auto mode : {api::ToolChoice::Mode::required, api::ToolChoice::Mode::automatic}) {
    api::ChatRequest request = ask("What is the weather in Paris?");
    request.tools = {weather(), tool("get_time"), tool("get_news")};
    request.tool_choice.mode = mode;
    request.tool_choice.raw = R"({"type":"allowed_tools"})";
    request.tool_choice.allowed = {"get_time", "get_news"};
    const auto constraint = constraint_of(request);
    ASSERT_TRUE(constraint) << constraint.error().reason;
    EXPECT_EQ(constraint->calls_only, mode == api::ToolChoice::Mode::required);
    for (const std::string& text :
         {constraint->system_text,
          constraint->calls_only ? constraint->grammar : constraint->call_grammar}) {
      EXPECT_THAT(text, ::testing::AllOf(HasSubstr("get_time"), HasSubstr("get_news")));
      EXPECT_THAT(text, ::testing::Not(HasSubstr("get_weather")));
    }
  }
}

TEST(LocalStructured, AToolMayBeLeftAlone) {
  Call call;
  call.request = ask("What is the capital of Japan?", 32);
  call.request.tools.push_back(weather());
  call.request.tool_choice.mode = api::ToolChoice::Mode::none;
  complete(call);
  ASSERT_TRUE(call.whole);
  EXPECT_TRUE(call.whole->choices[0].tool_calls.empty());
  EXPECT_THAT(call.whole->choices[0].text, ::testing::HasSubstr("Tokyo"));
}

TEST(LocalStructured, ReadsToolCallsAndResultsOfEarlierTurns) {
  Call call;
  call.request = ask("What is the weather in Paris?", 32);
  say(call.request, api::Role::assistant, "");
  api::ToolCall made;
  made.id = "call_1";
  made.name = "get_weather";
  made.arguments = R"({"city":"Paris","unit":"celsius"})";
  call.request.messages.back().tool_calls.push_back(made);
  say(call.request, api::Role::tool, "{\"temperature\": 21, \"sky\": \"sunny\"}");
  call.request.messages.back().tool_call_id = "call_1";
  call.request.tools.push_back(weather());
  complete(call);
  ASSERT_TRUE(call.whole) << call.error->reason;
  EXPECT_GT(call.whole->usage.input, 100);
}

TEST(LocalStructured, TakesFunctionsOnly) {
  for (const char* raw : {R"({"type":"custom","custom":{"name":"get_weather"}})",
                          R"({"type":"web_search_20250305","name":"get_weather"})"}) {
    api::ChatRequest request = ask("x");
    request.tools.push_back(weather());
    request.tools.push_back(weather());
    request.tools[1].parameters.clear();
    request.tools[1].raw = raw;
    const auto constraint = constraint_of(request);
    ASSERT_FALSE(constraint) << raw;
    EXPECT_EQ(constraint.error().code, "unsupported_parameter");
    EXPECT_EQ(constraint.error().param, "tools[1]");
  }
}

TEST(LocalStructured, RefusesWhatItCannotEnforce) {
  struct Row {
    std::string schema, code;
  };
  for (const Row& row : {Row{"[1,2]", "invalid_schema"}, Row{"{\"type\":", "invalid_schema"},
                         Row{R"x({"$ref":"#/nowhere"})x", "unsupported_schema"},
                         Row{R"x({"type":"string","pattern":"a(?=b)"})x", "unsupported_schema"}}) {
    api::ChatRequest request = ask("x");
    request.response_format.kind = api::ResponseFormat::Kind::json_schema;
    request.response_format.schema = row.schema;
    const auto constraint = constraint_of(request);
    ASSERT_FALSE(constraint) << row.schema;
    EXPECT_EQ(constraint.error().code, row.code) << row.schema << constraint.error().reason;
    EXPECT_EQ(constraint.error().param, "response_format.json_schema.schema");
  }
  api::ChatRequest request = ask("x");
  request.tools.push_back(weather());
  request.tool_choice.mode = api::ToolChoice::Mode::named;
  request.tool_choice.name = "unknown";
  EXPECT_EQ(constraint_of(request).error().code, "unknown_tool");
  request.tools.clear();
  EXPECT_EQ(constraint_of(request).error().param, "tool_choice");
}

}  // namespace
}  // namespace gatehouse::inference::local::test
