#include "core/ids.h"

#include <set>

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(Ids, ArePrefixedAndSortByTime) {
  ManualClock clock;
  SeededRandom random(1);
  const std::string earlier = make_id("req_", clock, random);
  clock.advance(std::chrono::milliseconds(1));
  const std::string later = make_id("req_", clock, random);
  EXPECT_EQ(earlier.size(), 30u);
  EXPECT_EQ(earlier.substr(0, 4), "req_");
  EXPECT_LT(earlier, later);
}

TEST(IdMaker, NeverRepeatsAndKeepsOrderWithinAMillisecond) {
  ManualClock clock;
  SeededRandom random(2);
  IdMaker maker(clock, random);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(maker.make("req_")).second);
}

TEST(IdMaker, TwoMakersDoNotMeet) {
  ManualClock clock;
  SeededRandom random(3);
  IdMaker a(clock, random), b(clock, random);
  EXPECT_NE(a.make("x"), b.make("x"));
}

}  // namespace
}  // namespace gatehouse
