#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "inference/local/fair_queue.h"
#include "inference/local/handoff.h"
#include "inference/local/model.h"

namespace gatehouse::inference::local {

class SentenceEncoder;

using Vectors = std::vector<std::vector<float>>;

/// One request for embeddings: its texts as tokens, and where the vectors go.
struct EmbeddingJob {
  std::string tenant;
  std::vector<std::vector<Token>> inputs;
  SteadyTime deadline;
  std::shared_ptr<Handoff<Vectors>> result;
};

/// Turns texts into vectors with a BERT-like sentence encoder: mean over the tokens' last hidden
/// states, scaled to length 1 (as sentence-transformers does). Each text is computed by one of the
/// embedder's threads; requests wait in a bounded queue that is fair between tenants, text by text.
/// Thread-safe.
class Embedder {
 public:
  struct Options {
    std::string model_path;
    int threads = 0;           // 0: one per core
    size_t queue_limit = 256;  // requests
  };

  /// Returns at once; the model is loaded when it is first needed.
  explicit Embedder(Options options, const Clock& clock = Clock::system());
  ~Embedder();

  /// Loads the model if need be. Blocks: not for event loops.
  Result<SentenceEncoder*> load();

  /// Refuses when the queue is full; otherwise the job's result will be set.
  Result<void> submit(EmbeddingJob job);

 private:
  struct Work;  // a job, and what is computed of it
  struct Piece {
    std::shared_ptr<Work> work;
    size_t input = 0;
  };

  void run();
  void compute(const Piece& piece);
  void finish(Work& work);

  const Options options_;
  const Clock& clock_;

  std::mutex loading_;
  std::unique_ptr<SentenceEncoder> encoder_;
  std::optional<Refusal> load_error_;

  std::mutex guard_;
  std::condition_variable changed_;
  FairQueue<Piece> queue_;
  size_t requests_ = 0;  // of which something is queued or computed
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace gatehouse::inference::local
