#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/local/model.h"

namespace gatehouse::inference::local {

/// The engine's key-value memory, as far as slots need it.
class KvMemory {
 public:
  virtual ~KvMemory() = default;
  /// Positions [0, length) of `from` become shared with `to`, which is empty.
  virtual void share(int from, int to, int64_t length) = 0;
  /// Forgets positions from `length` on.
  virtual void trim(int sequence, int64_t length) = 0;
};

/// Which sequence of the engine holds which tokens. A finished sequence keeps its tokens as long
/// as there is room, so that a prompt that begins alike (a shared system prompt, the next turn of a
/// conversation) does not compute that part again: it shares the cells, which costs nothing. Only
/// an owner's own sequences are shared: the time of an answer, and the count of cached tokens,
/// would tell one tenant what another one asked.
///
/// Room is counted in cells (one per token and position); shared ones count once. What a running
/// sequence may still need is reserved when it starts, so that none runs out half-way.
/// Belongs to the engine's thread.
class KvSlots {
 public:
  KvSlots(int sequences, int64_t cells, KvMemory& memory);
  ~KvSlots();

  struct Lease {
    int sequence = -1;
    int64_t reused = 0;  // tokens of the prompt that are there already
  };

  /// A sequence for a prompt and up to `max_new` more tokens. `expect` tokens will be adopted later
  /// and are not reserved. Nothing if no sequence or not enough room is free now. The prompt's last
  /// token is never reused, since its logits are wanted.
  std::optional<Lease> acquire(const std::vector<Token>& prompt, int64_t max_new,
                               int64_t expect = 0, std::string_view owner = {});

  /// Shares what any other sequence holds of the prompt beyond what `sequence` has already.
  /// Returns the tokens it then has.
  int64_t adopt(int sequence, const std::vector<Token>& prompt);

  /// A token of a running sequence was computed.
  void append(int sequence, Token token);

  /// The sequence is done; its tokens stay as a prefix for others while there is room. With
  /// `forget` they go at once.
  void release(int sequence, bool forget = false);

  /// Tokens that a new sequence could reuse of `prompt` now.
  int64_t reusable(const std::vector<Token>& prompt, std::string_view owner = {}) const;

  int64_t used() const { return used_; }
  int running() const { return running_; }

 private:
  struct Segment;  // a run of cells that one or more sequences share
  using SegmentPtr = std::shared_ptr<Segment>;
  struct Slot {
    bool running = false;
    std::string owner;
    int64_t reserved = 0;  // cells it may still need
    uint64_t last_used = 0;
    std::vector<Token> tokens;
    std::vector<SegmentPtr> segments;
  };

  int64_t common_prefix(const Slot& slot, const std::vector<Token>& prompt) const;
  int best_source(const std::vector<Token>& prompt, std::string_view owner, int except,
                  int64_t& length) const;
  int oldest_idle(int except) const;
  SegmentPtr make_segment(int64_t tokens);
  void split_at(int sequence, int64_t length);
  void trim(int sequence, int64_t length);
  void share(int from, int to, int64_t length);
  int64_t committed() const;
  bool make_room(int64_t needed, int keep, int also_keep);

  const int64_t cells_;
  KvMemory& memory_;
  std::vector<Slot> slots_;
  int64_t used_ = 0;
  int running_ = 0;
  uint64_t ticks_ = 0;
};

}  // namespace gatehouse::inference::local
