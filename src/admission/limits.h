#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admission/specs.h"
#include "core/clock.h"
#include "core/result.h"

namespace gatehouse::admission {

/// A bucket of one minute's worth that refills evenly, in one atomic: the generic cell rate
/// algorithm (ITU-T I.371), whose only state is the theoretical arrival time (TAT) at which the
/// bucket is full again. Exact over all threads without a lock; survives a change of the limit,
/// since the state is a time and not a count. Thread-safe.
class RateBucket {
 public:
  /// Takes `count` units if the bucket holds them; otherwise takes nothing and returns how long
  /// until it does. `limit` is per minute and at least 1; `count` at most `limit`.
  std::optional<Nanos> take(int64_t count, int64_t limit, SteadyTime now);
  /// Takes `count` units even if that leaves the bucket in debt.
  void charge(int64_t count, int64_t limit, SteadyTime now);
  /// Undoes a `take` of a moment ago.
  void give_back(int64_t count, int64_t limit);

  /// Units in the bucket now, at least 0; how long until it is full.
  int64_t remaining(int64_t limit, SteadyTime now) const;
  Nanos until_full(SteadyTime now) const;

 private:
  std::atomic<int64_t> full_at_{0};  // TAT, nanoseconds of the steady clock
};

/// Tokens per minute: what requests in flight may yet use is held apart from what finished ones
/// used, so that an estimate counts in full until its request settles and only the true usage
/// stays in the bucket. (Charging the estimate to the bucket and refunding later would hand out
/// again what time had already refilled.) Thread-safe.
class TokenBucket {
 public:
  /// Holds `estimate` tokens, at most `limit`; refuses with the time until it may fit.
  std::optional<Nanos> hold(int64_t estimate, int64_t limit, SteadyTime now);
  /// Ends a hold and charges what was used, debt included.
  void settle(int64_t held, int64_t used, int64_t limit, SteadyTime now);

  int64_t remaining(int64_t limit, SteadyTime now) const;
  Nanos until_full(SteadyTime now) const { return used_.until_full(now); }

 private:
  int64_t remaining_unheld(int64_t limit, SteadyTime now) const;

  RateBucket used_;
  std::atomic<int64_t> held_{0};
};

/// Requests in flight. Thread-safe.
class ConcurrencyGate {
 public:
  bool enter(int64_t limit);
  void leave() { inside_.fetch_sub(1, std::memory_order_release); }
  int64_t inside() const { return inside_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> inside_{0};
};

/// The counters of one key or tenant; kept by id, so that a reload keeps them.
struct alignas(64) LimitState {
  RateBucket requests;
  TokenBucket tokens;
  ConcurrencyGate concurrency;
};

/// For the `x-ratelimit-*` headers: the tighter one of key and tenant. Absent = no such limit.
struct LimitFigures {
  struct Figure {
    int64_t limit = 0;
    int64_t remaining = 0;
    Nanos reset{};  // until the bucket is full again
  };
  std::optional<Figure> requests;
  std::optional<Figure> tokens;
};

/// "1s", "6m0s", "120ms", "1h2m3s": the form of OpenAI's reset headers, rounded up.
std::string format_reset(Nanos reset);

/// The right of one request to run: holds its places and its token estimate until it ends.
/// Move-only; may end on any thread; keeps the counters alive by what the Principal points to.
class Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { finish(0); }

  /// The request ended and used this many tokens. Called at most once; without it the destructor
  /// charges nothing (the request used none).
  void finish(int64_t used_tokens);

  /// As they were when the request was let in.
  const LimitFigures& figures() const { return figures_; }
  bool holds() const { return clock_ != nullptr; }

 private:
  friend Result<Permit> admit(LimitState& key, const LimitSpec& key_limits, LimitState& tenant,
                              const LimitSpec& tenant_limits, std::shared_ptr<const void> owner,
                              int64_t estimated_tokens, const Clock& clock);
  struct Place {
    LimitState* state = nullptr;
    int64_t held_tokens = 0;
    int64_t token_limit = 0;
    bool counted = false;  // in the concurrency gate
  };
  static std::optional<Refusal> enter(Place& place, LimitState& state, const LimitSpec& limits,
                                      std::string_view whose, int64_t estimate, SteadyTime now);
  static void leave(Place& place, int64_t used_tokens, SteadyTime now);

  Place places_[2];  // of the key, of the tenant
  const Clock* clock_ = nullptr;
  std::shared_ptr<const void> owner_;
  LimitFigures figures_;
};

/// Lets a request in past the limits of its key and of its tenant, all or none. The refusal
/// (`rate_limited`) names the limit in `code` ("requests_per_minute", "tokens_per_minute",
/// "max_concurrency") and carries `retry_after`. An estimate above a whole limit counts as the
/// limit, so that a cautious one alone can never shut a request out for good. `owner` keeps both
/// states alive.
Result<Permit> admit(LimitState& key, const LimitSpec& key_limits, LimitState& tenant,
                     const LimitSpec& tenant_limits, std::shared_ptr<const void> owner,
                     int64_t estimated_tokens, const Clock& clock);

}  // namespace gatehouse::admission
