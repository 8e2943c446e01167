#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "inference/local/answer.h"
#include "inference/local/generation.h"
#include "inference/local/model.h"

namespace gatehouse::inference::local {

struct EngineOptions {
  std::string model_path;
  int threads = 0;            // 0: one per core
  int sequences = 16;         // that run at the same time
  int context_tokens = 4096;  // of one sequence
  int queue_limit = 256;      // choices that wait
  /// Prompt tokens computed per step while others generate, so that their next token never waits
  /// for a long prompt; and while nobody does.
  int prefill_beside = 64;
  int prefill_alone = 512;
};

/// What the engine has done since it started; read from any thread.
struct EngineStats {
  uint64_t prompt_tokens = 0;  // of prompts taken in
  uint64_t reused_tokens = 0;  // of those, not computed again
  uint64_t generated_tokens = 0;
  uint64_t steps = 0;
  uint64_t cancelled = 0;
  int running = 0;
  size_t waiting = 0;
};

/// One choice of one request, ready to run.
struct Work {
  std::shared_ptr<Generation> generation;
  std::unique_ptr<Answer> answer;
  std::shared_ptr<const std::vector<Token>> prompt;
  int64_t max_new = 0;
  bool counts_prompt = true;  // of several choices of one prompt, one
};

/// Generates the answers of many requests at a time on one thread of its own (continuous batching:
/// each step computes one token of every answer that runs, and a bounded piece of the prompts that
/// are new). llama.cpp's own threads help it within a step.
///
/// Requests wait in a bounded queue that is fair between tenants. Prompts that begin alike share
/// what was computed, also with one that is being computed just now. Thread-safe.
class Engine {
 public:
  /// Returns at once; the model is loaded on the engine's thread.
  explicit Engine(EngineOptions options, const Clock& clock = Clock::system());
  /// Fails what still runs or waits, and joins.
  ~Engine();

  /// Waits for the model to be loaded. Blocks: not for event loops.
  Result<const Model*> wait_ready(SteadyTime deadline);
  /// Whether the model is loaded, or the error why it is not.
  Result<bool> ready() const;

  /// Queues the choices of one request, all or none. Refuses with `unavailable` when the queue is
  /// full.
  Result<void> submit(std::vector<Work> work);
  /// A generation was cancelled: look at it now.
  void nudge();

  EngineStats stats() const;
  const EngineOptions& options() const { return options_; }

 private:
  void run();
  /// Moves what was submitted to `out`; waits for something if `idle`. False at the end.
  bool collect(std::vector<Work>& out, bool idle);

  const EngineOptions options_;
  const Clock& clock_;
  std::unique_ptr<Model> model_;

  mutable std::mutex guard_;
  std::condition_variable changed_;
  std::vector<Work> inbox_;
  size_t queued_ = 0;  // in the inbox and in the scheduler's queue
  bool nudged_ = false;
  bool stopping_ = false;
  std::optional<Refusal> load_error_;
  bool loaded_ = false;
  EngineStats stats_;

  std::thread thread_;
};

}  // namespace gatehouse::inference::local
