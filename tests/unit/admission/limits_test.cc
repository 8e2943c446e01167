#include "admission/limits.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gatehouse::admission {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LimitsTest : public ::testing::Test {
 protected:
  Result<Permit> ask(int64_t tokens = 0) {
    return admit(key_, key_limits_, tenant_, tenant_limits_, nullptr, tokens, clock_);
  }

  LimitState key_;
  LimitState tenant_;
  LimitSpec key_limits_;
  LimitSpec tenant_limits_;
  ManualClock clock_;
};

TEST_F(LimitsTest, NoLimitLetsEverythingIn) {
  for (int i = 0; i < 1000; ++i) {
    const auto permit = ask(1'000'000);
    ASSERT_TRUE(permit);
    EXPECT_FALSE(permit->figures().requests);
    EXPECT_FALSE(permit->figures().tokens);
  }
}

TEST_F(LimitsTest, ABurstUpToTheLimitThenItsPace) {
  key_limits_.requests_per_minute = 60;
  for (int i = 0; i < 60; ++i) {
    const auto permit = ask();
    ASSERT_TRUE(permit) << i;
    EXPECT_EQ(permit->figures().requests->limit, 60);
    EXPECT_EQ(permit->figures().requests->remaining, 59 - i);
    EXPECT_EQ(permit->figures().requests->reset, seconds(i + 1));
  }
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rate_limited);
  EXPECT_EQ(refused.error().code, "requests_per_minute");
  EXPECT_EQ(refused.error().retry_after, milliseconds(1000));
  clock_.advance(milliseconds(999));
  EXPECT_FALSE(ask());
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(ask());
  EXPECT_FALSE(ask());
}

TEST_F(LimitsTest, RetryAfterIsEnoughWhateverTheLimit) {
  for (const int64_t limit : {1, 7, 59, 61, 1000, 77'777, 1'000'000}) {
    LimitState key;
    LimitSpec limits;
    limits.requests_per_minute = limit;
    const auto one = [&] { return admit(key, limits, tenant_, {}, nullptr, 0, clock_); };
    for (int64_t i = 0; i < limit; ++i) ASSERT_TRUE(one()) << i << " of " << limit;
    const auto refused = one();
    ASSERT_FALSE(refused);
    clock_.advance(*refused.error().retry_after);
    EXPECT_TRUE(one()) << limit;
  }
}

TEST_F(LimitsTest, ZeroLetsNothingInAndDoesNotInviteToTryAgain) {
  key_limits_.requests_per_minute = 0;
  auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().retry_after);
  key_limits_ = {};
  key_limits_.tokens_per_minute = 0;
  EXPECT_FALSE(ask());
  key_limits_ = {};
  key_limits_.max_concurrency = 0;
  EXPECT_FALSE(ask());
}

TEST_F(LimitsTest, AnEstimateIsHeldInFullAndOnlyTheTruthStays) {
  key_limits_.tokens_per_minute = 1000;
  auto first = ask(600);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->figures().tokens->remaining, 400);
  EXPECT_FALSE(ask(500)) << "600 are held";
  clock_.advance(seconds(30));
  EXPECT_FALSE(ask(500)) << "time does not refill what may yet be used";
  first->finish(100);
  EXPECT_TRUE(ask(900)) << "100 were used";
  EXPECT_FALSE(ask(901));
  clock_.advance(seconds(6));
  EXPECT_TRUE(ask(1000)) << "and have refilled";
}

TEST_F(LimitsTest, UsingMoreThanTheEstimateLeavesADebt) {
  key_limits_.tokens_per_minute = 1000;
  ask(10)->finish(3000);
  const auto refused = ask(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "tokens_per_minute");
  clock_.advance(seconds(119));
  EXPECT_FALSE(ask(1));
  clock_.advance(seconds(2));
  EXPECT_TRUE(ask(1));
}

