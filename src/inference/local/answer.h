#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/chat.h"
#include "inference/local/constraint.h"
#include "inference/local/output_text.h"
#include "inference/local/sampler.h"
#include "inference/local/tool_reader.h"

namespace gatehouse::inference::local {

/// One choice as it is generated: takes the logits, chooses tokens, and turns them into what the
/// client sees. Made off the engine's thread, then used only there.
class Answer {
 public:
  static Result<std::unique_ptr<Answer>> make(const Model& model, const api::ChatRequest& request,
                                              const Constraint& constraint, int choice_index,
                                              uint64_t seed, int64_t max_tokens,
                                              ToolReader::MakeId make_id);

  /// Chooses the next token from `logits` (which it changes). What can be shown is added to
  /// `pending()`. Returns the token to go on with, or nothing when the answer is over.
  std::optional<Token> advance(float* logits);

  /// What was generated since it was last taken, finish reason included.
  api::ChoiceDelta take();
  bool has_output() const;

  int64_t generated() const { return generated_; }
  bool over() const { return finish_ != api::FinishReason::none; }
  int choice_index() const { return index_; }

 private:
  Answer(const Model& model, const api::ChatRequest& request, int choice_index, int64_t max_tokens,
         ToolReader::MakeId make_id);

  void show(const std::string& text);
  void note_logprob(Token token, std::string_view bytes);
  void end(api::FinishReason reason);
  std::string logprobs_json();

  const Model& model_;
  const int index_;
  const int64_t max_tokens_;
  const bool legacy_;  // text_completion: logprobs have another form
  std::unique_ptr<Sampler> sampler_;
  OutputText text_;
  std::optional<ToolReader> tools_;
  std::string call_grammar_;
  int64_t generated_ = 0;
  api::FinishReason finish_ = api::FinishReason::none;
  api::ChoiceDelta delta_;
  // The entries of `logprobs` since the last take: chat's objects, or legacy's four lists.
  std::string entries_, legacy_tokens_, legacy_values_, legacy_top_, legacy_offsets_;
  size_t text_offset_ = 0;
};

}  // namespace gatehouse::inference::local
