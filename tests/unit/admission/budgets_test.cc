#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admission/admission.h"
#include "core/log.h"
#include "unit/admission/temp_dir.h"

namespace gatehouse::admission {
namespace {

using std::chrono::hours;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class BudgetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto pepper = Pepper::load_or_make(dir_.path(), Random::system());
    KeyHasher hasher(*pepper);
    key_ = make_key(hasher, Random::system());
    specs_.tenants.resize(1);
    specs_.tenants[0].id = "acme";
    specs_.keys.resize(1);
    specs_.keys[0].spec.id = key_.id;
    specs_.keys[0].spec.tenant = "acme";
    specs_.keys[0].hash = key_.hash;
    log::global().set_level(log::Level::off);
  }
  void TearDown() override { log::global().set_level(log::Level::info); }
  Result<std::unique_ptr<AdmissionService>> try_open(uint64_t reserve_bytes = 64 << 10) {
    AdmissionOptions options;
    options.dir = dir_.path();
    options.clock = &clock_;
    options.journal_reserve_bytes = reserve_bytes;
    return AdmissionService::open(options, specs_);
  }
  void open() {
    service_.reset();
    auto service = try_open();
    ASSERT_TRUE(service) << service.error().reason;
    service_ = std::move(*service);
  }
  Result<Reservation> reserve(int64_t nanos, int64_t tokens = 0) {
    Admission& admission = service_->loop(0);
    return admission.reserve(*admission.authenticate(key_.text, "::1"), {Money{nanos}, tokens},
                             "req_1");
  }
  Balance balance(ScopeKind kind, Period period) {
    for (const Balance& balance : service_->balances()) {
      if (balance.kind == kind && balance.period == period) return balance;
    }
    return {};
  }
  std::vector<BudgetSpec>& budgets() { return specs_.keys[0].spec.budgets; }

  testing::TempDir dir_;
  ManualClock clock_{*parse_date("2026-11-30") + hours(12)};
  AdmissionSpecs specs_;
  NewKey key_;
  std::unique_ptr<AdmissionService> service_;
};

TEST_F(BudgetsTest, HoldsTheBoundAndChargesTheTruth) {
  budgets() = {{Period::month, Money{100}, std::nullopt}};
  open();
  auto first = reserve(60, 5);
  ASSERT_TRUE(first);
  EXPECT_FALSE(reserve(41));
  first->settle({Money{10}, 3});
  EXPECT_FALSE(first->open());
  first->settle({Money{10}, 3});
  EXPECT_EQ(balance(ScopeKind::key, Period::month).spent, (Charge{Money{10}, 3}));
  EXPECT_EQ(balance(ScopeKind::tenant, Period::day).spent, (Charge{Money{10}, 3}));
  EXPECT_TRUE(reserve(90)) << "and given back, since it was dropped";
  EXPECT_TRUE(reserve(90));
  EXPECT_FALSE(reserve(91));
}

