#include <map>
#include <string>

#include <gtest/gtest.h>

#include "inference/local/fair_queue.h"

namespace gatehouse::inference::local {
namespace {

TEST(FairQueue, OneTenantIsFirstInFirstOut) {
  FairQueue<int> queue(10, 100);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.push("a", 70, i));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(queue.front(), i);
    EXPECT_EQ(queue.pop(), i);
  }
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, AFloodOfOneTenantDelaysAnotherByOneTurn) {
  FairQueue<std::string> queue(1000, 100);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(queue.push("flood", 100, "flood"));
  ASSERT_TRUE(queue.push("small", 100, "small"));
  int before = 0;
  while (queue.pop() != "small") ++before;
  EXPECT_LE(before, 1);
}

TEST(FairQueue, SharesTokensNotRequests) {
  FairQueue<std::string> queue(1000, 100);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(queue.push("long", 400, "long"));
    ASSERT_TRUE(queue.push("short", 50, "short"));
  }
  std::map<std::string, int64_t> tokens;
  for (int i = 0; i < 90; ++i) {
    const std::string who = queue.pop();
    tokens[who] += who == "long" ? 400 : 50;
  }
  EXPECT_NEAR(static_cast<double>(tokens["long"]), static_cast<double>(tokens["short"]), 500);
}

TEST(FairQueue, RefusesWhenFull) {
  FairQueue<int> queue(2, 100);
  EXPECT_TRUE(queue.push("a", 1, 1));
  EXPECT_TRUE(queue.push("b", 1, 2));
  EXPECT_FALSE(queue.push("c", 1, 3));
  queue.pop();
  EXPECT_TRUE(queue.push("c", 1, 3));
}

TEST(FairQueue, RemovesTheDeadWhereverTheyWait) {
  FairQueue<int> queue(10, 100);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(queue.push(i < 4 ? "a" : "b", 10, i));
  queue.remove_if([](int i) { return i % 2 == 0 || i > 4; });
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace gatehouse::inference::local
