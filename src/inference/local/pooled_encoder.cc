#include "inference/local/pooled_encoder.h"

#include <algorithm>
#include <utility>

#include <ggml-cpu.h>
#include <llama.h>

namespace gatehouse::inference::local {

// One computation's memory. Used by one thread at a time.
class PooledEncoder::Context {
 public:
  Context(const Model& model, int32_t max_tokens) : max_tokens_(max_tokens) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = static_cast<uint32_t>(max_tokens);
    params.n_seq_max = 1;
    params.n_threads = params.n_threads_batch = 1;
    params.embeddings = true;
    params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    params.no_perf = true;
    context_ = llama_init_from_model(model.handle(), params);
    // Without a pool of its own each computation would make one.
    ggml_threadpool_params pool = ggml_threadpool_params_default(1);
    threads_ = ggml_threadpool_new(&pool);
    if (usable()) llama_attach_threadpool(context_, threads_, threads_);
    batch_ = llama_batch_init(max_tokens, 0, 1);
  }
  ~Context() {
    llama_batch_free(batch_);
    if (context_ != nullptr) llama_free(context_);
    if (threads_ != nullptr) ggml_threadpool_free(threads_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  bool usable() const { return context_ != nullptr && threads_ != nullptr; }

  bool encode(const Model& model, std::string_view text, std::span<float> into) {
    tokens_.assign(1, llama_vocab_bos(model.vocab()));
    // More bytes than this are not worth a tokenizer's time: the rest would be cut off.
    const size_t bytes = static_cast<size_t>(max_tokens_) * model.longest_piece();
    model.tokenize(text.substr(0, bytes), /*parse_special=*/false, tokens_);
    tokens_.resize(std::min(tokens_.size(), static_cast<size_t>(max_tokens_) - 1));
    tokens_.push_back(llama_vocab_sep(model.vocab()));
    batch_.n_tokens = static_cast<int32_t>(tokens_.size());
    for (size_t i = 0; i < tokens_.size(); ++i) {
      batch_.token[i] = tokens_[i];
      batch_.pos[i] = static_cast<llama_pos>(i);
      batch_.n_seq_id[i] = 1;
      batch_.seq_id[i][0] = 0;
      batch_.logits[i] = 1;
    }
    if (llama_encode(context_, batch_) != 0) return false;
    const float* vector = llama_get_embeddings_seq(context_, 0);
    if (vector == nullptr) return false;
    std::copy_n(vector, into.size(), into.begin());
    return true;
  }

 private:
  const int32_t max_tokens_;
  llama_context* context_ = nullptr;
  ggml_threadpool* threads_ = nullptr;
  llama_batch batch_{};
  std::vector<Token> tokens_;
};

PooledEncoder::PooledEncoder(std::unique_ptr<Model> model)
    : model_(std::move(model)), width_(static_cast<size_t>(llama_model_n_embd(model_->handle()))) {}

PooledEncoder::~PooledEncoder() = default;

Result<std::unique_ptr<PooledEncoder>> PooledEncoder::load(const Options& options) {
  auto model = Model::load(options.model_path);
  if (!model) return refuse(std::move(model).error());
  std::unique_ptr<PooledEncoder> encoder(new PooledEncoder(std::move(*model)));
  for (size_t i = 0; i < std::max<size_t>(1, options.contexts); ++i) {
    auto context = std::make_unique<Context>(*encoder->model_, options.max_tokens);
    if (!context->usable()) {
      return refuse(Refusal::internal(Layer::inference, "the encoder's context cannot be made"));
    }
    encoder->idle_.push_back(std::move(context));
  }
  return encoder;
}

bool PooledEncoder::encode(std::string_view text, std::span<float> into) {
  std::unique_lock lock(guard_);
  freed_.wait(lock, [this] { return !idle_.empty(); });
  std::unique_ptr<Context> context = std::move(idle_.back());
  idle_.pop_back();
  lock.unlock();
  const bool encoded = context->encode(*model_, text, into);
  lock.lock();
  idle_.push_back(std::move(context));
  lock.unlock();
  freed_.notify_one();
  return encoded;
}

}  // namespace gatehouse::inference::local
