#include "net/deadline.h"

#include <algorithm>

namespace gatehouse::net {

Deadline::~Deadline() {
  if (linked_) wheel_.unlink(*this);
}

void Deadline::set(SteadyTime when) {
  when_ = when;
  armed_ = true;
  if (linked_) {
    if (when >= slot_time_) return;  // its slot comes first and moves it on
    wheel_.unlink(*this);
  }
  wheel_.link(*this);
}

void DeadlineWheel::link(Deadline& deadline) {
  const Nanos from_start = std::max(deadline.when_ - start_, Nanos{0});
  const auto due = static_cast<uint64_t>((from_start + kTick - Nanos{1}) / kTick);
  const uint64_t tick = std::clamp(due, tick_ + 1, tick_ + kSlots - 1);
  deadline.slot_ = tick % kSlots;
  deadline.slot_time_ = start_ + static_cast<int64_t>(tick) * kTick;
  Deadline*& head = slots_[deadline.slot_];
  deadline.previous_ = nullptr;
  deadline.next_ = head;
  if (head != nullptr) head->previous_ = &deadline;
  head = &deadline;
  deadline.linked_ = true;
  if (++count_ == 1 && first_ != nullptr) first_(first_owner_);
}

void DeadlineWheel::unlink(Deadline& deadline) {
  if (deadline.previous_ != nullptr) {
    deadline.previous_->next_ = deadline.next_;
  } else {
    slots_[deadline.slot_] = deadline.next_;
  }
  if (deadline.next_ != nullptr) deadline.next_->previous_ = deadline.previous_;
  deadline.linked_ = false;
  --count_;
}

void DeadlineWheel::advance(SteadyTime now) {
  const auto target = static_cast<uint64_t>(std::max((now - start_) / kTick, int64_t{0}));
  if (target > tick_ + kSlots) tick_ = target - kSlots;  // after a long stall each slot comes once
  while (tick_ < target) {
    ++tick_;
    turn(tick_ % kSlots, now);
  }
}

void DeadlineWheel::turn(size_t slot, SteadyTime now) {
  // One node at a time from the head: what is called may change any list. Nothing is linked into
  // the slot that is being turned, so this ends.
  while (Deadline* deadline = slots_[slot]) {
    unlink(*deadline);
    if (!deadline->armed_) continue;
    if (deadline->when_ > now) {
      link(*deadline);
      continue;
    }
    deadline->armed_ = false;
    deadline->expired_(deadline->owner_);
  }
}

}  // namespace gatehouse::net
