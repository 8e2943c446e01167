#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <llama.h>

#include "inference/local/model.h"

struct ggml_threadpool;

namespace gatehouse::inference::local {

/// One computation of a BERT-like encoder: texts are added, `compute` gives for each the mean over
/// its tokens' last hidden states. Used by one thread at a time; the model must outlive it.
class EncoderContext {
 public:
  /// Room for so many tokens and texts at a time.
  EncoderContext(const Model& model, int32_t tokens, int32_t texts, int threads);
  ~EncoderContext();
  EncoderContext(const EncoderContext&) = delete;
  EncoderContext& operator=(const EncoderContext&) = delete;

  /// False where llama.cpp could not make it; then nothing else may be called.
  bool usable() const { return context_ != nullptr && threads_ != nullptr; }
  bool room_for(size_t tokens) const;
  /// Only where there is room.
  void add(std::span<const Token> text);
  /// Of the texts that were added since, in their order; empty on failure. Valid until the next
  /// call.
  std::span<const std::span<const float>> compute();

 private:
  const int32_t max_tokens_;
  const int32_t max_texts_;
  const size_t width_;
  const size_t vocabulary_;  // tokens that there are
  int32_t most_tokens_ = 0;  // of a computation so far
  llama_context* context_ = nullptr;
  ggml_threadpool* threads_ = nullptr;
  llama_batch batch_{};
  int32_t texts_ = 0;
  std::vector<std::span<const float>> vectors_;
};

/// A text as an encoder reads it, with the tokens that begin and end it.
std::vector<Token> encoder_tokens(const Model& model, std::string_view text);

}  // namespace gatehouse::inference::local
