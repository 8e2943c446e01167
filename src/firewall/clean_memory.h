#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/digest.h"
#include "firewall/firewall.h"

namespace gatehouse::firewall {

/// Remembers which texts were clean, so that what a conversation sends again with each turn (its
/// system prompt, all that was said before) is inspected once. Holds hashes and scores, no text.
///
/// Only texts about which every detector was asked and nothing had to be done are remembered, each
/// under all that the answer depends on: the tenant (else one tenant could tell from the time of an
/// answer what another one sent), the policy, the model and the source. Fixed size; an old entry
/// gives way to a new one. Belongs to one thread.
class CleanMemory {
 public:
  /// Shorter texts are inspected sooner than hashed.
  static constexpr size_t kShortest = 48;

  struct Key {
    std::array<uint64_t, 2> hash{};  // the first half of a SHA-256
    friend bool operator==(const Key&, const Key&) = default;
  };
  using Outcome = CleanOutcome;

  CleanMemory() : slots_(kSlots) {}

  Key key(std::string_view tenant, const Policy& policy, std::string_view model, Source source,
          std::string_view text);
  /// Null if unknown; valid until the next `remember`.
  const Outcome* find(const Key& key) const;
  void remember(const Key& key, const Outcome& outcome);

 private:
  static constexpr size_t kSlots = 4096;  // some 450 KB a thread
  static constexpr size_t kWays = 2;
  struct Slot {
    Key key;
    Outcome outcome;
  };

  static size_t first_slot(const Key& key) { return key.hash[0] % (kSlots / kWays) * kWays; }

  Sha256 hash_;
  std::vector<Slot> slots_;
};

}  // namespace gatehouse::firewall
