/// The property that budgets stand for, tried on random interleavings of reserve, stream, cancel,
/// settle, fold, clock changes, crash and restart, with real journal files: nothing is ever
/// overspent, nothing is stranded, and the ledger is the sum of the journal.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "admission/admission.h"
#include "core/log.h"
#include "core/sanitizers.h"
#include "unit/admission/temp_dir.h"

namespace gatehouse::admission {
namespace {

namespace fs = std::filesystem;

constexpr int kRuns = kSanitized ? 500 : 10'000;

constexpr size_t kLoops = 2;
constexpr size_t kKeys = 3;

/// Two keys of one user, one of none, in one tenant.
AdmissionSpecs make_specs(std::mt19937_64& random, const std::vector<NewKey>& keys) {
  const auto budgets = [&](int64_t scale) {
    std::vector<BudgetSpec> specs;
    for (const Period period : {Period::day, Period::month}) {
      const int64_t factor = period == Period::day ? 1 : 3;
      BudgetSpec spec{period, {}, {}};
      if (random() % 2) spec.money = Money{static_cast<int64_t>(random() % 400) * scale * factor};
      if (random() % 2) spec.tokens = static_cast<int64_t>(random() % 400) * scale * factor;
      if (spec.money || spec.tokens) specs.push_back(spec);
    }
    return specs;
  };
  AdmissionSpecs specs;
  specs.tenants.push_back({"acme", "", "", {}, {}, budgets(3), false});
  specs.users.push_back({"ann", "acme", "", budgets(2)});
  for (size_t i = 0; i < keys.size(); ++i) {
    KeyRecord record;
    record.spec.id = keys[i].id;
    record.spec.tenant = "acme";
    if (i != 2) record.spec.user = "ann";
    record.spec.budgets = budgets(1);
    record.hash = keys[i].hash;
    specs.keys.push_back(record);
  }
  return specs;
}

/// What ought to be true, kept as plainly as possible.
struct Entry {
  size_t loop = 0;
  uint64_t sequence = 0;  // of its loop's journal, with the settlements
  size_t key = 0;
  Periods periods;
  Charge bound;
  std::optional<Charge> used;  // settled
  bool recovered = false;
  /// What recovery counts above the truth: the settlement was lost with the power, while
  /// reservations in another loop's journal that it had made room for were not.
  Charge excess;
};

class Interleaving {
 public:
  explicit Interleaving(uint64_t seed) : random_(seed) {
    SeededRandom key_random(seed);
    const auto pepper = Pepper::load_or_make(dir_.path(), key_random);
    KeyHasher hasher(*pepper);
    for (size_t i = 0; i < kKeys; ++i) keys_.push_back(make_key(hasher, key_random));
    specs_ = make_specs(random_, keys_);
    open();
  }

  void run() {
    const int steps = 10 + static_cast<int>(random_() % 60);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    if (::testing::Test::HasFailure()) return;
    while (!open_.empty()) settle(random_() % open_.size());
    check();
    strands_nothing();
    service_.reset();
    open();  // a clean stop and start change nothing
    check();
  }

 private:
  struct Running {
    size_t entry = 0;
    Reservation reservation;
  };

  void open() {
    AdmissionOptions options;
    options.dir = dir_.path();
    options.loops = kLoops;
    options.journal_segment_bytes = 4096;
    options.journal_reserve_bytes = 4096;
    options.sync_every = std::chrono::hours(1);
    options.fold_every = std::chrono::hours(1);
    options.clock = &clock_;
    auto service = AdmissionService::open(options, specs_);
    ASSERT_TRUE(service) << service.error().reason;
    service_ = std::move(*service);
    ASSERT_EQ(service_->recovery().damaged, 0U) << service_->recovery().damage.front();
  }

  Principal principal(size_t key) {
    return *service_->loop(0).authenticate(keys_[key].text, "127.0.0.1");
  }

  void step() {
    switch (random_() % 20) {
      case 0:
        clock_.advance(std::chrono::minutes(random_() % (36 * 60)));
        break;
      case 1:
        clock_.jump_wall(std::chrono::hours(static_cast<int64_t>(random_() % 96) - 60));
        break;
      case 2:
        ASSERT_TRUE(service_->fold());
        break;
      case 3:
        if (random_() % 2 == 0) crash();
        break;
      case 4:
        check();
        break;
      default:
        if (!open_.empty() && random_() % 2 == 0) {
          settle(random_() % open_.size());
        } else {
          reserve();
        }
    }
  }

  Periods now() {
    const Periods wall = periods_at(clock_.wall());
    latest_ = {std::max(latest_.day, wall.day), std::max(latest_.month, wall.month)};
    return latest_;
  }

  struct Sums {
    Charge spent;
    Charge open;
    Charge overshoot;
    Charge excess;
    Charge committed() const {
      Charge sum = spent;
      return sum += open;
    }
  };

