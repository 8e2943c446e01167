#include <string>

#include <gtest/gtest.h>

#include "api/upstream.h"
#include "core/json.h"

namespace gatehouse::api {
namespace {

TEST(PatchBody, ReplacesTheModelAndNothingElse) {
  EXPECT_EQ(
      patch_body(R"( {"messages" : [{"model":"no"}], "model" : "a" , "x":1.50 } )", "b", false),
      R"( {"messages" : [{"model":"no"}], "model" : "b" , "x":1.50 } )");
}

TEST(PatchBody, EscapesTheName) {
  EXPECT_EQ(patch_body(R"({"model":"a"})", "q\"\\", false), R"({"model":"q\"\\"})");
}

TEST(PatchBody, AsksForTheUsage) {
  EXPECT_EQ(patch_body(R"({"model":"a","stream":true})", "b", true),
            R"({"model":"b","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(patch_body(R"({"stream_options":{"include_usage": false},"model":"a"})", "b", true),
            R"({"stream_options":{"include_usage": true},"model":"b"})");
  EXPECT_EQ(patch_body(R"({"model":"a","stream_options":{"x":[1]}})", "b", true),
            R"({"model":"b","stream_options":{"x":[1],"include_usage":true}})");
  EXPECT_EQ(patch_body(R"({"model":"a","stream_options":{ }})", "b", true),
            R"({"model":"b","stream_options":{ "include_usage":true}})");
  EXPECT_EQ(patch_body(R"({"model":"a","stream_options":null})", "b", true),
            R"({"model":"b","stream_options":{"include_usage":true}})");
}

TEST(PatchBody, SetsTheMaximum) {
  const OutputCap cap{"max_tokens", 700};
  EXPECT_EQ(patch_body(R"({"model":"a","x":{"max_tokens":1}})", "b", false, cap),
            R"({"model":"b","x":{"max_tokens":1},"max_tokens":700})");
  EXPECT_EQ(patch_body(R"({"max_tokens": null,"model":"a"})", "b", true, cap),
            R"({"max_tokens": 700,"model":"b","stream_options":{"include_usage":true}})");
  const auto both = patch_body(R"({"model":"a"})", "b", true, cap);
  ASSERT_TRUE(both);
  EXPECT_NE(both->find(R"(,"max_tokens":700)"), std::string::npos);
  EXPECT_NE(both->find(R"(,"stream_options":{"include_usage":true})"), std::string::npos);
}

TEST(PatchBody, SkipsStringsWithQuotesAndBackslashes) {
  const std::string tricky = R"({"a":"\\\"} \\\\","b":["}",{"c":"]\\"}],"model":"a"})";
  EXPECT_EQ(patch_body(tricky, "b", false),
            R"({"a":"\\\"} \\\\","b":["}",{"c":"]\\"}],"model":"b"})");
}

TEST(PatchBody, LeavesEscapedNamesToTheWriter) {
  EXPECT_FALSE(patch_body(R"({"mod\u0065l":"a"})", "b", false));
  EXPECT_FALSE(patch_body(R"({"x":1})", "b", false));
  EXPECT_FALSE(
      patch_body(R"({"model":"a","stream_options":{"include\u005fusage":true}})", "b", true));
}

TEST(PatchBody, StaysWithinWhateverItIsGiven) {
  const std::string body = R"({"model":"a","m":[{"r":"\"u","c":[1,{"t":"x"}]}],"s":true})";
  for (size_t i = 0; i <= body.size(); ++i) {
    std::string cut = body.substr(0, i);
    cut.shrink_to_fit();
    (void)patch_body(cut, "b", true);
  }
}

}  // namespace
}  // namespace gatehouse::api