TEST_F(BudgetsTest, TheRefusalSaysWhoseBudgetAndWhatIsLeft) {
  specs_.tenants[0].budgets = {{Period::month, Money::dollars(5), std::nullopt}};
  open();
  ASSERT_TRUE(reserve(3'000'000'000));
  auto held = reserve(3'000'000'000);
  const auto refused = reserve(2'500'000'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::budget_exhausted);
  EXPECT_EQ(refused.error().code, "money_budget_exhausted");
  EXPECT_FALSE(refused.error().retryable());
  EXPECT_EQ(refused.error().message,
            "The monthly budget of this tenant does not cover this request: it may need up to "
            "$2.5, and $2 of $5 are left until 2026-12-01 00:00 UTC.");
  specs_.tenants[0].budgets = {{Period::day, std::nullopt, 10}};
  ASSERT_TRUE(service_->update(specs_));
  const auto tokens = reserve(0, 11);
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, "token_budget_exhausted");
  EXPECT_NE(tokens.error().message.find("10 tokens of 10 tokens are left until 2026-12-01"),
            std::string::npos);
}

TEST_F(BudgetsTest, AnUpstreamThatUsesMoreThanReservedIsChargedAndSeen) {
  budgets() = {{Period::month, Money{100}, std::nullopt}};
  open();
  reserve(10)->settle({Money{250}, 0});
  const Balance after = balance(ScopeKind::key, Period::month);
  EXPECT_EQ(after.spent.money.nanos, 250);
  EXPECT_EQ(after.overshoot.money.nanos, 240);
  EXPECT_FALSE(reserve(1));
  open();
  EXPECT_EQ(balance(ScopeKind::key, Period::month).overshoot.money.nanos, 240);
  EXPECT_FALSE(reserve(1)) << "nor after a restart";
}

TEST_F(BudgetsTest, ANewPeriodBeginsAtMidnightUtcAndAReservationStaysInItsOwn) {
  budgets() = {{Period::day, Money{100}, std::nullopt}, {Period::month, Money{150}, std::nullopt}};
  open();
  auto late = reserve(100);
  clock_.advance(hours(12));  // 1 December
  EXPECT_TRUE(reserve(100)) << "a new day, a new month";
  late->settle({Money{90}, 0});
  EXPECT_EQ(balance(ScopeKind::key, Period::day).spent.money.nanos, 0);
  const auto ledger = Ledger::read(dir_.path());
  ASSERT_TRUE(ledger);
  const int32_t day = periods_at(*parse_date("2026-11-30")).day;
  EXPECT_EQ(ledger->totals().at({ScopeKind::key, key_.id, Period::day, day}).spent.money.nanos, 90);
}

TEST_F(BudgetsTest, AClockThatJumpsBackReopensNothing) {
  budgets() = {{Period::day, Money{100}, std::nullopt}};
  open();
  reserve(100)->settle({Money{40}, 0});  // 30 November
  clock_.jump_wall(hours(24));
  reserve(100)->settle({Money{100}, 0});  // 1 December
  clock_.jump_wall(-hours(24));
  EXPECT_FALSE(reserve(1)) << "November's 60 are closed, December's are spent";
  open();
  EXPECT_FALSE(reserve(1)) << "also over a restart";
  clock_.jump_wall(hours(48));
  EXPECT_TRUE(reserve(100)) << "2 December";
}

TEST_F(BudgetsTest, ABudgetThatIsAddedLaterCountsWhatWasSpentBefore) {
  open();
  reserve(70)->settle({Money{70}, 0});
  auto running = reserve(20);
  budgets() = {{Period::month, Money{100}, std::nullopt}};
  ASSERT_TRUE(service_->update(specs_));
  EXPECT_FALSE(reserve(11));
  EXPECT_TRUE(reserve(10));
}

TEST_F(BudgetsTest, AKeyThatReplacesAnotherGoesOnWithItsBudgetsAndLimits) {
  budgets() = {{Period::month, Money{100}, std::nullopt}};
  specs_.keys[0].spec.limits.requests_per_minute = 2;
  open();
  reserve(70)->settle({Money{70}, 0});
  Admission& admission = service_->loop(0);
  ASSERT_TRUE(admission.admit(*admission.authenticate(key_.text, "::1"), "m", 0));
  KeyHasher hasher(service_->pepper());
  const std::string first = key_.id;
  key_ = make_key(hasher, Random::system());
  specs_.keys.push_back(specs_.keys[0]);
  specs_.keys[1].spec.id = key_.id;
  specs_.keys[1].hash = key_.hash;
  specs_.keys[1].rotated_from = first;
  specs_.keys[0].revoked = clock_.wall();
  ASSERT_TRUE(service_->update(specs_));
  const auto principal = admission.authenticate(key_.text, "::1");
  EXPECT_TRUE(admission.admit(*principal, "m", 0));
  EXPECT_FALSE(admission.admit(*principal, "m", 0));
  EXPECT_FALSE(reserve(31));
  reserve(30)->settle({Money{20}, 0});
  EXPECT_EQ(balance(ScopeKind::key, Period::month).id, first);
  open();
  EXPECT_EQ(balance(ScopeKind::key, Period::month).spent.money.nanos, 90);
  EXPECT_FALSE(reserve(11)) << "nor after a restart";
}

TEST_F(BudgetsTest, AModelWithoutAPriceIsNoWayAroundAMoneyBudget) {
  open();
  Admission& admission = service_->loop(0);
  const auto principal = admission.authenticate(key_.text, "::1");
  const TokenBound bound{1000, 500};
  ASSERT_TRUE(admission.quote(*principal, std::nullopt, bound));
  EXPECT_EQ(admission.quote(*principal, std::nullopt, bound)->tokens, 1500);
  specs_.tenants[0].budgets = {{Period::month, Money{100}, std::nullopt}};
  specs_.prices = {{"a", "m", WallTime{}, {1'000'000}, Price{3'000'000}, {}, {2'000'000}}};
  ASSERT_TRUE(service_->update(specs_));
  const auto refused = admission.quote(*principal, std::nullopt, bound);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "model_not_priced");
  const auto price = admission.price("a", "m");
  ASSERT_TRUE(price);
  EXPECT_EQ(admission.quote(*principal, price, bound)->money.nanos, 1000 * 3 + 500 * 2)
      << "the dearer of input and cached input";
  specs_.prices[0].cache_write_input = Price{4'000'000};
  ASSERT_TRUE(service_->update(specs_));
  EXPECT_EQ(admission.quote(*principal, admission.price("a", "m"), bound)->money.nanos,
            1000 * 4 + 500 * 2)
      << "all of it may be written to the upstream's cache";
}

TEST_F(BudgetsTest, DamageInAJournalIsToldAndSteppedOver) {
  open();
  for (int i = 0; i < 10; ++i) reserve(10)->settle({Money{10}, 1});
  service_.reset();
  const auto path = store::segment_path(dir_.path(), "budget-0", 1);
  std::string text = content(path);
  text[text.find("R 3 ") + 30] ^= 1;
  write(path, text);
  open();
  EXPECT_EQ(service_->recovery().damaged, 2U) << "the reservation and its settlement";
  EXPECT_EQ(balance(ScopeKind::key, Period::month).spent.money.nanos, 90);
  const std::vector<std::filesystem::path> kept{path.string() + ".damaged"};
  EXPECT_EQ(service_->damaged_segments(), kept) << "as evidence";
  open();
  EXPECT_EQ(service_->recovery().damaged, 0U) << "it was stepped over once";
  EXPECT_EQ(balance(ScopeKind::key, Period::month).spent.money.nanos, 90);
  EXPECT_EQ(service_->damaged_segments(), kept);
  std::filesystem::remove(kept[0]);
  EXPECT_TRUE(service_->damaged_segments().empty());
}

TEST_F(BudgetsTest, WhatStandsBehindAHoleIsCharged) {
  open();
  for (int i = 0; i < 10; ++i) reserve(10)->settle({Money{10}, 1});
  service_.reset();
  const auto path = store::segment_path(dir_.path(), "budget-0", 1);
  const std::string whole = content(path);
  const size_t third = whole.find("R 3 ");
  const size_t fifth = whole.find("R 5 ");
  struct Hole {
    size_t begin;
    size_t end;
    int64_t spent;
  };
  // Of records, within one, and from within one into another: 3 is lost, or 3 and 4.
  for (const Hole hole :
       {Hole{third, fifth, 80}, Hole{third + 5, third + 6, 90}, Hole{third + 5, fifth - 5, 80}}) {
    std::string holed = whole;
    std::fill(holed.begin() + static_cast<ptrdiff_t>(hole.begin),
              holed.begin() + static_cast<ptrdiff_t>(hole.end), '\0');
    const testing::TempDir fresh;
    std::filesystem::copy(dir_.path(), fresh.path(),
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
    write(fresh.path() / path.filename(), holed);
    AdmissionOptions options;
    options.dir = fresh.path();
    options.clock = &clock_;
    const auto service = AdmissionService::open(options, specs_);
    ASSERT_TRUE(service) << service.error().reason;
    EXPECT_GT((*service)->recovery().damaged, 0U);
    EXPECT_EQ((*service)->balances()[0].spent.money.nanos, hole.spent) << hole.begin;
  }
}

TEST_F(BudgetsTest, ATornEndIsDroppedAndToldOf) {
  open();
  for (int i = 0; i < 3; ++i) reserve(10)->settle({Money{10}, 1});
  service_.reset();
  const auto path = store::segment_path(dir_.path(), "budget-0", 1);
  write(path, content(path) + "R 4 17");
  open();
  EXPECT_EQ(service_->recovery().damaged, 0U);
  EXPECT_EQ(service_->recovery().torn_bytes, 6U);
  EXPECT_EQ(balance(ScopeKind::key, Period::month).spent.money.nanos, 30);
}

TEST_F(BudgetsTest, ADamagedSnapshotIsRefusedWhateverByteIsWrong) {
  open();
  reserve(10)->settle({Money{10}, 1});
  service_.reset();
  open();
  service_.reset();
  const auto path = dir_.path() / "ledger.snapshot";
  const std::string whole = content(path);
  ASSERT_GT(whole.size(), 100U);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] ^= 4;
    write(path, changed);
    EXPECT_FALSE(Ledger::load(dir_.path())) << "byte " << i;
    write(path, whole.substr(0, i));
    EXPECT_FALSE(Ledger::load(dir_.path())) << "cut at " << i;
  }
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "ledger_corrupt");
}

