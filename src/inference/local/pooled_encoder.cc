#include "inference/local/pooled_encoder.h"

#include <algorithm>
#include <utility>

#include "inference/local/encoder_context.h"

namespace gatehouse::inference::local {

PooledEncoder::PooledEncoder(std::unique_ptr<Model> model, int32_t max_tokens)
    : model_(std::move(model)),
      width_(static_cast<size_t>(llama_model_n_embd(model_->handle()))),
      max_tokens_(static_cast<size_t>(max_tokens)) {}

PooledEncoder::~PooledEncoder() = default;

Result<std::unique_ptr<PooledEncoder>> PooledEncoder::load(const Options& options) {
  auto model = Model::load(options.model_path);
  if (!model) return refuse(std::move(model).error());
  std::unique_ptr<PooledEncoder> encoder(new PooledEncoder(std::move(*model), options.max_tokens));
  for (size_t i = 0; i < std::max<size_t>(1, options.contexts); ++i) {
    auto context = std::make_unique<EncoderContext>(*encoder->model_, options.max_tokens,
                                                    /*texts=*/1, /*threads=*/1);
    if (!context->usable()) {
      return refuse(Refusal::internal(Layer::inference, "the encoder's context cannot be made"));
    }
    encoder->idle_.push_back(std::move(context));
  }
  return encoder;
}

bool PooledEncoder::encode(std::string_view text, std::span<float> into) {
  // More bytes than this are not worth a tokenizer's time: the rest would be cut off.
  const size_t bytes = max_tokens_ * model_->longest_piece();
  std::vector<Token> tokens = encoder_tokens(*model_, text.substr(0, bytes));
  if (tokens.size() > max_tokens_) {
    const Token end = tokens.back();
    tokens.resize(max_tokens_);
    tokens.back() = end;
  }
  std::unique_lock lock(guard_);
  freed_.wait(lock, [this] { return !idle_.empty(); });
  std::unique_ptr<EncoderContext> context = std::move(idle_.back());
  idle_.pop_back();
  lock.unlock();
  context->add(tokens);
  const auto vectors = context->compute();
  if (!vectors.empty()) std::copy_n(vectors[0].begin(), into.size(), into.begin());
  lock.lock();
  idle_.push_back(std::move(context));
  lock.unlock();
  freed_.notify_one();
  return !vectors.empty();
}

}  // namespace gatehouse::inference::local
