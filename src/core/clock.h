#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse {

using Nanos = std::chrono::nanoseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

/// The one source of time. Durations and deadlines come from `steady`; dates, budgets' periods and
/// records from `wall`, which may jump. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady() const = 0;
  virtual WallTime wall() const = 0;

  /// The machine's clocks; lives as long as the program.
  static const Clock& system();
};

/// A clock that stands still until it is told to move. For tests; not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime{std::chrono::seconds{1'800'000'000}})
      : wall_(start) {}
  SteadyTime steady() const override { return steady_; }
  WallTime wall() const override { return wall_; }

  void advance(Nanos by) {
    steady_ += by;
    wall_ += std::chrono::duration_cast<WallTime::duration>(by);
  }
  /// Moves the wall clock alone, as an operator or NTP does.
  void jump_wall(std::chrono::seconds by) { wall_ += by; }

 private:
  SteadyTime steady_{std::chrono::hours{1}};
  WallTime wall_;
};

/// Milliseconds since the Unix epoch, UTC.
inline int64_t unix_millis(WallTime t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
inline int64_t unix_seconds(WallTime t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

/// Appends "2026-11-24T13:05:09.123Z" (RFC 3339, UTC, whole milliseconds, rounded down).
void append_rfc3339(std::string& out, WallTime t);

}  // namespace gatehouse
