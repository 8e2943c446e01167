#include "inference/local/kv_slots.h"

#include <algorithm>

namespace gatehouse::inference::local {

struct KvSlots::Segment {
  int64_t tokens = 0;
};

KvSlots::KvSlots(int sequences, int64_t cells, KvMemory& memory)
    : cells_(cells), memory_(memory), slots_(static_cast<size_t>(sequences)) {}

KvSlots::~KvSlots() {
  for (Slot& slot : slots_) slot.segments.clear();  // their deleters count in `used_`
}

KvSlots::SegmentPtr KvSlots::make_segment(int64_t tokens) {
  used_ += tokens;
  return SegmentPtr(new Segment{tokens}, [this](Segment* segment) {
    used_ -= segment->tokens;
    delete segment;
  });
}

int64_t KvSlots::common_prefix(const Slot& slot, const std::vector<Token>& prompt) const {
  if (prompt.empty()) return 0;
  const auto limit = static_cast<std::ptrdiff_t>(std::min(slot.tokens.size(), prompt.size() - 1));
  const auto end = slot.tokens.begin() + limit;
  return std::mismatch(slot.tokens.begin(), end, prompt.begin()).first - slot.tokens.begin();
}

int KvSlots::best_source(const std::vector<Token>& prompt, std::string_view owner, int except,
                         int64_t& length) const {
  int best = -1;
  for (int i = 0; i < static_cast<int>(slots_.size()); ++i) {
    const Slot& slot = slots_[static_cast<size_t>(i)];
    if (i == except || slot.owner != owner) continue;
    const int64_t common = common_prefix(slot, prompt);
    if (common > length) {
      length = common;
      best = i;
    }
  }
  return best;
}

int64_t KvSlots::reusable(const std::vector<Token>& prompt, std::string_view owner) const {
  int64_t length = 0;
  best_source(prompt, owner, -1, length);
  return length;
}

int KvSlots::oldest_idle(int except) const {
  int oldest = -1;
  for (int i = 0; i < static_cast<int>(slots_.size()); ++i) {
    const Slot& slot = slots_[static_cast<size_t>(i)];
    if (i == except || slot.running) continue;
    if (slot.tokens.empty()) return i;
    if (oldest < 0 || slot.last_used < slots_[static_cast<size_t>(oldest)].last_used) oldest = i;
  }
  return oldest;
}

void KvSlots::split_at(int sequence, int64_t length) {
  int64_t at = 0;
  const std::vector<SegmentPtr>& own = slots_[static_cast<size_t>(sequence)].segments;
  for (size_t i = 0; i < own.size(); ++i) {
    const SegmentPtr segment = own[i];  // kept, since the list changes below
    const int64_t head = length - at;
    at += segment->tokens;
    if (head <= 0 || head >= segment->tokens) continue;
    used_ -= head;  // `make_segment` counts them again
    segment->tokens -= head;
    const SegmentPtr front = make_segment(head);
    for (Slot& slot : slots_) {
      const auto found = std::find(slot.segments.begin(), slot.segments.end(), segment);
      if (found != slot.segments.end()) slot.segments.insert(found, front);
    }
    return;
  }
}

void KvSlots::trim(int sequence, int64_t length) {
  Slot& slot = slots_[static_cast<size_t>(sequence)];
  if (static_cast<int64_t>(slot.tokens.size()) == length) return;
  split_at(sequence, length);
  int64_t at = 0;
  size_t keep = 0;
  while (keep < slot.segments.size() && at < length) at += slot.segments[keep++]->tokens;
  slot.segments.resize(keep);
  slot.tokens.resize(static_cast<size_t>(length));
  memory_.trim(sequence, length);
}

void KvSlots::share(int from, int to, int64_t length) {
  trim(to, 0);
  split_at(from, length);
  const Slot& source = slots_[static_cast<size_t>(from)];
  Slot& target = slots_[static_cast<size_t>(to)];
  int64_t at = 0;
  for (size_t i = 0; at < length; ++i) {
    target.segments.push_back(source.segments[i]);
    at += source.segments[i]->tokens;
  }
  target.tokens.assign(source.tokens.begin(),
                       source.tokens.begin() + static_cast<std::ptrdiff_t>(length));
  memory_.share(from, to, length);
}

int64_t KvSlots::committed() const {
  int64_t sum = used_;
  for (const Slot& slot : slots_) sum += slot.reserved;
  return sum;
}

bool KvSlots::make_room(int64_t needed, int keep, int also_keep) {
  while (committed() + needed > cells_) {
    int oldest = -1;
    for (int i = 0; i < static_cast<int>(slots_.size()); ++i) {
      const Slot& slot = slots_[static_cast<size_t>(i)];
      if (slot.running || slot.tokens.empty() || i == keep || i == also_keep) continue;
      if (oldest < 0 || slot.last_used < slots_[static_cast<size_t>(oldest)].last_used) oldest = i;
    }
    if (oldest < 0) return false;
    trim(oldest, 0);
  }
  return true;
}

std::optional<KvSlots::Lease> KvSlots::acquire(const std::vector<Token>& prompt, int64_t max_new,
                                               int64_t expect, std::string_view owner) {
  int64_t reused = 0;
  const int source = best_source(prompt, owner, -1, reused);
  const auto in_place = [&] {
    const Slot& slot = slots_[static_cast<size_t>(source)];
    return !slot.running && static_cast<int64_t>(slot.tokens.size()) == reused;
  };
  // A conversation goes on where it stopped; any other prefix stays for those that follow.
  int target = source >= 0 && in_place() ? source : oldest_idle(source);
  if (target < 0 && source >= 0 && !slots_[static_cast<size_t>(source)].running) target = source;
  if (target < 0) return std::nullopt;

  // What the target itself held is gone either way, and must not count against it.
  if (target != source) trim(target, 0);
  const int64_t needed = static_cast<int64_t>(prompt.size()) - std::max(reused, expect) + max_new;
  if (!make_room(needed, source, target)) {
    // The last resort: the prefix's own end, or the prefix as a whole, makes the room.
    if (source < 0 || slots_[static_cast<size_t>(source)].running) return std::nullopt;
    target = source;
    trim(target, reused);
    if (!make_room(needed, source, source)) return std::nullopt;
  }
  if (target == source) {
    trim(target, reused);
  } else if (source >= 0) {
    share(source, target, reused);
  }
  if (source >= 0) slots_[static_cast<size_t>(source)].last_used = ++ticks_;
  Slot& slot = slots_[static_cast<size_t>(target)];
  slot.running = true;
  slot.owner = owner;
  slot.reserved = needed;
  slot.last_used = ++ticks_;
  ++running_;
  return Lease{target, reused};
}

int64_t KvSlots::adopt(int sequence, const std::vector<Token>& prompt) {
  Slot& slot = slots_[static_cast<size_t>(sequence)];
  auto length = static_cast<int64_t>(slot.tokens.size());
  const int source = best_source(prompt, slot.owner, sequence, length);
  if (source >= 0) share(source, sequence, length);
  return length;
}

void KvSlots::append(int sequence, Token token) {
  Slot& slot = slots_[static_cast<size_t>(sequence)];
  slot.tokens.push_back(token);
  slot.reserved = std::max<int64_t>(0, slot.reserved - 1);
  if (!slot.segments.empty() && slot.segments.back().use_count() == 1) {
    ++slot.segments.back()->tokens;
    ++used_;
  } else {
    slot.segments.push_back(make_segment(1));
  }
}

void KvSlots::release(int sequence, bool forget) {
  Slot& slot = slots_[static_cast<size_t>(sequence)];
  if (slot.running) --running_;
  slot.running = false;
  slot.reserved = 0;
  slot.last_used = ++ticks_;
  if (forget) trim(sequence, 0);
}

}  // namespace gatehouse::inference::local
