#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "inference/local/encoder/bert.h"
#include "inference/local/model.h"

namespace gatehouse::inference::local {

/// Texts to vectors on the calling thread: the mean over the tokens' last hidden states, as it is.
/// Takes milliseconds, a tenth of one for each token of a short text. Thread-safe; callers that
/// compute at the same time have a workspace each, 1 MB for 112 tokens, 9 MB for 512, which stays.
class SentenceEncoder {
 public:
  /// Reads a BERT as GGUF. Errors as `Model::load`.
  static Result<std::unique_ptr<SentenceEncoder>> load(const std::string& path);
  ~SentenceEncoder();

  size_t width() const { return bert_->width(); }
  size_t longest() const { return bert_->longest(); }  // text, in tokens
  /// The file's words, and its metadata.
  const Model& model() const { return *vocabulary_; }

  /// A text with the tokens that begin and end it; may be more than `longest()`.
  std::vector<Token> tokenize(std::string_view text) const;

  /// Of 1 to `longest()` tokens. `into` has room for `width()` values. False when oneDNN fails.
  bool encode(std::span<const Token> tokens, std::span<float> into);
  /// Of the first `limit` tokens of a text, its beginning and end included.
  bool encode(std::string_view text, size_t limit, std::span<float> into);

 private:
  SentenceEncoder(std::unique_ptr<Model> vocabulary, std::unique_ptr<encoder::Bert> bert);
  std::unique_ptr<encoder::Bert::Workspace> take_workspace();

  const std::unique_ptr<Model> vocabulary_;
  const std::unique_ptr<encoder::Bert> bert_;
  std::mutex guard_;
  std::vector<std::unique_ptr<encoder::Bert::Workspace>> idle_;
};

}  // namespace gatehouse::inference::local
