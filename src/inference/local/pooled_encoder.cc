#include "inference/local/pooled_encoder.h"

#include <algorithm>
#include <utility>

#include "inference/local/encoder_context.h"

namespace gatehouse::inference::local {

PooledEncoder::PooledEncoder(std::unique_ptr<Model> model, const Options& options)
    : model_(std::move(model)),
      width_(static_cast<size_t>(llama_model_n_embd(model_->handle()))),
      max_tokens_(options.max_tokens),
      may_make_(std::max<size_t>(1, options.contexts)) {}

PooledEncoder::~PooledEncoder() = default;

Result<std::unique_ptr<PooledEncoder>> PooledEncoder::load(const Options& options) {
  auto model = Model::load(options.model_path, {}, Model::Weights::copied);
  if (!model) return refuse(std::move(model).error());
  std::unique_ptr<PooledEncoder> encoder(new PooledEncoder(std::move(*model), options));
  // One now, to refuse at start what cannot run.
  auto first = encoder->take_context();
  if (!first->usable()) {
    return refuse(Refusal::internal(Layer::inference, "the encoder's context cannot be made"));
  }
  encoder->give_back(std::move(first));
  return encoder;
}

std::unique_ptr<EncoderContext> PooledEncoder::take_context() {
  std::unique_lock lock(guard_);
  freed_.wait(lock, [this] { return !idle_.empty() || may_make_ > 0; });
  if (!idle_.empty()) {
    auto context = std::move(idle_.back());
    idle_.pop_back();
    return context;
  }
  --may_make_;
  lock.unlock();
  return std::make_unique<EncoderContext>(*model_, max_tokens_, /*texts=*/1, /*threads=*/1);
}

void PooledEncoder::give_back(std::unique_ptr<EncoderContext> context) {
  {
    const std::lock_guard lock(guard_);
    if (context->usable()) {
      idle_.push_back(std::move(context));
    } else {
      ++may_make_;
    }
  }
  freed_.notify_one();
}

bool PooledEncoder::encode(std::string_view text, std::span<float> into) {
  // More bytes than this are not worth a tokenizer's time: the rest would be cut off.
  const auto limit = static_cast<size_t>(max_tokens_);
  const size_t bytes = limit * model_->longest_piece();
  std::vector<Token> tokens = encoder_tokens(*model_, text.substr(0, bytes));
  if (tokens.size() > limit) {
    const Token end = tokens.back();
    tokens.resize(limit);
    tokens.back() = end;
  }
  auto context = take_context();
  bool fine = context->usable();
  if (fine) {
    context->add(tokens);
    const auto vectors = context->compute();
    fine = !vectors.empty();
    if (fine) std::copy_n(vectors[0].begin(), into.size(), into.begin());
  }
  give_back(std::move(context));
  return fine;
}

}  // namespace gatehouse::inference::local
