#include "core/percent.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(Percent, UndoesEscapesInBothCases) {
  EXPECT_EQ(percent_decoded("org%2Fmodel%3a7b"), "org/model:7b");
  EXPECT_EQ(percent_decoded("plain+text"), "plain+text");
  EXPECT_EQ(percent_decoded(""), "");
  EXPECT_EQ(percent_decoded("%C3%A9"), "\xC3\xA9");
}

TEST(Percent, RefusesWhatIsNoEscape) {
  for (const char* text : {"%", "a%2", "%zz", "%4g", "100% sure"}) {
    EXPECT_FALSE(percent_decoded(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse
