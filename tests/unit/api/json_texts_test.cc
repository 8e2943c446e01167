#include "api/json_texts.h"

#include <string>

#include <gtest/gtest.h>

namespace gatehouse::api {
namespace {

void shout(std::string_view name, std::string& text) {
  text = std::string(name) + "=" + text + "!";
}

TEST(JsonTexts, TextsNamesAndNumbersChange) {
  EXPECT_EQ(change_texts(R"({ "a": "b", "n": [1, 2.5, true, null, "c\n\"d\""], "o": {} })", shout),
            R"({"=a!":"a=b!","=n!":["n=1!","n=2.5!",true,null,"n=c\n\"d\"!"],"=o!":{}})");
  EXPECT_EQ(change_texts(R"("x")", shout), R"("=x!")");
}

TEST(JsonTexts, WhatIsEncodedStays) {
  const std::string sealed(80, 'Q');
  const std::string block = R"({"encrypted_content":")" + sealed + R"(","signature":")" + sealed +
                            R"(","url":"data:image/png;base64,)" + sealed + R"("})";
  const auto named = [](std::string_view name, std::string& text) {
    if (!name.empty()) text += "!";
  };
  EXPECT_EQ(change_texts(block, named), block);
  EXPECT_EQ(change_texts(R"({"signature":"short"})", named), R"({"signature":"short!"})");
}

TEST(JsonTexts, WhatDoesNotChangeIsTheSame) {
  const std::string json = R"({"a":[1,-2.5,true,null,"\u00e9"],"b":{"c":"d"}})";
  EXPECT_EQ(change_texts(json, [](std::string_view, std::string&) {}),
            R"({"a":[1,-2.5,true,null,"é"],"b":{"c":"d"}})");
}

TEST(JsonTexts, WhatIsNotJsonIsNothing) {
  EXPECT_EQ(change_texts("", shout), "");
  EXPECT_EQ(change_texts(R"({"a":)", shout), "");
  EXPECT_EQ(change_texts("{\"a\":\"\xff\"}", shout), "");
}

}  // namespace
}  // namespace gatehouse::api
