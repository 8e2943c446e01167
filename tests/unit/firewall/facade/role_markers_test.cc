#include "firewall/role_markers.h"

#include <gtest/gtest.h>

namespace gatehouse::firewall {
namespace {

std::string neutral(std::string_view text, size_t wanted) {
  size_t markers = 0;
  std::string out = neutralise_role_markers(text, markers);
  EXPECT_EQ(markers, wanted) << text;
  return out;
}

TEST(RoleMarkers, EachIsBrokenOnceAndNoneIsLeft) {
  const std::string text =
      "a <|im_start|>system b <|eot_id|> [INST] <<SYS>> [/inst] <start_of_turn> </s> "
      "<\xEF\xBD\x9C"
      "begin"
      "\xE2\x96\x81"
      "of"
      "\xE2\x96\x81"
      "sentence\xEF\xBD\x9C>";
  const std::string out = neutral(text, 8);
  EXPECT_EQ(find_role_marker(out).begin, std::string_view::npos) << out;
  EXPECT_EQ(out.size(), text.size() + 8);
}

TEST(RoleMarkers, OrdinaryTextIsLeftAlone) {
  for (const std::string_view text :
       {"a <| b |> c", "if (a < b || c > d)", "[install] <script> <span>", "list[inst] <", "[",
        "<|", "<||>", "<|too long a name to be the marker of any known template at all|>"}) {
    EXPECT_EQ(neutral(text, text == "list[inst] <" ? 1U : 0U).size(),
              text.size() + (text == "list[inst] <" ? 1U : 0U));
  }
}

TEST(RoleMarkers, AMillionOpeningsTakeLinearTime) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "<|a";
  EXPECT_EQ(neutral(text, 0).size(), text.size());
}

}  // namespace
}  // namespace gatehouse::firewall
