/// Budgets and limits under real threads: what the property test tries step by step, here with
/// event loops that race, while specs are swapped, segments folded and balances read.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "admission/admission.h"
#include "core/log.h"
#include "core/sanitizers.h"
#include "unit/admission/temp_dir.h"

namespace gatehouse::admission {
namespace {

constexpr size_t kLoops = 4;
constexpr int kRequests = kThreadSanitizer ? 2'000 : 20'000;

TEST(AdmissionStress, LoopsThatRaceNeverOverspendAndTheLedgerIsTheSum) {
  testing::TempDir dir;
  const auto pepper = Pepper::load_or_make(dir.path(), Random::system());
  KeyHasher hasher(*pepper);
  const NewKey key = make_key(hasher, Random::system());

  AdmissionSpecs specs;
  specs.tenants.resize(1);
  specs.tenants[0].id = "acme";
  const Money limit{static_cast<int64_t>(kLoops) * kRequests * 20};
  specs.tenants[0].budgets = {{Period::day, limit, std::nullopt}};
  specs.tenants[0].limits.max_concurrency = 3;
  specs.keys.resize(1);
  specs.keys[0].spec.id = key.id;
  specs.keys[0].spec.tenant = "acme";
  specs.keys[0].hash = key.hash;

  AdmissionOptions options;
  options.dir = dir.path();
  options.loops = kLoops;
  options.journal_segment_bytes = 64 << 10;
  options.journal_reserve_bytes = 16 << 10;
  options.sync_every = std::chrono::milliseconds(1);
  options.fold_every = std::chrono::seconds(1);
  auto opened = AdmissionService::open(options, specs);
  ASSERT_TRUE(opened) << opened.error().reason;
  AdmissionService& service = **opened;

  std::atomic<int64_t> spent{0};
  std::atomic<int64_t> settled{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> loops;
  for (size_t l = 0; l < kLoops; ++l) {
    loops.emplace_back([&, l] {
      Admission& admission = service.loop(l);
      for (int i = 0; i < kRequests; ++i) {
        const auto principal = admission.authenticate(key.text, "127.0.0.1");
        if (!principal) continue;
        auto permit = admission.admit(*principal, "small", 10);
        if (!permit) continue;
        auto reservation = admission.reserve(*principal, {Money{100}, 10}, "req_stress");
        if (!reservation) {
          EXPECT_EQ(reservation.error().kind, ErrorKind::budget_exhausted);
          continue;
        }
        const int64_t used = 1 + i % 100;
        if (i % 7 != 0) {
          reservation->settle({Money{used}, 5});
          spent += used;
          ++settled;
        }
        permit->finish(5);
      }
    });
  }
  std::thread control([&] {
    while (!done) {
      EXPECT_TRUE(service.update(specs));
      EXPECT_TRUE(service.fold());
      for (const Balance& balance : service.balances()) {
        EXPECT_LE(balance.spent.money, balance.limit.money.value_or(Money::max()));
      }
    }
  });
  for (auto& loop : loops) loop.join();
  done = true;
  control.join();

  EXPECT_LE(spent, limit.nanos);
  for (const Balance& balance : service.balances()) {
    EXPECT_EQ(balance.spent.money.nanos, spent) << balance.id;
    EXPECT_EQ(balance.reserved, Charge{}) << balance.id;
    EXPECT_EQ(balance.overshoot, Charge{}) << balance.id;
  }
  const auto ledger = Ledger::read(dir.path());
  ASSERT_TRUE(ledger) << ledger.error().reason;
  EXPECT_EQ(ledger->recovery().damaged, 0U);
  for (const auto& [place, totals] : ledger->totals()) {
    EXPECT_EQ(totals.spent.money.nanos, spent);
    EXPECT_EQ(totals.requests, settled);
    EXPECT_EQ(totals.reserved, Charge{});
  }
  EXPECT_TRUE(service.healthy());
}

/// Threads race for the last of a budget: exactly as many get through as fit.
TEST(AdmissionStress, TheLastOfABudgetIsGivenOutOnce) {
  for (int round = 0; round < 50; ++round) {
    BudgetScope key(ScopeKind::key, "k");
    BudgetScope tenant(ScopeKind::tenant, "t");
    tenant.set_limits({{Period::month, Money{1000}, std::nullopt}});
    std::atomic<int> through{0};
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kLoops; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          const auto places =
              reserve_budgets({&key, nullptr, &tenant}, {Money{7}, 1}, {1, 1}, Clock::system());
          if (places) ++through;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(through, 142);
    EXPECT_EQ(key.find(Period::day, 1)->committed_money, 142 * 7) << "refusals gave theirs back";
    EXPECT_EQ(tenant.find(Period::month, 1)->committed_money, 142 * 7);
  }
}

TEST(AdmissionStress, ThreadsThatMeetAtMidnightOpenOneCell) {
  for (int round = 0; round < 200; ++round) {
    BudgetScope scope(ScopeKind::key, "k");
    std::array<BudgetCell*, kLoops> cells{};
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kLoops; ++t) {
      threads.emplace_back([&, t] {
        scope.cell(Period::day, 1, SteadyTime{});
        cells[t] = &scope.cell(Period::day, 2, SteadyTime{});
      });
    }
    for (auto& thread : threads) thread.join();
    for (const BudgetCell* cell : cells) EXPECT_EQ(cell, cells[0]);
    EXPECT_EQ(scope.cell(Period::day, 1, SteadyTime{}).index, 1) << "a late one finds the old cell";
  }
}

}  // namespace
}  // namespace gatehouse::admission
