#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/clock.h"

namespace gatehouse::gateway {

/// Since when the oldest byte waits that a stream of text holds back. Not thread-safe.
class HoldClock {
 public:
  /// `fed` more bytes came at `now`; of all that came, the last `held` still wait.
  void update(size_t fed, size_t held, SteadyTime now) {
    came_ += fed;
    if (fed > 0) arrivals_.push_back({came_, now});
    size_t gone = 0;
    while (gone < arrivals_.size() && arrivals_[gone].end + held <= came_) ++gone;
    arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(gone));
  }

  /// What waits now may wait on.
  void forgive() { arrivals_.clear(); }

  /// Empty if nothing waits.
  std::optional<SteadyTime> since() const {
    if (arrivals_.empty()) return std::nullopt;
    return arrivals_.front().at;
  }

 private:
  struct Arrival {
    size_t end;  // bytes that had come then
    SteadyTime at;
  };
  size_t came_ = 0;
  std::vector<Arrival> arrivals_;  // at most one for each byte that a policy lets a stream hold
};

}  // namespace gatehouse::gateway