TEST_F(LimitsTest, AnyDebtIsPaidInFull) {
  using std::chrono::hours;
  key_limits_.tokens_per_minute = 100;
  ask()->finish(120'000);  // twenty hours
  EXPECT_EQ(ask(1).error().retry_after->count() / 1000, 19 * 3600 + 59 * 60);
  clock_.advance(hours(19));
  EXPECT_FALSE(ask(1));
  clock_.advance(hours(1));
  EXPECT_TRUE(ask(1));
  key_limits_.tokens_per_minute = 1;
  for (int i = 0; i < 3; ++i) tenant_.tokens.settle(0, INT64_MAX, 1, clock_.steady());
  tenant_limits_.tokens_per_minute = INT64_MAX;
  EXPECT_FALSE(ask(1)) << "no overflow";
}

TEST_F(LimitsTest, AnEstimateAboveTheLimitWaitsForAFullBucketOnly) {
  key_limits_.tokens_per_minute = 1000;
  auto huge = ask(50'000);
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->figures().tokens->remaining, 0);
  huge->finish(10);
  EXPECT_FALSE(ask(50'000));
  clock_.advance(seconds(1));
  EXPECT_TRUE(ask(50'000));
}

TEST_F(LimitsTest, APlaceIsFreeWhenThePermitEnds) {
  key_limits_.max_concurrency = 2;
  auto a = ask();
  auto b = ask();
  ASSERT_TRUE(a && b);
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "max_concurrency");
  EXPECT_TRUE(refused.error().retry_after);
  {
    const Permit moved = std::move(*a);
    EXPECT_FALSE(a->holds());
    EXPECT_FALSE(ask());
  }
  EXPECT_TRUE(ask());
  b->finish(0);
  b->finish(0);
  EXPECT_EQ(key_.concurrency.inside(), 0);
}

TEST_F(LimitsTest, ARefusalByTheTenantGivesBackWhatTheKeyGave) {
  key_limits_ = {10, 1000, 10};
  tenant_limits_.tokens_per_minute = 500;
  EXPECT_FALSE(!ask(400));
  auto holding = ask(400);
  ASSERT_TRUE(holding);
  for (int i = 0; i < 100; ++i) {
    const auto refused = ask(400);
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().code, "tokens_per_minute");
    ASSERT_NE(refused.error().reason.find("tenant"), std::string::npos);
  }
  EXPECT_EQ(key_.requests.remaining(10, clock_.steady()), 8);
  EXPECT_EQ(key_.tokens.remaining(1000, clock_.steady()), 600);
  EXPECT_EQ(key_.concurrency.inside(), 1);
}

TEST_F(LimitsTest, TheTighterLimitIsTold) {
  key_limits_.requests_per_minute = 10;
  tenant_limits_.requests_per_minute = 5;
  const auto permit = ask();
  EXPECT_EQ(permit->figures().requests->limit, 5);
  EXPECT_EQ(permit->figures().requests->remaining, 4);
}

TEST_F(LimitsTest, AChangedLimitKeepsTheState) {
  key_limits_.requests_per_minute = 10;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ask());
  key_limits_.requests_per_minute = 100;
  EXPECT_FALSE(ask()) << "the bucket is empty, however large";
  clock_.advance(seconds(6));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ask()) << "a tenth of a minute has refilled a tenth";
  EXPECT_FALSE(ask());
}

/// Over all threads together, no limit lets one more through than it says.
TEST_F(LimitsTest, ExactOverThreads) {
  constexpr int kThreads = 4;
  key_limits_ = {500, 5000, 3};
  tenant_limits_.requests_per_minute = 400;
  std::atomic<int> admitted{0};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        auto permit = ask(10);
        if (!permit) continue;
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++admitted;
        --inside;
        permit->finish(10);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(admitted, 400);
  EXPECT_LE(most, 3);
  EXPECT_EQ(key_.concurrency.inside(), 0);
  EXPECT_EQ(tenant_.requests.remaining(400, clock_.steady()), 0);
  EXPECT_EQ(key_.tokens.remaining(5000, clock_.steady()), 1000);
}

TEST(FormatReset, LooksLikeOpenAi) {
  EXPECT_EQ(format_reset(Nanos(0)), "0ms");
  EXPECT_EQ(format_reset(Nanos(1)), "1ms");
  EXPECT_EQ(format_reset(milliseconds(120)), "120ms");
  EXPECT_EQ(format_reset(seconds(1)), "1s");
  EXPECT_EQ(format_reset(milliseconds(1001)), "2s");
  EXPECT_EQ(format_reset(seconds(360)), "6m0s");
  EXPECT_EQ(format_reset(seconds(3723)), "1h2m3s");
}

}  // namespace
}  // namespace gatehouse::admission
