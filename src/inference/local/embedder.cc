#include "inference/local/embedder.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/log.h"
#include "inference/local/encoder_context.h"

namespace gatehouse::inference::local {
namespace {

constexpr int32_t kBatchTokens = 1024;
constexpr int32_t kBatchTexts = 64;

Refusal not_available(std::string code, std::string message) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::inference;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  refusal.retry_after = std::chrono::seconds(1);
  return refusal;
}

std::vector<float> unit_length(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * double{value};
  const float scale = sum > 0 ? static_cast<float>(1 / std::sqrt(sum)) : 0.0f;
  std::vector<float> out(values.begin(), values.end());
  for (float& value : out) value *= scale;
  return out;
}

}  // namespace

Embedder::Embedder(Options options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      queue_(options_.queue_limit, kBatchTokens),
      thread_([this] { run(); }) {}

Embedder::~Embedder() {
  {
    std::lock_guard lock(guard_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<const Model*> Embedder::load() {
  std::lock_guard lock(loading_);
  if (load_error_) return refuse(*load_error_);
  if (model_ == nullptr) {
    auto model = Model::load(options_.model_path);
    if (!model) {
      load_error_ = std::move(model).error();
      return refuse(*load_error_);
    }
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    auto encoder = std::make_unique<EncoderContext>(
        **model, kBatchTokens, kBatchTexts, options_.threads > 0 ? options_.threads : cores);
    if (!encoder->usable()) {
      load_error_ = Refusal::internal(Layer::inference, "the embedder's context cannot be made");
      return refuse(*load_error_);
    }
    encoder_ = std::move(encoder);
    model_ = std::move(*model);
  }
  return model_.get();
}

std::vector<Token> Embedder::tokenize(const Model& model, const std::string& text) {
  return encoder_tokens(model, text);
}

Result<void> Embedder::submit(EmbeddingJob job) {
  int64_t cost = 0;
  for (const auto& input : job.inputs) cost += static_cast<int64_t>(input.size());
  const std::string tenant = job.tenant;
  {
    std::lock_guard lock(guard_);
    if (stopping_) return refuse(not_available("draining", "Gatehouse is shutting down."));
    if (!queue_.push(tenant, cost, std::move(job))) {
      return refuse(not_available("overloaded", "The embedding model is busy; try again shortly."));
    }
  }
  changed_.notify_all();
  return {};
}

void Embedder::run() {
  for (;;) {
    std::vector<EmbeddingJob> jobs;
    std::unique_lock lock(guard_);
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    // Small requests are taken together; a large one alone fills batches.
    size_t tokens = 0;
    while (!queue_.empty() && (jobs.empty() || tokens < kBatchTokens)) {
      jobs.push_back(queue_.pop());
      for (const auto& input : jobs.back().inputs) tokens += input.size();
    }
    const bool stop = stopping_;
    lock.unlock();
    if (stop) {
      for (auto& job : jobs) {
        job.result->set(refuse(not_available("draining", "Gatehouse is shutting down.")));
      }
      if (jobs.empty()) return;
      continue;
    }
    serve(std::move(jobs));
  }
}

void Embedder::serve(std::vector<EmbeddingJob> jobs) {
  Result<const Model*> model = load();
  const SteadyTime now = clock_.steady();
  std::erase_if(jobs, [&](EmbeddingJob& job) {
    if (!model) job.result->set(refuse(model.error()));
    if (now >= job.deadline) {
      job.result->set(refuse(not_available("queue_timeout", "The embedding model was too busy.")));
    }
    return job.result->done();
  });
  std::vector<Vectors> answers(jobs.size());
  std::vector<size_t> owners;  // whose text each of the batch is
  bool failed = false;
  const auto flush = [&] {
    if (owners.empty()) return;
    const auto vectors = encoder_->compute();
    failed = failed || vectors.size() != owners.size();
    for (size_t i = 0; i < vectors.size(); ++i) {
      answers[owners[i]].push_back(unit_length(vectors[i]));
    }
    owners.clear();
  };
  for (size_t j = 0; j < jobs.size(); ++j) {
    for (const auto& input : jobs[j].inputs) {
      if (!encoder_->room_for(input.size())) flush();
      encoder_->add(input);
      owners.push_back(j);
    }
  }
  flush();
  for (size_t j = 0; j < jobs.size(); ++j) {
    if (failed) {
      jobs[j].result->set(
          refuse(Refusal::internal(Layer::inference, "the embedding model failed")));
    } else {
      jobs[j].result->set(std::move(answers[j]));
    }
  }
}

}  // namespace gatehouse::inference::local
