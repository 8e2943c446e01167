#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "inference/local/model.h"

namespace gatehouse::inference::local {

class EncoderContext;

/// Texts to vectors on the calling thread: the mean over the tokens' last hidden states, as it is.
/// For short texts that must be judged one by one; the `Embedder` is for batches. Thread-safe: each
/// context serves one caller at a time, the others wait.
class PooledEncoder {
 public:
  struct Options {
    std::string model_path;
    int32_t max_tokens = 128;  // of one text, its beginning and end included; the rest is cut off
    size_t contexts = 1;       // callers served at a time, some 4 MB each once needed
  };

  /// Reads the model (a BERT as GGUF). Errors as `Model::load`.
  static Result<std::unique_ptr<PooledEncoder>> load(const Options& options);
  ~PooledEncoder();

  /// False when llama.cpp fails. `into` has room for `width()` values.
  bool encode(std::string_view text, std::span<float> into);
  size_t width() const { return width_; }
  /// A text of the file's metadata, empty if it has none of that name.
  std::string metadata(const char* key) const { return model_->metadata(key); }

 private:
  PooledEncoder(std::unique_ptr<Model> model, const Options& options);
  std::unique_ptr<EncoderContext> take_context();  // an idle one, a new one, or waits for one
  void give_back(std::unique_ptr<EncoderContext> context);

  std::unique_ptr<Model> model_;
  const size_t width_;
  const int32_t max_tokens_;
  std::mutex guard_;
  std::condition_variable freed_;
  size_t may_make_;  // contexts that are still to be made
  std::vector<std::unique_ptr<EncoderContext>> idle_;
};

}  // namespace gatehouse::inference::local
