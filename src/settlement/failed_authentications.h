#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/clock.h"
#include "settlement/record.h"

namespace gatehouse::settlement {

/// Failed authentications of the last minute on one event loop, by client address. Whoever has no
/// key must not be able to fill the disk with audit records: the first few of an address get a
/// record each, the others are counted, and one record at the minute's end tells how many they
/// were. Fixed in size; allocates nothing. Not thread-safe.
class FailedAuthentications {
 public:
  static constexpr uint64_t kOneByOne = 10;  // records of their own, an address and minute
  static constexpr size_t kAddresses = 64;   // of IPv6, networks of 64 bits: one host has them all
  static constexpr std::chrono::minutes kMinute{1};

  /// Whether the record is of a caller who showed no valid key.
  static bool is_one(const RequestRecord& record) {
    return record.key_id.empty() && record.error != nullptr &&
           (record.error->kind == ErrorKind::authentication ||
            record.error->kind == ErrorKind::permission);
  }

  /// Counts one. True if it gets no record of its own.
  bool folds(const RequestRecord& record, SteadyTime now);

  /// Gives `write(const RequestRecord&)` one record for each address whose minute is over (or of
  /// all) and of which requests were folded, and forgets those addresses.
  template <typename Write>
  void settle(SteadyTime now, bool all, Write write) {
    if (used_ == 0) return;
    for (Entry& entry : entries_) {
      if (entry.seen == 0 || !(all || now - entry.since >= kMinute)) continue;
      if (entry.folded > 0) {
        Refusal error;
        write(record_of(entry, now, error));
      }
      entry = {};
      --used_;
    }
  }

 private:
  /// A short text without an allocation; longer ones are cut.
  class Text {
   public:
    void set(std::string_view text) { size_ = text.copy(bytes_.data(), bytes_.size()); }
    std::string_view view() const { return {bytes_.data(), size_}; }

   private:
    std::array<char, 64> bytes_{};
    size_t size_ = 0;
  };

  struct Entry {
    Text address;        // empty: of all that the table had no room for
    Text first;          // the first request that was folded
    SteadyTime since{};  // of the first failure
    WallTime started{};  // of the first one that was folded
    uint64_t seen = 0;   // 0: the entry is free
    uint64_t folded = 0;
  };

  Entry& entry_of(std::string_view address, SteadyTime now);
  static RequestRecord record_of(const Entry& entry, SteadyTime now, Refusal& error);

  std::array<Entry, kAddresses + 1> entries_{};  // the last one: of all others
  size_t used_ = 0;
};

}  // namespace gatehouse::settlement
