#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/chat.h"
#include "core/cancellation.h"
#include "core/clock.h"
#include "core/result.h"
#include "core/task.h"

namespace gatehouse::inference::local {

/// One request's way through the engine: what the engine's thread generates, and the request's
/// event loop takes. The engine never waits for the reader: it hands over what there is whenever
/// the reader has taken what came before.
class Generation {
 public:
  Generation(std::string_view whose, int choices, SteadyTime start_by, SteadyTime end_by)
      : tenant(whose), queue_deadline(start_by), deadline(end_by), open_choices_(choices) {}

  const std::string tenant;
  const SteadyTime queue_deadline;  // refused if it still waits then
  const SteadyTime deadline;        // of the whole answer

  // ---- The engine's side --------------------------------------------------------------------

  /// Whether the reader has taken all that was handed over, or will want the end.
  bool wants_more() const { return taken_.load(std::memory_order_acquire); }
  /// Hands over a piece of one choice; its last piece has a finish reason.
  void deliver(api::ChoiceDelta delta);
  /// Ends the whole answer with an error. Later pieces are ignored.
  void fail(Refusal refusal);
  /// Tokens that were computed, as they are; `cached` of the input were there already.
  void count_input(int64_t tokens, int64_t cached);
  void count_output(int64_t tokens);
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  // ---- The reader's side (one event loop) ---------------------------------------------------

  /// Called once from any thread when nobody wants the answer any more.
  void cancel();
  /// Wakes the engine when the answer is cancelled; set before the engine knows of it.
  std::function<void()> on_cancel;

  struct Batch {
    std::vector<api::ChoiceDelta> deltas;
    bool over = false;  // nothing comes after it
    api::Usage usage;   // so far
  };
  /// Waits until there is something. Errors: what the engine failed with; `client_gone` when
  /// `cancellation` says so.
  Task<Result<Batch>> next(Cancellation& cancellation);
  api::Usage usage() const;

 private:
  struct Waiting;
  void wake(std::unique_lock<std::mutex>& lock);

  mutable std::mutex guard_;
  std::vector<api::ChoiceDelta> pieces_;
  std::optional<Refusal> error_;
  api::Usage usage_;
  int open_choices_;
  std::function<void()> waiter_;  // resumes the reader on its event loop
  std::atomic<bool> taken_{true};
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> failed_{false};
};

}  // namespace gatehouse::inference::local