  /// What the model has for an owner in a period.
  Sums sums(ScopeKind kind, size_t key, Period period, Periods periods) const {
    Sums sums;
    for (const Entry& entry : entries_) {
      const bool same_owner = kind == ScopeKind::tenant ||
                              (kind == ScopeKind::key && entry.key == key) ||
                              (kind == ScopeKind::user && entry.key != 2);
      const bool same_period = period == Period::day ? entry.periods.day == periods.day
                                                     : entry.periods.month == periods.month;
      if (!same_owner || !same_period) continue;
      sums.excess += entry.excess;
      if (!entry.used) {
        sums.open += entry.bound;
        continue;
      }
      sums.spent += *entry.used;
      sums.overshoot += above(*entry.used, entry.bound);
    }
    return sums;
  }
  static Charge above(const Charge& a, const Charge& b) {
    return {std::max(a.money - b.money, Money{}), std::max<int64_t>(a.tokens - b.tokens, 0)};
  }

  template <typename Visit>
  void each_budget(size_t key, Visit visit) const {
    const auto of = [&](ScopeKind kind, const std::vector<BudgetSpec>& budgets) {
      for (const BudgetSpec& budget : budgets) visit(kind, budget);
    };
    of(ScopeKind::key, specs_.keys[key].spec.budgets);
    if (key != 2) of(ScopeKind::user, specs_.users[0].budgets);
    of(ScopeKind::tenant, specs_.tenants[0].budgets);
  }

  bool fits(size_t key, const Charge& bound, Periods periods) const {
    bool fits = true;
    each_budget(key, [&](ScopeKind kind, const BudgetSpec& budget) {
      const Charge sum = sums(kind, key, budget.period, periods).committed();
      if (budget.money && bound.money.nanos > 0 && sum.money + bound.money > *budget.money)
        fits = false;
      if (budget.tokens && bound.tokens > 0 && sum.tokens + bound.tokens > *budget.tokens)
        fits = false;
    });
    return fits;
  }

  void reserve() {
    Entry entry;
    entry.loop = random_() % kLoops;
    entry.key = random_() % kKeys;
    entry.bound = {Money{static_cast<int64_t>(random_() % 200)},
                   static_cast<int64_t>(random_() % 200)};
    entry.periods = now();
    auto reservation =
        service_->loop(entry.loop).reserve(principal(entry.key), entry.bound, "req_1");
    ASSERT_EQ(reservation.has_value(), fits(entry.key, entry.bound, entry.periods))
        << (reservation ? "let through above a budget" : reservation.error().reason);
    if (!reservation) {
      ASSERT_EQ(reservation.error().kind, ErrorKind::budget_exhausted);
      return;
    }
    entry.sequence = ++sequence_[entry.loop];
    entries_.push_back(entry);
    open_.push_back({entries_.size() - 1, std::move(*reservation)});
  }

