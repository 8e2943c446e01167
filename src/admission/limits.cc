#include "admission/limits.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace gatehouse::admission {
namespace {

constexpr int64_t kWindowNanos = 60'000'000'000;  // a minute
/// The longest debt, a hundred years: two of them and the clock are within 64 bits.
constexpr int64_t kMostNanos = int64_t{100} * 365 * 24 * 60 * kWindowNanos;
__extension__ using Wide = __int128;

int64_t nanos(SteadyTime t) {
  return std::chrono::duration_cast<Nanos>(t.time_since_epoch()).count();
}

/// How much of the minute `count` units are, rounded up, so that rounding never lets more through.
int64_t time_of(int64_t count, int64_t limit) {
  const Wide time = (Wide{count} * kWindowNanos + limit - 1) / limit;
  return time > kMostNanos ? kMostNanos : static_cast<int64_t>(time);
}

/// What the rounding of all units of a full bucket may have added: below one unit, so that it never
/// lets one more through, and (for limits below some 245,000) enough to let the last one through.
int64_t rounding(int64_t limit) {
  return std::min(limit, time_of(1, limit) - 1);
}

int64_t units_in(int64_t time, int64_t limit) {
  return static_cast<int64_t>(Wide{time} * limit / kWindowNanos);
}

}  // namespace

std::optional<Nanos> RateBucket::take(int64_t count, int64_t limit, SteadyTime now) {
  const int64_t cost = time_of(count, limit);
  const int64_t window = kWindowNanos + rounding(limit);
  const int64_t at = nanos(now);
  int64_t full_at = full_at_.load(std::memory_order_relaxed);
  while (true) {
    const int64_t next = std::max(full_at, at) + cost;
    if (next - at > window) return Nanos(next - at - window);
    if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

void RateBucket::charge(int64_t count, int64_t limit, SteadyTime now) {
  const int64_t cost = time_of(count, limit);
  const int64_t at = nanos(now);
  int64_t full_at = full_at_.load(std::memory_order_relaxed);
  const auto next = [&] { return std::min(std::max(full_at, at) + cost, at + kMostNanos); };
  while (!full_at_.compare_exchange_weak(full_at, next(), std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

void RateBucket::give_back(int64_t count, int64_t limit) {
  full_at_.fetch_sub(time_of(count, limit), std::memory_order_relaxed);
}

Nanos RateBucket::until_full(SteadyTime now) const {
  return Nanos(std::max<int64_t>(full_at_.load(std::memory_order_acquire) - nanos(now), 0));
}

int64_t RateBucket::remaining(int64_t limit, SteadyTime now) const {
  const int64_t backlog = std::max<int64_t>(until_full(now).count() - rounding(limit), 0);
  return backlog >= kWindowNanos ? 0 : units_in(kWindowNanos - backlog, limit);
}

std::optional<Nanos> TokenBucket::hold(int64_t estimate, int64_t limit, SteadyTime now) {
  // Held first, then looked at: of two that race for the last tokens, each sees the other.
  const int64_t held = held_.fetch_add(estimate, std::memory_order_acq_rel) + estimate;
  const int64_t left = remaining_unheld(limit, now) - held;
  if (left >= 0) return std::nullopt;
  held_.fetch_sub(estimate, std::memory_order_relaxed);
  return Nanos(time_of(-left, limit));
}

int64_t TokenBucket::remaining_unheld(int64_t limit, SteadyTime now) const {
  // Debt counts: what was used beyond the bucket has to refill first.
  const int64_t backlog = std::max<int64_t>(used_.until_full(now).count() - rounding(limit), 0);
  const Wide used = (Wide{backlog} * limit + kWindowNanos - 1) / kWindowNanos;
  return limit - static_cast<int64_t>(std::min<Wide>(used, std::numeric_limits<int64_t>::max()));
}

void TokenBucket::settle(int64_t held, int64_t used, int64_t limit, SteadyTime now) {
  // Charged before the hold ends: for a moment both count, never neither.
  if (used > 0) used_.charge(used, limit, now);
  held_.fetch_sub(held, std::memory_order_release);
}

int64_t TokenBucket::remaining(int64_t limit, SteadyTime now) const {
  return std::max<int64_t>(remaining_unheld(limit, now) - held_.load(std::memory_order_relaxed), 0);
}

bool ConcurrencyGate::enter(int64_t limit) {
  int64_t inside = inside_.load(std::memory_order_relaxed);
  do {
    if (inside >= limit) return false;
  } while (!inside_.compare_exchange_weak(inside, inside + 1, std::memory_order_acquire,
                                          std::memory_order_relaxed));
  return true;
}

std::string format_reset(Nanos reset) {
  const int64_t ms = (std::max<int64_t>(reset.count(), 0) + 999'999) / 1'000'000;
  if (ms < 1000) return fmt::format("{}ms", ms);
  const int64_t seconds = (ms + 999) / 1000;
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace gatehouse::admission
