#include "inference/local/embedder.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "inference/local/encoder/sentence_encoder.h"

namespace gatehouse::inference::local {
namespace {

/// What a tenant may have computed at a time while others wait.
constexpr int64_t kTurnTokens = 512;

Refusal not_available(std::string code, std::string message) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::inference;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  refusal.retry_after = std::chrono::seconds(1);
  return refusal;
}

void scale_to_unit_length(std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * double{value};
  const float scale = sum > 0 ? static_cast<float>(1 / std::sqrt(sum)) : 0.0F;
  for (float& value : values) value *= scale;
}

}  // namespace

struct Embedder::Work {
  explicit Work(EmbeddingJob what)
      : job(std::move(what)), vectors(job.inputs.size()), left(job.inputs.size()) {}

  EmbeddingJob job;
  Vectors vectors;
  std::atomic<size_t> left;  // inputs; whoever takes the last one answers
  std::atomic<bool> started = false;
  std::atomic<bool> failed = false;
};

Embedder::Embedder(Options options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      queue_(std::numeric_limits<size_t>::max(), kTurnTokens) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned count = options_.threads > 0 ? static_cast<unsigned>(options_.threads) : cores;
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
}

Embedder::~Embedder() {
  {
    std::lock_guard lock(guard_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<SentenceEncoder*> Embedder::load() {
  std::lock_guard lock(loading_);
  if (load_error_) return refuse(*load_error_);
  if (encoder_ == nullptr) {
    auto encoder = SentenceEncoder::load(options_.model_path);
    if (!encoder) {
      load_error_ = std::move(encoder).error();
      return refuse(*load_error_);
    }
    encoder_ = std::move(*encoder);
  }
  return encoder_.get();
}

Result<void> Embedder::submit(EmbeddingJob job) {
  if (job.inputs.empty()) {
    job.result->set(Vectors{});
    return {};
  }
  const auto work = std::make_shared<Work>(std::move(job));
  {
    std::lock_guard lock(guard_);
    if (stopping_) return refuse(not_available("draining", "Gatehouse is shutting down."));
    if (requests_ >= options_.queue_limit) {
      return refuse(not_available("overloaded", "The embedding model is busy; try again shortly."));
    }
    ++requests_;
    for (size_t i = 0; i < work->job.inputs.size(); ++i) {
      queue_.push(work->job.tenant, static_cast<int64_t>(work->job.inputs[i].size()),
                  Piece{work, i});
    }
  }
  changed_.notify_all();
  return {};
}

void Embedder::run() {
  for (;;) {
    std::unique_lock lock(guard_);
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Piece piece = queue_.pop();
    const bool stop = stopping_;
    lock.unlock();
    if (stop) {
      piece.work->job.result->set(refuse(not_available("draining", "Gatehouse is shutting down.")));
    }
    compute(piece);
    if (--piece.work->left == 0) finish(*piece.work);
  }
}

void Embedder::compute(const Piece& piece) {
  Work& work = *piece.work;
  EmbeddingJob& job = work.job;
  if (!work.started.exchange(true) && clock_.steady() >= job.deadline) {
    job.result->set(refuse(not_available("queue_timeout", "The embedding model was too busy.")));
  }
  if (job.result->done()) return;  // refused, or nobody waits any more
  const Result<SentenceEncoder*> encoder = load();
  if (!encoder) {
    job.result->set(refuse(encoder.error()));
    return;
  }
  std::vector<float>& vector = work.vectors[piece.input];
  vector.resize((*encoder)->width());
  if (!(*encoder)->encode(job.inputs[piece.input], vector)) work.failed = true;
  scale_to_unit_length(vector);
}

void Embedder::finish(Work& work) {
  {
    std::lock_guard lock(guard_);
    --requests_;
  }
  if (work.failed) {
    work.job.result->set(refuse(Refusal::internal(Layer::inference, "the embedding model failed")));
  } else {
    work.job.result->set(std::move(work.vectors));
  }
}

}  // namespace gatehouse::inference::local
