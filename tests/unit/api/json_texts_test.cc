#include "api/json_texts.h"

#include <string>

#include <gtest/gtest.h>

namespace gatehouse::api {
namespace {

void shout(std::string_view name, std::string& text) {
  text = std::string(name) + "=" + text + "!";
}

TEST(JsonTexts, OnlyTextsChange) {
  EXPECT_EQ(change_texts(R"({ "a": "b", "n": [1, 2.5, true, null, "c\n\"d\""], "o": {} })", shout),
            R"({"a":"a=b!","n":[1,2.5,true,null,"n=c\n\"d\"!"],"o":{}})");
  EXPECT_EQ(change_texts(R"("x")", shout), R"("=x!")");
}

TEST(JsonTexts, WhatIsEncodedStays) {
  const std::string sealed(80, 'Q');
  const std::string block = R"({"encrypted_content":")" + sealed + R"(","signature":")" + sealed +
                            R"(","url":"data:image/png;base64,)" + sealed + R"("})";
  EXPECT_EQ(change_texts(block, shout), block);
  EXPECT_EQ(change_texts(R"({"signature":"short"})", shout), R"({"signature":"signature=short!"})");
}

TEST(JsonTexts, WhatIsNotJsonIsNothing) {
  EXPECT_EQ(change_texts("", shout), "");
  EXPECT_EQ(change_texts(R"({"a":)", shout), "");
  EXPECT_EQ(change_texts("{\"a\":\"\xff\"}", shout), "");
}

}  // namespace
}  // namespace gatehouse::api
