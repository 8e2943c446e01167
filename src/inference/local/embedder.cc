#include "inference/local/embedder.h"

#include <algorithm>
#include <cmath>

#include <ggml-cpu.h>
#include <llama.h>

#include "core/log.h"

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

std::vector<float> unit_length(const float* values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += double{values[i]} * double{values[i]};
  const float scale = sum > 0 ? static_cast<float>(1 / std::sqrt(sum)) : 0.0f;
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = values[i] * scale;
  return out;
}

}  // namespace

// Computes batches of texts. Used by one thread at a time.
class Embedder::Encoder {
 public:
  Encoder(const Model& model, int threads) : width_(llama_model_n_embd(model.handle())) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = kBatchTokens;
    params.n_batch = params.n_ubatch = kBatchTokens;  // a text must lie in one piece
    params.n_seq_max = kBatchTexts;
    params.n_threads = params.n_threads_batch = threads;
    params.embeddings = true;
    params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    params.kv_unified = true;
    params.no_perf = true;
    context_ = llama_init_from_model(model.handle(), params);
    ggml_threadpool_params pool = ggml_threadpool_params_default(threads);
    threads_ = ggml_threadpool_new(&pool);
    if (context_ != nullptr && threads_ != nullptr) {
      llama_attach_threadpool(context_, threads_, threads_);
    }
    batch_ = llama_batch_init(kBatchTokens, 0, 1);
  }
  ~Encoder() {
    llama_batch_free(batch_);
    if (context_ != nullptr) llama_free(context_);
    if (threads_ != nullptr) ggml_threadpool_free(threads_);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool usable() const { return context_ != nullptr; }

  bool room_for(size_t tokens) const {
    return texts_ < kBatchTexts && batch_.n_tokens + static_cast<int32_t>(tokens) <= kBatchTokens;
  }
  void add(const std::vector<Token>& text) {
    for (size_t i = 0; i < text.size(); ++i) {
      const int32_t at = batch_.n_tokens++;
      batch_.token[at] = text[i];
      batch_.pos[at] = static_cast<llama_pos>(i);
      batch_.n_seq_id[at] = 1;
      batch_.seq_id[at][0] = texts_;
      batch_.logits[at] = 1;
    }
    ++texts_;
  }
  // The vectors of the texts that were added, in their order; empty on failure.
  Vectors compute() {
    Vectors vectors;
    if (llama_encode(context_, batch_) == 0) {
      for (int32_t i = 0; i < texts_; ++i) {
        vectors.push_back(
            unit_length(llama_get_embeddings_seq(context_, i), static_cast<size_t>(width_)));
      }
    }
    batch_.n_tokens = 0;
    texts_ = 0;
    return vectors;
  }

 private:
  const int32_t width_;
  llama_context* context_ = nullptr;
  ggml_threadpool* threads_ = nullptr;
  llama_batch batch_{};
  int32_t texts_ = 0;
};

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
    auto encoder =
        std::make_unique<Encoder>(**model, options_.threads > 0 ? options_.threads : cores);
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
  std::vector<Token> tokens{llama_vocab_bos(model.vocab())};
  model.tokenize(text, /*parse_special=*/false, tokens);
  tokens.push_back(llama_vocab_sep(model.vocab()));
  return tokens;
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
    Vectors vectors = owners.empty() ? Vectors{} : encoder_->compute();
    failed = failed || vectors.size() != owners.size();
    for (size_t i = 0; i < vectors.size(); ++i) answers[owners[i]].push_back(std::move(vectors[i]));
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
