#include "core/trail.h"

#include <limits>

#include <gtest/gtest.h>

#include "core/json.h"

namespace gatehouse {
namespace {

TEST(Trail, KeepsWhatWasNotedInOrderWithItsTime) {
  ManualClock clock;
  DecisionTrail trail(clock);
  clock.advance(std::chrono::microseconds(12));
  trail.note(Layer::admission, "key", std::string("gh_") + "ab");  // temporaries are copied
  clock.advance(std::chrono::milliseconds(3));
  trail.score(Layer::firewall, "injection", 0.03, 0.8, "linear/3");
  trail.number(Layer::inference, "tokens", 41, "tokens");
  trail.real(Layer::inference, "load", std::numeric_limits<double>::infinity(), "requests");
  std::string out;
  trail.append_json(out);
  EXPECT_EQ(out,
            R"([{"us":12,"layer":"admission","step":"key","detail":"gh_ab"},)"
            R"({"us":3012,"layer":"firewall","step":"injection","score":0.03,"threshold":0.8,)"
            R"("detail":"linear/3"},)"
            R"({"us":3012,"layer":"inference","step":"tokens","value":41,"unit":"tokens"},)"
            R"({"us":3012,"layer":"inference","step":"load","value":null,"unit":"requests"}])");
}

TEST(Trail, IsBoundedInNotesAndBytesAndSaysSo) {
  DecisionTrail trail(Clock::system());
  for (size_t i = 0; i < 10 * DecisionTrail::kMaxNotes; ++i) trail.note(Layer::api, "step");
  EXPECT_EQ(trail.size(), DecisionTrail::kMaxNotes);
  EXPECT_EQ(trail.dropped(), 9 * DecisionTrail::kMaxNotes);
  DecisionTrail texts(Clock::system());
  const std::string huge(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) texts.note(Layer::api, "step", huge);
  EXPECT_EQ(texts.detail(texts.at(0)).size(), DecisionTrail::kMaxDetailBytes);
  EXPECT_LE(texts.size() * DecisionTrail::kMaxDetailBytes, DecisionTrail::kMaxTextBytes);
  std::string out;
  texts.append_json(out);
  EXPECT_LT(out.size(), 20000U);
  EXPECT_NE(out.find(R"("step":"dropped","value":)"), std::string::npos);
  json::Parser parser;
  EXPECT_TRUE(parser.parse_copy(out).has_value());
}

TEST(Trail, HostileDetailsStayValidJson) {
  DecisionTrail trail(Clock::system());
  trail.note(Layer::api, "model", "\"\\\n\x01\xff\xc3");
  trail.note(Layer::api, "model",
             std::string(DecisionTrail::kMaxDetailBytes - 1, 'a') + "\xc3\xa9");
  std::string out;
  trail.append_json(out);
  json::Parser parser;
  EXPECT_TRUE(parser.parse_copy(out).has_value()) << out;
}

TEST(Trail, EmptyIsAnEmptyArray) {
  const DecisionTrail trail(Clock::system());
  std::string out;
  trail.append_json(out);
  EXPECT_EQ(out, "[]");
}

}  // namespace
}  // namespace gatehouse
