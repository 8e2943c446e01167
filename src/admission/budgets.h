#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/specs.h"
#include "core/clock.h"
#include "core/money.h"
#include "core/result.h"

namespace gatehouse::admission {

/// An amount in both of a budget's units.
struct Charge {
  Money money;
  int64_t tokens = 0;
  bool operator==(const Charge&) const = default;
  Charge& operator+=(const Charge& other);
};

/// Days and months since 1970-01, UTC.
struct Periods {
  int32_t day = 0;
  int32_t month = 0;
  bool operator==(const Periods&) const = default;
};
Periods periods_at(WallTime t);
/// "2026-11-24", "2026-11".
std::string period_name(Period period, int32_t index);

/// The periods that are charged now: those of the wall clock, but never earlier ones than before.
/// When the clock jumps back over the end of a period, the new period stays open until the clock
/// has caught up; the closed one is not opened again. Thread-safe.
class PeriodClock {
 public:
  Periods now(WallTime wall);
  /// From recovery: what was charged before the restart.
  void at_least(Periods periods);

 private:
  std::atomic<uint64_t> latest_{0};  // day << 32 | month: both grow together
};

/// What was charged to one owner in one period. `committed` is what a new reservation is held
/// against the limit with: everything settled, and the bounds of everything in flight.
struct alignas(64) BudgetCell {
  explicit BudgetCell(int32_t period_index) : index(period_index) {}
  const int32_t index;
  std::atomic<int32_t> open{0};  // reservations in flight
  std::atomic<int64_t> committed_money{0};
  std::atomic<int64_t> committed_tokens{0};
  std::atomic<int64_t> spent_money{0};
  std::atomic<int64_t> spent_tokens{0};
  std::atomic<int64_t> overshoot_money{0};  // part of spent: above what had been reserved
  std::atomic<int64_t> overshoot_tokens{0};
};

enum class ScopeKind : unsigned char { key, user, tenant };
std::string_view to_string(ScopeKind kind);

/// One owner's budgets: a key's, a user's or a tenant's. Lives as long as the program has heard of
/// the owner; its limits change on reload, its counters stay. Thread-safe.
class BudgetScope {
 public:
  BudgetScope(ScopeKind kind, std::string id) : kind_(kind), id_(std::move(id)) {}

  ScopeKind kind() const { return kind_; }
  /// Of a user: "tenant/user".
  const std::string& id() const { return id_; }

  void set_limits(const std::vector<BudgetSpec>& budgets);
  /// Adds what the ledger says was charged before the restart.
  void restore(Period period, int32_t index, const Charge& spent, const Charge& overshoot);
  bool has_money_limit() const;
  /// Of money or of tokens.
  bool has_limit() const;

  struct Limit {
    std::optional<Money> money;
    std::optional<int64_t> tokens;
  };
  Limit limit(Period period) const;

  /// The cell of the period, made if needed. Valid while a reservation is open in it, and for an
  /// hour after a later period has begun.
  BudgetCell& cell(Period period, int32_t index, SteadyTime now);
  /// Null if nothing was charged in that period (or it is long over).
  const BudgetCell* find(Period period, int32_t index) const;

 private:
  struct Track {
    std::atomic<int64_t> money_limit{-1};  // nano-dollars; -1 = none
    std::atomic<int64_t> token_limit{-1};
    std::atomic<BudgetCell*> current{nullptr};
    struct Kept {
      std::unique_ptr<BudgetCell> cell;
      SteadyTime closed;
    };
    std::vector<Kept> cells;  // under mutex_; the current one is the last
  };
  BudgetCell& open_cell(Track& track, int32_t index, SteadyTime now);

  ScopeKind kind_;
  std::string id_;
  mutable std::mutex mutex_;  // held when a period begins, not per request
  std::array<Track, 2> tracks_;
};

/// The places that one reservation is charged to: its key, its user if it has one, its tenant, each
/// for the day and the month.
struct BudgetPlaces {
  std::array<BudgetCell*, 6> cells{};
  size_t count = 0;
};

/// Reserves `bound` in every budget of the scopes, all or none. Refuses with kind
/// `budget_exhausted`, code "money_budget_exhausted" or "token_budget_exhausted", naming owner,
/// period, limit and what is left, and when the period ends. Exact: over all threads, the sum of
/// what is committed never passes a limit. Scopes are tried from the narrowest to the widest; a
/// refusal by a wider one gives back what the narrower ones had taken, so that for an instant
/// another request may be refused that would have fitted, and never the other way round.
/// Null scopes are left out.
Result<BudgetPlaces> reserve_budgets(const std::array<BudgetScope*, 3>& scopes, const Charge& bound,
                                     Periods periods, const Clock& clock);

/// Replaces the reserved bound by what was truly used. More than the bound is charged too, and
/// counted as overshoot: it makes later reservations fail sooner, and is never forgiven.
void settle_budgets(const BudgetPlaces& places, const Charge& bound, const Charge& used);

}  // namespace gatehouse::admission
