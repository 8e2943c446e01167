#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest.h"
#include "store/append_log.h"

namespace gatehouse::settlement {

/// How a chain is written. A record is one line of JSON:
///
///   {"hash":"<64 hex digits>","seq":12,"id":"req_…",…}
///
/// where hash = SHA-256(hash of the record before ‖ the bytes of this line behind the hash's last
/// digit). Sequence numbers rise by one from 1. The hash before the first record is derived from
/// the stream's name and the public key of the log, so that streams can't be exchanged.
struct ChainState {
  uint64_t seq = 0;  // of the last record; 0 if there is none
  Digest hash{};     // of the last record
  bool operator==(const ChainState&) const = default;
};

ChainState chain_start(std::string_view stream, std::string_view public_key);

/// A line taken apart; views into it.
struct ChainLine {
  Digest hash{};
  uint64_t seq = 0;
  std::string_view id;       // of the request or event
  std::string_view covered;  // the bytes under the hash
};
/// Nothing if `line` is not written as above. Checks the frame only, not the hash, and that the
/// rest looks like the end of a JSON object.
std::optional<ChainLine> parse_chain_line(std::string_view line);

/// Builds the lines of one stream. Not thread-safe.
class Chain {
 public:
  explicit Chain(const ChainState& state) : state_(state) {}

  /// The line for a record with these members (`"id":"…",…` without braces). Valid until the next
  /// call. The chain moves on only by `commit`, so that a line that could not be written leaves no
  /// gap.
  std::string_view build(std::string_view members);
  void commit() { state_ = next_; }

  const ChainState& state() const { return state_; }

 private:
  ChainState state_;
  ChainState next_;
  Sha256 hash_;
  std::string line_;
};

/// The hash that the line after `previous` must have.
Digest chain_hash(Sha256& sha, const Digest& previous, std::string_view covered);

/// The end of a stream as its writer last published it, for the sealing thread. One writer that
/// never waits; readers retry while it writes (a sequence lock over atomic words).
class PublishedEnd {
 public:
  struct End {
    ChainState state;
    store::LogPosition last;  // where the last record begins
  };
  void publish(const End& end);
  End read() const;

 private:
  static constexpr size_t kWords = 7;
  std::atomic<uint64_t> version_{0};
  std::atomic<uint64_t> words_[kWords] = {};
};

}  // namespace gatehouse::settlement
