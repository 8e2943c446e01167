#include "firewall/answer/form.h"

#include <string>

#include <gtest/gtest.h>

namespace gatehouse::firewall {
namespace {

Form::Fit fit(std::string_view schema, std::string answer) {
  return Form(schema).check(answer);
}

TEST(Form, WithoutASchemaAnyJsonWillDo) {
  EXPECT_EQ(fit("", R"( {"a": [1, 2.5, null]} )"), Form::Fit::fits);
  EXPECT_EQ(fit("", "Here it is: {}"), Form::Fit::not_json);
  EXPECT_EQ(fit("", "```json\n{}\n```"), Form::Fit::not_json);
  EXPECT_EQ(fit("", R"({"a": )"), Form::Fit::not_json);
  EXPECT_EQ(fit("", ""), Form::Fit::not_json);
  EXPECT_EQ(fit(R"({"type":"object"})", "[1]"), Form::Fit::not_schema);
}

struct Case {
  const char* schema;
  const char* answer;
  Form::Fit fit;
};
constexpr Form::Fit kFits = Form::Fit::fits, kBreaks = Form::Fit::not_schema;

TEST(Form, SchemasOfBothDraftsAreChecked) {
  const char* person =
      R"({"type":"object","properties":{"name":{"type":"string","description":"x"},
          "age":{"type":["integer","null"],"minimum":0}},"required":["name","age"],
          "additionalProperties":false})";
  const char* tree =
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
          "value":{"type":"number"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},
          "required":["value"],"additionalProperties":false}}})";
  for (const Case& each : {
           Case{person, R"({"name":"Ada","age":36})", kFits},
           Case{person, R"({"name":"Ada","age":null})", kFits},
           Case{person, R"({"name":"Ada","age":36.0})", kFits},
           Case{person, R"({"name":"Ada","age":36.5})", kBreaks},
           Case{person, R"({"name":"Ada"})", kBreaks},
           Case{person, R"({"name":"Ada","age":-1})", kBreaks},
           Case{person, R"({"name":"Ada","age":1,"x":1})", kBreaks},
           Case{tree, R"({"value":1,"children":[{"value":2,"children":[]}]})", kFits},
           Case{tree, R"({"value":1,"children":[{"value":"2"}]})", kBreaks},
           Case{R"({"enum":["a","b",1]})", R"("b")", kFits},
           Case{R"({"enum":["a","b",1]})", R"("c")", kBreaks},
           Case{R"({"const":{"a":1}})", R"({"a":1})", kFits},
           Case{R"({"anyOf":[{"type":"string"},{"type":"array","maxItems":1}]})", "[1]", kFits},
           Case{R"({"anyOf":[{"type":"string"},{"type":"array","maxItems":1}]})", "[1,2]", kBreaks},
           Case{R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1])",
                kFits},
           Case{R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a","b"])",
                kBreaks},
           Case{R"({"type":"string","nullable":true})", "null", kFits},
           Case{R"({"uniqueItems":true})", "[1,2,1]", kBreaks},
           Case{R"({"type":"number"})", "18446744073709551615", kFits},
           Case{R"({"properties":{"$ref":{"type":"string"},"pattern":{"type":"string"}}})",
                R"({"$ref":"a","pattern":"b"})", kFits},
           Case{"true", "1", kFits},
           Case{"false", "1", kBreaks},
       }) {
    EXPECT_EQ(fit(each.schema, each.answer), each.fit) << each.schema << "\n" << each.answer;
    EXPECT_TRUE(Form(each.schema).complete() ||
                std::string_view(each.schema).find("\"$ref\":{") != std::string_view::npos)
        << each.schema;
  }
}

TEST(Form, WhatIsNotCheckedIsKnownAndBreaksNothing) {
  for (const char* schema : {
           R"({"type":"string","pattern":"^(a+)+$"})",
           R"({"patternProperties":{"^x":{"type":"integer"}},"additionalProperties":false})",
           R"({"$ref":"https://example.com/schema.json"})",
           R"({"$ref":"file:///etc/passwd"})",
           R"({"$ref":"#"})",
           R"({"allOf":[{"$ref":"#"}]})",
           R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
           R"({"$ref":"#/nowhere"})",
           R"({"type":5})",
           "[]",
           "no schema",
       }) {
    const Form form(schema);
    EXPECT_FALSE(form.complete()) << schema;
    std::string answer = R"("anything")";
    EXPECT_EQ(form.check(answer), Form::Fit::fits) << schema;
  }
  std::string huge = R"({"properties":{)";
  for (int i = 0; i < 5000; ++i) huge += "\"p" + std::to_string(i) + R"(":{"type":"string"},)";
  huge.back() = '}';
  EXPECT_FALSE(Form(huge + "}").complete());
}

TEST(Form, SchemasThatBranchWithoutEndAreGivenUp) {
  // Each level is tried twice by the one above: 2^40 ways, which nobody would see the end of.
  const Form form(R"({"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[
      {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["b"]},
      {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["c"]}]}}})");
  ASSERT_TRUE(form.complete());
  std::string answer;
  for (int i = 0; i < 40; ++i) answer += R"({"a":)";
  answer += "1" + std::string(40, '}');
  EXPECT_EQ(form.check(answer), Form::Fit::unsure);

  std::string many = "[0";
  for (int i = 1; i < 100'000; ++i) many += "," + std::to_string(i);
  many += "]";
  EXPECT_EQ(Form(R"({"uniqueItems":true})").check(many), Form::Fit::unsure);
}

TEST(Form, WhatIsDeeperOrLongerThanIsReadIsNotCalledMalformed) {
  EXPECT_EQ(fit("", std::string(70, '[') + std::string(70, ']')), Form::Fit::unsure);
  EXPECT_EQ(fit("", "\"" + std::string(Form::kMaxBytes, 'a') + "\""), Form::Fit::unsure);
}

}  // namespace
}  // namespace gatehouse::firewall
