#include <gtest/gtest.h>

#include "firewall/text/leet.h"

namespace gatehouse::firewall {
namespace {

TEST(Leet, CountsSignsBeforeLetters) {
  EXPECT_EQ(leet_letters("c0m4nd0"), 2U);
  EXPECT_EQ(leet_letters("w13d3rh0le"), 3U) << "the 1 stands before a digit";
  for (const char* no : {"gpt4", "4th", "covid-19", "b2b", "1234", "m6x8"}) {
    EXPECT_EQ(leet_letters(no), 0U) << no;
  }
}

TEST(Leet, ReadsSignsAsLetters) {
  EXPECT_EQ(without_leet("c0m4nd0"), "comando");
  EXPECT_EQ(without_leet("ub3r$3tz3n"), "ubersetzen");
  EXPECT_EQ(without_leet("m6x8"), "");
}

}  // namespace
}  // namespace gatehouse::firewall
