#include "gateway/hold_clock.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using std::chrono::milliseconds;

SteadyTime at(int ms) {
  return SteadyTime{} + milliseconds(ms);
}

TEST(HoldClock, TellsWhenTheOldestByteCameThatStillWaits) {
  HoldClock clock;
  EXPECT_FALSE(clock.since());
  clock.update(10, 0, at(1));
  EXPECT_FALSE(clock.since()) << "nothing waits";
  clock.update(10, 4, at(2));
  EXPECT_EQ(clock.since(), at(2));
  clock.update(5, 9, at(3));
  EXPECT_EQ(clock.since(), at(2)) << "four of nine bytes came then";
  clock.update(5, 10, at(4));
  EXPECT_EQ(clock.since(), at(3)) << "of the twentieth byte on nothing was shown";
  clock.update(0, 5, at(5));
  EXPECT_EQ(clock.since(), at(4));
  clock.update(3, 3, at(6));
  EXPECT_EQ(clock.since(), at(6));
}

TEST(HoldClock, WhatIsForgivenWaitsOn) {
  HoldClock clock;
  clock.update(10, 4, at(1));
  clock.forgive();
  EXPECT_FALSE(clock.since());
  clock.update(2, 6, at(2));
  EXPECT_EQ(clock.since(), at(2)) << "only what came later counts";
}

}  // namespace
}  // namespace gatehouse::gateway
