#include "core/json.h"

#include <gtest/gtest.h>

namespace gatehouse::json {
namespace {

TEST(JsonParser, ReadsADocumentAndReusesItself) {
  Parser parser;
  std::string first = R"({"a":[1,2.5,"x"]})";
  EXPECT_EQ(raw(parser.parse(first).value()["a"].value()), R"([1,2.5,"x"])");
  std::string second = R"("just a string")";
  EXPECT_EQ(parser.parse(second).value().get_string().value(), "just a string");
  EXPECT_EQ(second, R"("just a string")") << "the text must stay as it was";
}

TEST(JsonParser, SaysInWordsWhatIsWrong) {
  Parser parser;
  const auto message = [&parser](std::string text) {
    return parser.parse_copy(text).error().message;
  };
  EXPECT_EQ(message("{\"a\":"), "The body is not valid JSON.");
  EXPECT_EQ(message(""), "The body is empty.");
  EXPECT_EQ(message("\"\xff\""), "The body is not valid UTF-8.");
  EXPECT_EQ(message("\"a\nb\""), "The body has a control character inside a string.");
  EXPECT_EQ(message(std::string(65, '[') + std::string(65, ']')),
            "The body is nested deeper than 64 levels.");
}

TEST(JsonParser, AcceptsNestingUpToTheLimit) {
  Parser parser;
  EXPECT_TRUE(parser.parse_copy(std::string(63, '[') + std::string(63, ']')).has_value());
}

TEST(AppendString, EscapesWhatJsonForbids) {
  std::string out;
  append_string(out, std::string_view("a\"b\\c\n\t\x01é\0z", 12));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\t\\u0001é\\u0000z\"");
  EXPECT_EQ(thread_parser().parse_copy(out).value().get_string().value(),
            std::string_view("a\"b\\c\n\t\x01é\0z", 12));
}

}  // namespace
}  // namespace gatehouse::json
