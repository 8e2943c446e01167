#pragma once

#include <memory>
#include <vector>

#include "inference/local/engine.h"
#include "inference/local/fair_queue.h"
#include "inference/local/kv_slots.h"

struct ggml_threadpool;
struct llama_context;

namespace gatehouse::inference::local {

/// The engine's loop body: who runs, what each step computes. Belongs to the engine's thread.
class Scheduler {
 public:
  static Result<std::unique_ptr<Scheduler>> make(const Model& model, const EngineOptions& options,
                                                 const Clock& clock);
  ~Scheduler();

  void enqueue(Work work);
  /// Admits, computes one batch, chooses the tokens that follow and hands them over.
  void step();
  /// Nothing runs or waits.
  bool idle() const { return running_.empty() && queue_.empty(); }
  void fail_all(const Refusal& refusal);
  EngineStats stats() const;

 private:
  struct Run;  // a choice that has a sequence
  class Memory;

  Scheduler(const EngineOptions& options, const Clock& clock);

  void drop_dead();
  void admit();
  bool start(Work& work);
  void resolve_waiting(Run& run);
  Run* leader_of(const Work& work, int64_t& shared);
  void fill_batch();
  void add(Run& run, Token token, bool wants_logits);
  bool compute();
  void advance_all();
  void finish(size_t index);
  void hand_over(Run& run);

  const EngineOptions options_;
  const Clock& clock_;
  llama_context* context_ = nullptr;
  ggml_threadpool* threads_ = nullptr;
  std::unique_ptr<Memory> memory_;
  std::unique_ptr<KvSlots> slots_;
  FairQueue<Work> queue_;
  std::vector<std::unique_ptr<Run>> running_;  // in the order of admission

  // The batch of the current step, as llama.cpp takes it.
  struct Batch;
  std::unique_ptr<Batch> batch_;
  EngineStats stats_;
};

}  // namespace gatehouse::inference::local