TEST_F(BudgetsTest, FewerLoopsLoseNothing) {
  AdmissionOptions options;
  options.dir = dir_.path();
  options.clock = &clock_;
  options.loops = 4;
  {
    auto service = AdmissionService::open(options, specs_);
    for (size_t i = 0; i < 4; ++i) {
      Admission& admission = (*service)->loop(i);
      admission.reserve(*admission.authenticate(key_.text, "::1"), {Money{10}, 0}, "r")
          ->settle({Money{10}, 0});
    }
  }
  for (const size_t loops : {size_t{1}, size_t{4}, size_t{2}}) {
    options.loops = loops;
    auto service = AdmissionService::open(options, specs_);
    ASSERT_TRUE(service) << service.error().reason;
    EXPECT_EQ((*service)->recovery().damaged, 0U);
    EXPECT_EQ((*service)->balances()[0].spent.money.nanos, 40);
  }
}

/// In a process of its own, since the limit on file sizes is the process's.
int fill_disk(const AdmissionOptions& options, const AdmissionSpecs& specs,
              const std::string& key) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto service = AdmissionService::open(options, specs);
  if (!service) return 1;
  Admission& admission = (*service)->loop(0);
  const auto principal = admission.authenticate(key, "::1");
  rlimit limit{32 << 10, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::vector<Reservation> running;
  for (int i = 0;; ++i) {
    auto reservation = admission.reserve(*principal, {Money{10}, 0}, "req");
    if (!reservation) {
      if (reservation.error().kind != ErrorKind::unavailable) return 2;
      break;
    }
    running.push_back(std::move(*reservation));
    if (i > 10'000) return 3;
    ::usleep(100);  // as requests do, leaving the background thread its time
  }
  // Nothing new is let in, and what runs can still be settled.
  for (Reservation& reservation : running) reservation.settle({Money{4}, 0});
  const auto expected = static_cast<int64_t>(running.size()) * 4;
  limit.rlim_cur = RLIM_INFINITY;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  for (int i = 0; i < 5000 && !(*service)->healthy(); ++i) ::usleep(1000);
  if (!admission.reserve(*principal, {Money{10}, 0}, "req")) return 4;
  if (admission.unwritten() != 0) return 5;
  service->reset();
  const auto ledger = Ledger::read(options.dir);
  if (!ledger || ledger->recovery().damaged != 0) return 6;
  for (const auto& [place, totals] : ledger->totals()) {
    if (totals.spent.money.nanos != expected || totals.reserved != Charge{}) return 7;
  }
  return 0;
}

TEST_F(BudgetsTest, AFullDiskStopsNewRequestsAndSettlesOldOnes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  AdmissionOptions options;
  options.dir = dir_.path();
  options.clock = &clock_;
  options.journal_reserve_bytes = 16 << 10;
  EXPECT_EXIT(::_exit(fill_disk(options, specs_, key_.text)), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gatehouse::admission
