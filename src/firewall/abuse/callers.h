#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace gatehouse::firewall {

/// 64 bits that are alike for texts that are alike: a SimHash (Charikar 2002) over runs of four
/// letters and digits, case and all else ignored. Unrelated English texts differ in some 25 to 32
/// bits, a text and the same with a word or two exchanged in fewer than a dozen.
uint64_t simhash(std::string_view text);

/// Remembers, by who sent them, texts that were blocked as attacks a moment ago: who tries a
/// blocked text again with a word changed is searching for a way past the firewall, and what would
/// be too weak a suspicion in anybody else's text is enough. So it is in any text of who has most
/// of his requests blocked.
///
/// Fixed size; of each set of four the one whose last attack is longest ago gives way. Thread-safe:
/// one for all loops and workers, whose lock is held for nanoseconds.
class CallerMemory {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::minutes kKept{10};
  /// Texts that differ in at most so many bits of 64 count as variants.
  static constexpr int kAlike = 16;
  /// Fewer blocked requests say nothing about who sent them.
  static constexpr int kFewestProbes = 3;

  CallerMemory() : principals_(kSets * kWays) {}

  void blocked(std::string_view principal, uint64_t hash, Time now);
  /// Whether anything of this principal was blocked lately, which is asked before hashing.
  bool knows(std::string_view principal, Time now) const;
  /// How many of its blocked texts this one is a variant of.
  int alike(std::string_view principal, uint64_t hash, Time now) const;

  /// A request of the principal's was inspected. Kept only of those of whom something was blocked.
  void inspected(std::string_view principal, bool blocked, Time now);
  /// The share of the principal's last requests that was blocked, where that is at least half of
  /// them; else 0.
  float probing(std::string_view principal, Time now) const;

 private:
  static constexpr size_t kSets = 256;
  static constexpr size_t kWays = 4;
  static constexpr int kOutcomes = 16;
  static constexpr size_t kTexts = 32;  // two of each text: of the whole, and of its gist
  struct Text {
    uint64_t hash = 0;
    Time at{};
  };
  struct Principal {
    uint64_t id = 0;  // 0: free
    size_t next = 0;
    std::array<Text, kTexts> texts{};
    uint16_t outcomes = 0;  // of the last requests, the latest in the lowest bit: 1 is blocked
    int requests = 0;       // that `outcomes` holds
    Time last_blocked{};
  };

  // Both under the lock. `make` gives the principal's slot, cleared if it was another's.
  const Principal* find(std::string_view principal) const;
  Principal& make(std::string_view principal);

  mutable std::mutex guard_;
  std::vector<Principal> principals_;
};

}  // namespace gatehouse::firewall
