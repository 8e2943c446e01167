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

class EncoderContext;

using Vectors = std::vector<std::vector<float>>;

/// One request for embeddings: its texts as tokens, and where the vectors go.
struct EmbeddingJob {
  std::string tenant;
  std::vector<std::vector<Token>> inputs;
  SteadyTime deadline;
  std::shared_ptr<Handoff<Vectors>> result;
};

/// Turns texts into vectors with a BERT-like sentence encoder: mean over the tokens' last hidden
/// states, scaled to length 1 (as sentence-transformers does). Texts of several requests share a
/// batch; requests wait in a bounded queue that is fair between tenants. One thread of its own, and
/// llama.cpp's. Thread-safe.
class Embedder {
 public:
  static constexpr size_t kMaxTokens = 512;  // of one text, as the model was made

  struct Options {
    std::string model_path;
    int threads = 0;           // 0: one per core
    size_t queue_limit = 256;  // requests
  };

  /// Returns at once; the model is loaded on the embedder's thread when it is first needed.
  explicit Embedder(Options options, const Clock& clock = Clock::system());
  ~Embedder();

  /// Loads the model if need be. Blocks: not for event loops.
  Result<const Model*> load();

  /// The tokens of a text with those that begin and end it; may be more than `kMaxTokens`.
  static std::vector<Token> tokenize(const Model& model, const std::string& text);

  /// Refuses when the queue is full; otherwise the job's result will be set.
  Result<void> submit(EmbeddingJob job);

 private:
  void run();
  void serve(std::vector<EmbeddingJob> jobs);

  const Options options_;
  const Clock& clock_;

  std::mutex loading_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<EncoderContext> encoder_;
  std::optional<Refusal> load_error_;

  std::mutex guard_;
  std::condition_variable changed_;
  FairQueue<EmbeddingJob> queue_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace gatehouse::inference::local