  void settle(size_t which) {
    Entry& entry = entries_[open_[which].entry];
    Charge used;
    const uint64_t how = random_() % 10;
    if (how == 0) {
      open_[which].reservation = Reservation();  // dropped: nothing was used
    } else {
      // Streamed to the end, or cut by the client; rarely an upstream that says it used more.
      used = {Money{static_cast<int64_t>(random_() %
                                         static_cast<uint64_t>(entry.bound.money.nanos + 1))},
              static_cast<int64_t>(random_() % static_cast<uint64_t>(entry.bound.tokens + 1))};
      if (how == 1) used += Charge{Money{static_cast<int64_t>(random_() % 50)}, 7};
      open_[which].reservation.settle(used);
    }
    entry.used = used;
    settled_[entry.loop][++sequence_[entry.loop]] = open_[which].entry;
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  /// The process dies: what is on disk is what was written, or less after a loss of power.
  void crash() {
    testing::TempDir after;
    fs::copy(dir_.path(), after.path(), fs::copy_options::recursive);
    for (size_t loop = 0; loop < kLoops; ++loop) {
      const std::string name = journal_name(loop);
      const auto position = service_->loop(loop).journal().position();
      const auto path = store::segment_path(after.path(), name, position.segment);
      uint64_t keep = position.offset;
      if (random_() % 2 == 0) keep = random_() % (position.offset + 1);
      uint64_t lost = 0;
      if (keep < position.offset) {
        std::string text(position.offset, '\0');
        std::ifstream(path, std::ios::binary)
            .read(text.data(), static_cast<std::streamsize>(text.size()));
        // Records are lost from the first one that does not end within what is kept.
        lost = static_cast<uint64_t>(
            std::count(text.begin() + static_cast<std::ptrdiff_t>(keep), text.end(), '\n'));
      }
      if (random_() % 2 == 0) {
        fs::resize_file(path, keep);  // the length had not reached the disk
      } else {
        fs::resize_file(path, keep);
        fs::resize_file(path, keep + 3000);  // the zeros of the space allocated ahead
      }
      forget(loop, sequence_[loop] - lost);
    }
    open_.clear();
    service_.reset();
    dir_ = std::move(after);
    latest_ = {};
    for (const Entry& entry : entries_) {
      latest_ = {std::max(latest_.day, entry.periods.day),
                 std::max(latest_.month, entry.periods.month)};
    }
    for (Entry& entry : entries_) {
      if (!entry.used) entry.recovered = true;
      if (!entry.used) entry.used = entry.bound;
    }
    open();
    check();
  }

  /// Takes out of the model what journal `loop` lost behind its `last` record. A lost settlement
  /// leaves its reservation open; a lost reservation is as if it had never been.
  void forget(size_t loop, uint64_t last) {
    for (auto it = settled_[loop].upper_bound(last); it != settled_[loop].end();) {
      Entry& entry = entries_[it->second];
      entry.excess = above(entry.bound, *entry.used);
      entry.used.reset();
      it = settled_[loop].erase(it);
    }
    for (Entry& entry : entries_) {
      if (entry.loop == loop && entry.sequence > last && !entry.recovered) {
        entry.bound = {};
        entry.used = Charge{};
        entry.excess = {};
        entry.periods = {};
      }
    }
    sequence_[loop] = last;
  }

  void check() {
    const Periods periods = now();
    const auto balances = service_->balances();
    const auto report = Ledger::read(dir_.path());
    ASSERT_TRUE(report) << report.error().reason;
    const auto totals = report->totals();
    for (const Balance& balance : balances) {
      size_t key = 0;
      while (key < 2 && keys_[key].id != balance.id) ++key;
      const Sums truth = sums(balance.kind, key, balance.period, periods);
      const std::string who = balance.id + " " + balance.period_name;
      ASSERT_EQ(balance.spent, truth.spent) << who;
      ASSERT_EQ(balance.reserved, truth.open) << who;
      ASSERT_EQ(balance.overshoot, truth.overshoot) << who;
      Charge counted = truth.committed();
      counted = {counted.money - truth.overshoot.money - truth.excess.money,
                 counted.tokens - truth.overshoot.tokens - truth.excess.tokens};
      ASSERT_LE(counted.money, balance.limit.money.value_or(Money::max())) << who;
      ASSERT_LE(counted.tokens, balance.limit.tokens.value_or(INT64_MAX)) << who;
      // The files say the same as the memory.
      const auto found = totals.find({balance.kind, balance.id, balance.period,
                                      balance.period == Period::day ? periods.day : periods.month});
      const LedgerTotals filed = found == totals.end() ? LedgerTotals{} : found->second;
      ASSERT_EQ(filed.spent, balance.spent) << who;
      ASSERT_EQ(filed.reserved, balance.reserved) << who;
      ASSERT_EQ(filed.overshoot, balance.overshoot) << who;
    }
  }

  /// All that is left of the tightest budget can be reserved, and not one more.
  void strands_nothing() {
    const Periods periods = now();
    for (size_t key = 0; key < kKeys; ++key) {
      std::optional<int64_t> left;
      each_budget(key, [&](ScopeKind kind, const BudgetSpec& budget) {
        if (!budget.money) return;
        const Charge sum = sums(kind, key, budget.period, periods).committed();
        const int64_t here = std::max<int64_t>((*budget.money - sum.money).nanos, 0);
        left = std::min(left.value_or(here), here);
      });
      if (!left) continue;
      ASSERT_FALSE(service_->loop(0).reserve(principal(key), {Money{*left + 1}, 0}, "probe"));
      const auto all = service_->loop(1).reserve(principal(key), {Money{*left}, 0}, "probe");
      ASSERT_TRUE(all) << all.error().reason;
    }
  }

  std::mt19937_64 random_;
  testing::TempDir dir_;
  ManualClock clock_;
  std::vector<NewKey> keys_;
  AdmissionSpecs specs_;
  std::unique_ptr<AdmissionService> service_;
  std::vector<Running> open_;
  std::vector<Entry> entries_;
  std::array<uint64_t, kLoops> sequence_{};
  std::array<std::map<uint64_t, size_t>, kLoops> settled_;
  Periods latest_;
};

TEST(BudgetProperty, NoInterleavingOverspendsOrStrands) {
  log::global().set_level(log::Level::off);
  const char* runs = std::getenv("GATEHOUSE_PROPERTY_RUNS");
  const int count = runs == nullptr ? kRuns : std::atoi(runs);
  for (int seed = 1; seed <= count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Interleaving interleaving(static_cast<uint64_t>(seed));
    interleaving.run();
    if (HasFailure()) break;
  }
  log::global().set_level(log::Level::info);
}

}  // namespace
}  // namespace gatehouse::admission
