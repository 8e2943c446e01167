#include "firewall/abuse/callers.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <span>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

uint64_t mix(uint64_t h) {
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9ULL;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBULL;
  return h ^ (h >> 31);
}

uint64_t id_of(std::string_view principal) {
  const uint64_t id = mix(std::hash<std::string_view>{}(principal));
  return id == 0 ? 1 : id;
}

}  // namespace

uint64_t simhash(std::string_view text) {
  std::array<int32_t, 64> votes{};
  uint32_t gram = 0;
  size_t seen = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !is_ascii_alnum(c)) continue;
    gram = gram << 8 | static_cast<unsigned char>(ascii_lower(c));
    if (++seen < 4) continue;
    const uint64_t hash = mix(gram);
    for (size_t bit = 0; bit < votes.size(); ++bit) votes[bit] += (hash >> bit & 1) != 0 ? 1 : -1;
  }
  uint64_t result = 0;
  for (size_t bit = 0; bit < votes.size(); ++bit) {
    if (votes[bit] > 0) result |= uint64_t{1} << bit;
  }
  return result;
}

const CallerMemory::Principal* CallerMemory::find(std::string_view principal) const {
  const uint64_t id = id_of(principal);
  const auto set = principals_.begin() + static_cast<ptrdiff_t>(id % kSets * kWays);
  const auto found = std::find_if(set, set + kWays, [&](const Principal& p) { return p.id == id; });
  return found == set + kWays ? nullptr : &*found;
}

CallerMemory::Principal& CallerMemory::make(std::string_view principal) {
  const uint64_t id = id_of(principal);
  const auto set = principals_.begin() + static_cast<ptrdiff_t>(id % kSets * kWays);
  Principal* oldest = &*set;
  for (Principal& slot : std::span(set, kWays)) {
    if (slot.id == id) return slot;
    if (slot.last_blocked < oldest->last_blocked) oldest = &slot;
  }
  *oldest = {.id = id};
  return *oldest;
}

void CallerMemory::blocked(std::string_view principal, uint64_t hash, Time now) {
  const std::lock_guard lock(guard_);
  Principal& slot = make(principal);
  slot.texts[slot.next++ % kTexts] = {hash, now};
}

bool CallerMemory::knows(std::string_view principal, Time now) const {
  const std::lock_guard lock(guard_);
  const Principal* const known = find(principal);
  if (known == nullptr) return false;
  return now - known->texts[(known->next + kTexts - 1) % kTexts].at < kKept;
}

int CallerMemory::alike(std::string_view principal, uint64_t hash, Time now) const {
  const std::lock_guard lock(guard_);
  const Principal* const known = find(principal);
  if (known == nullptr) return 0;
  int count = 0;
  for (size_t i = 0; i < std::min(known->next, kTexts); ++i) {
    const Text& text = known->texts[i];
    count += now - text.at < kKept && std::popcount(text.hash ^ hash) <= kAlike ? 1 : 0;
  }
  return count;
}

void CallerMemory::inspected(std::string_view principal, bool blocked, Time now) {
  const std::lock_guard lock(guard_);
  if (!blocked && find(principal) == nullptr) return;
  Principal& slot = make(principal);
  if (now - slot.last_blocked >= kKept) slot.requests = 0;
  slot.outcomes = static_cast<uint16_t>(uint32_t{slot.outcomes} << 1U | (blocked ? 1U : 0U));
  slot.requests = std::min(slot.requests + 1, kOutcomes);
  if (blocked) slot.last_blocked = now;
}

float CallerMemory::probing(std::string_view principal, Time now) const {
  const std::lock_guard lock(guard_);
  const Principal* const known = find(principal);
  if (known == nullptr || now - known->last_blocked >= kKept) return 0;
  const uint32_t recent = known->outcomes & ((1U << known->requests) - 1U);
  const int blocked = std::popcount(recent);
  if (blocked < kFewestProbes || blocked * 2 < known->requests) return 0;
  return static_cast<float>(blocked) / static_cast<float>(known->requests);
}

}  // namespace gatehouse::firewall
