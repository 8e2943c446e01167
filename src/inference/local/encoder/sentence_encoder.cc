#include "inference/local/encoder/sentence_encoder.h"

#include <optional>
#include <utility>

#include <llama.h>

#include "core/log.h"
#include "inference/local/encoder/bert_file.h"

namespace gatehouse::inference::local {

using encoder::Bert;

SentenceEncoder::SentenceEncoder(std::unique_ptr<Model> vocabulary, std::unique_ptr<Bert> bert)
    : vocabulary_(std::move(vocabulary)), bert_(std::move(bert)) {}

SentenceEncoder::~SentenceEncoder() = default;

Result<std::unique_ptr<SentenceEncoder>> SentenceEncoder::load(const std::string& path) {
  auto vocabulary = Model::load(path, {}, Model::Weights::none);
  if (!vocabulary) return refuse(std::move(vocabulary).error());
  std::optional<encoder::BertFile> file = encoder::BertFile::open(path);
  if (!file || file->shape().words != static_cast<size_t>((*vocabulary)->vocab_size())) {
    return refuse(unreadable_model(path));
  }
  try {
    std::unique_ptr<Bert> bert = Bert::make(*std::move(file));
    if (bert == nullptr) return refuse(unreadable_model(path));
    return std::unique_ptr<SentenceEncoder>(
        new SentenceEncoder(std::move(*vocabulary), std::move(bert)));
  } catch (const dnnl::error& error) {
    return refuse(Refusal::internal(Layer::inference,
                                    std::string("the encoder cannot be made: ") + error.what()));
  }
}

std::vector<Token> SentenceEncoder::tokenize(std::string_view text) const {
  std::vector<Token> tokens{llama_vocab_bos(vocabulary_->vocab())};
  vocabulary_->tokenize(text, /*parse_special=*/false, tokens);
  tokens.push_back(llama_vocab_sep(vocabulary_->vocab()));
  return tokens;
}

bool SentenceEncoder::encode(std::span<const Token> tokens, std::span<float> into) {
  try {
    std::unique_ptr<Bert::Workspace> workspace = take_workspace();
    bert_->mean_state(tokens, *workspace, into);
    const std::lock_guard lock(guard_);
    idle_.push_back(std::move(workspace));
    return true;
  } catch (const dnnl::error& error) {
    log::error("encoder", {{"detail", std::string_view(error.what())}});
    return false;
  }
}

bool SentenceEncoder::encode(std::string_view text, size_t limit, std::span<float> into) {
  // More bytes than this are not worth a tokenizer's time: the rest would be cut off.
  std::vector<Token> tokens = tokenize(text.substr(0, limit * vocabulary_->longest_piece()));
  if (tokens.size() > limit) {
    const Token end = tokens.back();
    tokens.resize(limit);
    tokens.back() = end;
  }
  return encode(tokens, into);
}

std::unique_ptr<Bert::Workspace> SentenceEncoder::take_workspace() {
  {
    const std::lock_guard lock(guard_);
    if (!idle_.empty()) {
      auto workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Bert::Workspace>(*bert_);
}

}  // namespace gatehouse::inference::local
