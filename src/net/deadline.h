#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/clock.h"

namespace gatehouse::net {

class DeadlineWheel;

/// A point in time after which `expired` is called once, unless it was moved or cleared before.
/// Setting one is a few stores: it never allocates and makes no system call. Belongs to one event
/// loop; destroying it clears it.
class Deadline {
 public:
  using Expired = void (*)(void* owner);

  /// `expired(owner)` runs on the loop; it may set, clear or destroy this or any other deadline.
  Deadline(DeadlineWheel& wheel, void* owner, Expired expired)
      : wheel_(wheel), owner_(owner), expired_(expired) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Late by one tick of the wheel at most, never early. Replaces an earlier setting.
  void set(SteadyTime when);
  void clear() { armed_ = false; }
  bool armed() const { return armed_; }
  SteadyTime when() const { return when_; }

 private:
  friend class DeadlineWheel;

  DeadlineWheel& wheel_;
  void* owner_;
  Expired expired_;
  SteadyTime when_{};
  SteadyTime slot_time_{};  // when the slot that holds this node is looked at
  size_t slot_ = 0;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  bool armed_ = false;
  bool linked_ = false;
};

/// The deadlines of one event loop: a timer wheel that the loop turns once a tick. A deadline that
/// moves later stays in its slot and is looked at again when the slot comes, so that the usual
/// "reset the timeout" of a busy connection costs next to nothing. Not thread-safe.
class DeadlineWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{20};

  explicit DeadlineWheel(SteadyTime now) : start_(now) {}
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// Calls what expired up to `now`.
  void advance(SteadyTime now);
  /// Nodes in the wheel; one that was cleared counts until its slot comes.
  size_t linked() const { return count_; }
  /// Is called when the wheel stops being empty.
  void on_first(void (*first)(void*), void* owner) {
    first_ = first;
    first_owner_ = owner;
  }

 private:
  friend class Deadline;
  static constexpr uint64_t kSlots = 1024;  // 20 s; what is later comes round again

  void link(Deadline& deadline);
  void unlink(Deadline& deadline);
  void turn(size_t slot, SteadyTime now);

  SteadyTime start_;
  uint64_t tick_ = 0;
  size_t count_ = 0;
  void (*first_)(void*) = nullptr;
  void* first_owner_ = nullptr;
  std::array<Deadline*, kSlots> slots_{};
};

}  // namespace gatehouse::net
