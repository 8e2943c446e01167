#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/chat.h"
#include "core/result.h"
#include "inference/local/model.h"

struct llama_sampler;

namespace gatehouse::inference::local {

/// From the model card of SmolLM2-135M-Instruct.
inline constexpr double kDefaultTemperature = 0.2;
inline constexpr double kDefaultTopP = 0.9;

/// Chooses the next token of one answer from the model's logits. Belongs to one answer; not
/// thread-safe.
///
/// With no temperature or top_p given, the values that the pinned model's card recommends apply: at
/// OpenAI's 1.0 a model of this size talks nonsense. Penalties are OpenAI's:
/// logit -= count * frequency_penalty + (count > 0) * presence_penalty, over the tokens generated.
class Sampler {
 public:
  /// `grammar` is GBNF with a rule `root`; empty for none. Refuses a grammar that does not compile.
  static Result<std::unique_ptr<Sampler>> make(const Model& model, const api::Sampling& sampling,
                                               uint64_t seed, const std::string& grammar);
  ~Sampler();

  /// The token that follows. Changes `logits` (one per token of the vocabulary). Returns -1 if the
  /// grammar leaves nothing, which ends the answer.
  Token choose(float* logits);

  /// A token and its natural-log probability, before temperature and penalties.
  struct Alternative {
    Token token = 0;
    float logprob = 0;
  };
  /// Of the token last chosen, and the most probable ones, best first, if they were asked for.
  const Alternative& chosen() const { return chosen_; }
  const std::vector<Alternative>& top() const { return top_; }
  bool wants_logprobs() const { return logprobs_; }

  /// From now on the answer must also follow `grammar`.
  Result<void> start_grammar(const std::string& grammar);

 private:
  Sampler(const Model& model, const api::Sampling& sampling, uint64_t seed);

  void note_logprobs(const float* logits);
  void adjust(float* logits) const;
  Token pick(const float* logits);
  Token pick_at_random(const float* logits);
  bool grammar_allows(Token token, float logit) const;
  void mask_by_grammar(float* logits) const;
  double uniform();

  struct FreeSampler {
    void operator()(llama_sampler* sampler) const;
  };

  const Model& model_;
  float temperature_ = 1, top_p_ = 1, frequency_penalty_ = 0, presence_penalty_ = 0;
  int64_t top_k_ = 0;
  bool logprobs_ = false;
  size_t top_count_ = 0;
  std::vector<std::pair<Token, float>> bias_;
  std::unordered_map<Token, int> counts_;  // only with penalties
  uint64_t random_state_;
  std::unique_ptr<llama_sampler, FreeSampler> grammar_;
  Alternative chosen_;
  std::vector<Alternative> top_;
  std::vector<std::pair<float, Token>> likely_;  // scratch
};

}  // namespace gatehouse::inference::local
