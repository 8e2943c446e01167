#include "admission/budgets.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

namespace gatehouse::admission {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
/// A cell of a period that is over is kept this long for whoever looked it up just before.
constexpr std::chrono::hours kKeepClosed{1};

size_t slot(Period period) {
  return static_cast<size_t>(period);
}

int64_t saturating_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kMost : sum;
}

/// Adds `amount` (not negative) if the sum stays within `limit` (-1: none). On refusal `left` is
/// what would have fitted.
bool take(std::atomic<int64_t>& committed, int64_t amount, int64_t limit, int64_t& left) {
  const int64_t most = limit < 0 ? kMost : limit;
  int64_t now = committed.load(std::memory_order_relaxed);
  do {
    if (amount > most - std::min(now, most)) {
      left = std::max<int64_t>(most - now, 0);
      return false;
    }
  } while (!committed.compare_exchange_weak(now, now + amount, std::memory_order_relaxed));
  return true;
}

void add(std::atomic<int64_t>& sum, int64_t amount) {
  int64_t now = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(now, saturating_add(now, amount), std::memory_order_relaxed)) {
  }
}

std::string_view adjective(Period period) {
  return period == Period::day ? "daily" : "monthly";
}

std::string period_end(Period period, int32_t index) {
  return period_name(Period::day, period == Period::day
                                      ? index + 1
                                      : static_cast<int32_t>(
                                            std::chrono::sys_days(std::chrono::year(1970) / 1 / 1 +
                                                                  std::chrono::months(index + 1))
                                                .time_since_epoch()
                                                .count()));
}

Refusal exhausted(const BudgetScope& scope, Period period, int32_t index, bool money,
                  const std::string& limit, const std::string& left, const std::string& bound) {
  Refusal refusal;
  refusal.kind = ErrorKind::budget_exhausted;
  refusal.layer = Layer::admission;
  refusal.code = money ? "money_budget_exhausted" : "token_budget_exhausted";
  refusal.message = fmt::format(
      "The {} budget of this {} does not cover this request: it may need up to {}, and {} of {} "
      "are left until {} 00:00 UTC.",
      adjective(period), to_string(scope.kind()), bound, left, limit, period_end(period, index));
  refusal.reason = fmt::format("{} budget of {} {} for {}: limit {}, left {}, bound {}",
                               money ? "money" : "token", to_string(scope.kind()), scope.id(),
                               period_name(period, index), limit, left, bound);
  return refusal;
}

std::string dollars(int64_t nanos) {
  return "$" + Money{nanos}.to_string();
}
std::string tokens_text(int64_t tokens) {
  return std::to_string(tokens) + " tokens";
}

}  // namespace

Charge& Charge::operator+=(const Charge& other) {
  money += other.money;
  tokens = saturating_add(tokens, other.tokens);
  return *this;
}

Periods periods_at(WallTime t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(days);
  const int month = (static_cast<int>(date.year()) - 1970) * 12 +
                    static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  return {static_cast<int32_t>(days.time_since_epoch().count()), month};
}

std::string period_name(Period period, int32_t index) {
  if (period == Period::month) return fmt::format("{:04}-{:02}", 1970 + index / 12, index % 12 + 1);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(index))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Periods PeriodClock::now(WallTime wall) {
  at_least(periods_at(wall));
  const uint64_t latest = latest_.load(std::memory_order_relaxed);
  return {static_cast<int32_t>(latest >> 32), static_cast<int32_t>(latest & 0xffffffff)};
}

void PeriodClock::at_least(Periods periods) {
  const uint64_t packed = static_cast<uint64_t>(static_cast<uint32_t>(std::max(periods.day, 0)))
                              << 32 |
                          static_cast<uint32_t>(std::max(periods.month, 0));
  uint64_t latest = latest_.load(std::memory_order_relaxed);
  while (latest < packed &&
         !latest_.compare_exchange_weak(latest, packed, std::memory_order_relaxed)) {
  }
}

std::string_view to_string(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::key:
      return "key";
    case ScopeKind::user:
      return "user";
    case ScopeKind::tenant:
      return "tenant";
  }
  return "unknown";
}

void BudgetScope::set_limits(const std::vector<BudgetSpec>& budgets) {
  std::array<Limit, 2> limits;
  for (const BudgetSpec& budget : budgets) {
    limits[slot(budget.period)] = {budget.money, budget.tokens};
  }
  for (size_t i = 0; i < limits.size(); ++i) {
    tracks_[i].money_limit.store(limits[i].money ? limits[i].money->nanos : -1,
                                 std::memory_order_relaxed);
    tracks_[i].token_limit.store(limits[i].tokens.value_or(-1), std::memory_order_relaxed);
  }
}

bool BudgetScope::has_limit() const {
  return has_money_limit() || std::any_of(tracks_.begin(), tracks_.end(), [](const Track& track) {
           return track.token_limit.load(std::memory_order_relaxed) >= 0;
         });
}

bool BudgetScope::has_money_limit() const {
  return std::any_of(tracks_.begin(), tracks_.end(), [](const Track& track) {
    return track.money_limit.load(std::memory_order_relaxed) >= 0;
  });
}

