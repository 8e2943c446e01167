#include "inference/local/encoder_context.h"

#include <cstdint>

#include <ggml-cpu.h>
#include <sys/mman.h>
#include <unistd.h>

namespace gatehouse::inference::local {
namespace {

/// Gives the whole pages of memory that nobody reads back to the system; they read as zeros.
void let_go(float* values, size_t count) {
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(values);
  const uintptr_t from = (begin + page - 1) / page * page;
  const uintptr_t to = (begin + count * sizeof(float)) / page * page;
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

}  // namespace

EncoderContext::EncoderContext(const Model& model, int32_t tokens, int32_t texts, int threads)
    : max_tokens_(tokens),
      max_texts_(texts),
      width_(static_cast<size_t>(llama_model_n_embd(model.handle()))),
      vocabulary_(static_cast<size_t>(model.vocab_size())) {
  llama_context_params params = llama_context_default_params();
  // A text must lie in one piece.
  params.n_ctx = params.n_batch = params.n_ubatch = static_cast<uint32_t>(tokens);
  params.n_seq_max = static_cast<uint32_t>(texts);
  params.n_threads = params.n_threads_batch = threads;
  params.embeddings = true;
  params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  params.kv_unified = true;
  params.no_perf = true;
  context_ = llama_init_from_model(model.handle(), params);
  // Without a pool of its own each computation would make one.
  ggml_threadpool_params pool = ggml_threadpool_params_default(threads);
  threads_ = ggml_threadpool_new(&pool);
  if (usable()) llama_attach_threadpool(context_, threads_, threads_);
  batch_ = llama_batch_init(tokens, 0, 1);
}

EncoderContext::~EncoderContext() {
  llama_batch_free(batch_);
  if (context_ != nullptr) llama_free(context_);
  if (threads_ != nullptr) ggml_threadpool_free(threads_);
}

bool EncoderContext::room_for(size_t tokens) const {
  return texts_ < max_texts_ && batch_.n_tokens + static_cast<int32_t>(tokens) <= max_tokens_;
}

void EncoderContext::add(std::span<const Token> text) {
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

std::span<const std::span<const float>> EncoderContext::compute() {
  vectors_.clear();
  bool fine = llama_encode(context_, batch_) == 0;
  if (batch_.n_tokens > most_tokens_) {
    // Whenever there are more tokens than ever before, llama.cpp makes and clears a row of logits
    // for each, as for a model that writes: 14 MB at 112 tokens, of which an encoder uses nothing.
    most_tokens_ = batch_.n_tokens;
    float* logits = llama_get_logits(context_);
    if (logits != nullptr) let_go(logits, static_cast<size_t>(most_tokens_) * vocabulary_);
  }
  for (int32_t i = 0; fine && i < texts_; ++i) {
    const float* vector = llama_get_embeddings_seq(context_, i);
    fine = vector != nullptr;
    if (fine) vectors_.emplace_back(vector, width_);
  }
  if (!fine) vectors_.clear();
  batch_.n_tokens = 0;
  texts_ = 0;
  return vectors_;
}

std::vector<Token> encoder_tokens(const Model& model, std::string_view text) {
  std::vector<Token> tokens{llama_vocab_bos(model.vocab())};
  model.tokenize(text, /*parse_special=*/false, tokens);
  tokens.push_back(llama_vocab_sep(model.vocab()));
  return tokens;
}

}  // namespace gatehouse::inference::local