BudgetScope::Limit BudgetScope::limit(Period period) const {
  const Track& track = tracks_[slot(period)];
  Limit limit;
  if (const int64_t money = track.money_limit.load(std::memory_order_relaxed); money >= 0) {
    limit.money = Money{money};
  }
  if (const int64_t tokens = track.token_limit.load(std::memory_order_relaxed); tokens >= 0) {
    limit.tokens = tokens;
  }
  return limit;
}

BudgetCell& BudgetScope::cell(Period period, int32_t index, SteadyTime now) {
  Track& track = tracks_[slot(period)];
  BudgetCell* current = track.current.load(std::memory_order_acquire);
  if (current != nullptr && current->index == index) return *current;
  return open_cell(track, index, now);
}

BudgetCell& BudgetScope::open_cell(Track& track, int32_t index, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  for (const Track::Kept& kept : track.cells) {
    if (kept.cell->index == index) return *kept.cell;
  }
  BudgetCell* const current = track.current.load(std::memory_order_relaxed);
  auto made = std::make_unique<BudgetCell>(index);
  BudgetCell& cell = *made;
  if (current != nullptr && index < current->index) {
    // Another thread has just begun the next period; this one still counts for the old.
    track.cells.push_back({std::move(made), now});
    return cell;
  }
  std::erase_if(track.cells, [&](const Track::Kept& kept) {
    return kept.cell.get() != current && now - kept.closed > kKeepClosed &&
           kept.cell->open.load(std::memory_order_acquire) == 0;
  });
  for (Track::Kept& kept : track.cells) {
    if (kept.cell.get() == current) kept.closed = now;
  }
  track.cells.push_back({std::move(made), now});
  track.current.store(&cell, std::memory_order_release);
  return cell;
}

const BudgetCell* BudgetScope::find(Period period, int32_t index) const {
  const std::lock_guard lock(mutex_);
  for (const Track::Kept& kept : tracks_[slot(period)].cells) {
    if (kept.cell->index == index) return kept.cell.get();
  }
  return nullptr;
}

void BudgetScope::restore(Period period, int32_t index, const Charge& spent,
                          const Charge& overshoot) {
  BudgetCell& restored = cell(period, index, SteadyTime{});
  add(restored.committed_money, spent.money.nanos);
  add(restored.committed_tokens, spent.tokens);
  add(restored.spent_money, spent.money.nanos);
  add(restored.spent_tokens, spent.tokens);
  add(restored.overshoot_money, overshoot.money.nanos);
  add(restored.overshoot_tokens, overshoot.tokens);
}

Result<BudgetPlaces> reserve_budgets(const std::array<BudgetScope*, 3>& scopes, const Charge& bound,
                                     Periods periods, const Clock& clock) {
  const int64_t money = std::max<int64_t>(bound.money.nanos, 0);
  const int64_t tokens = std::max<int64_t>(bound.tokens, 0);
  const SteadyTime now = clock.steady();
  BudgetPlaces places;
  for (BudgetScope* const scope : scopes) {
    if (scope == nullptr) continue;
    for (const Period period : {Period::day, Period::month}) {
      const int32_t index = period == Period::day ? periods.day : periods.month;
      const BudgetScope::Limit limit = scope->limit(period);
      BudgetCell& cell = scope->cell(period, index, now);
      cell.open.fetch_add(1, std::memory_order_relaxed);
      int64_t left = 0;
      const bool affordable =
          take(cell.committed_money, money, limit.money ? limit.money->nanos : -1, left);
      if (affordable && take(cell.committed_tokens, tokens, limit.tokens.value_or(-1), left)) {
        places.cells[places.count++] = &cell;
        continue;
      }
      if (affordable) cell.committed_money.fetch_sub(money, std::memory_order_relaxed);
      cell.open.fetch_sub(1, std::memory_order_release);
      settle_budgets(places, bound, {});
      return refuse(affordable ? exhausted(*scope, period, index, false,
                                           tokens_text(limit.tokens.value_or(kMost)),
                                           tokens_text(left), tokens_text(tokens))
                               : exhausted(*scope, period, index, true,
                                           dollars(limit.money.value_or(Money::max()).nanos),
                                           dollars(left), dollars(money)));
    }
  }
  return places;
}

void settle_budgets(const BudgetPlaces& places, const Charge& bound, const Charge& used) {
  const int64_t bound_money = std::max<int64_t>(bound.money.nanos, 0);
  const int64_t bound_tokens = std::max<int64_t>(bound.tokens, 0);
  const int64_t used_money = std::max<int64_t>(used.money.nanos, 0);
  const int64_t used_tokens = std::max<int64_t>(used.tokens, 0);
  for (size_t i = 0; i < places.count; ++i) {
    BudgetCell& cell = *places.cells[i];
    if (used_money != 0) add(cell.spent_money, used_money);
    if (used_tokens != 0) add(cell.spent_tokens, used_tokens);
    if (used_money > bound_money) {
      add(cell.overshoot_money, used_money - bound_money);
      add(cell.committed_money, used_money - bound_money);
    } else {
      cell.committed_money.fetch_sub(bound_money - used_money, std::memory_order_relaxed);
    }
    if (used_tokens > bound_tokens) {
      add(cell.overshoot_tokens, used_tokens - bound_tokens);
      add(cell.committed_tokens, used_tokens - bound_tokens);
    } else {
      cell.committed_tokens.fetch_sub(bound_tokens - used_tokens, std::memory_order_relaxed);
    }
    cell.open.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace gatehouse::admission
