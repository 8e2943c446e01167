#include "inference/local/sampler.h"

#include <algorithm>
#include <cmath>

#include <llama.h>

namespace gatehouse::inference::local {
namespace {

// exp(-30) is below what a float adds to a sum near 1: such tokens cannot be told from impossible.
constexpr float kNegligible = 30.0f;

float highest(const float* logits, size_t count) {
  // Eight running maxima, so that the compiler can use vectors.
  float lanes[8];
  std::fill(std::begin(lanes), std::end(lanes), -INFINITY);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (size_t k = 0; k < 8; ++k) lanes[k] = std::max(lanes[k], logits[i + k]);
  }
  float best = *std::max_element(std::begin(lanes), std::end(lanes));
  for (; i < count; ++i) best = std::max(best, logits[i]);
  return best;
}

}  // namespace

void Sampler::FreeSampler::operator()(llama_sampler* sampler) const {
  llama_sampler_free(sampler);
}

Sampler::Sampler(const Model& model, const api::Sampling& sampling, uint64_t seed)
    : model_(model),
      temperature_(static_cast<float>(sampling.temperature.value_or(kDefaultTemperature))),
      top_p_(static_cast<float>(sampling.top_p.value_or(kDefaultTopP))),
      frequency_penalty_(static_cast<float>(sampling.frequency_penalty.value_or(0.0))),
      presence_penalty_(static_cast<float>(sampling.presence_penalty.value_or(0.0))),
      top_k_(sampling.top_k.value_or(0)),
      logprobs_(sampling.logprobs || sampling.top_logprobs.has_value()),
      top_count_(static_cast<size_t>(std::max(0, sampling.top_logprobs.value_or(0)))),
      random_state_(seed) {
  for (const auto& [token, bias] : sampling.logit_bias) {
    if (token >= 0 && token < model.vocab_size()) {
      bias_.emplace_back(token, static_cast<float>(bias));
    }
  }
}

Sampler::~Sampler() = default;

Result<std::unique_ptr<Sampler>> Sampler::make(const Model& model, const api::Sampling& sampling,
                                               uint64_t seed, const std::string& grammar) {
  std::unique_ptr<Sampler> sampler(new Sampler(model, sampling, seed));
  if (!grammar.empty()) {
    Result<void> started = sampler->start_grammar(grammar);
    if (!started) return refuse(std::move(started).error());
  }
  return sampler;
}

Result<void> Sampler::start_grammar(const std::string& grammar) {
  grammar_.reset(llama_sampler_init_grammar(model_.vocab(), grammar.c_str(), "root"));
  if (grammar_ == nullptr) {
    return refuse(Refusal::invalid("response_format",
                                   "The JSON schema cannot be enforced by this model.",
                                   "unsupported_schema"));
  }
  return {};
}

double Sampler::uniform() {
  // SplitMix64: one answer, one sequence, whatever else the engine does.
  uint64_t z = (random_state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

void Sampler::adjust(float* logits) const {
  for (const auto& [token, bias] : bias_) {
    // OpenAI: -100 and 100 ban the token or choose it alone.
    float& logit = logits[token];
    logit = bias <= -100 ? -INFINITY : bias >= 100 ? logit + 1e4f : logit + bias;
  }
  for (const auto& [token, count] : counts_) {
    logits[token] -= static_cast<float>(count) * frequency_penalty_ + presence_penalty_;
  }
}

void Sampler::note_logprobs(const float* logits) {
  const auto count = static_cast<size_t>(model_.vocab_size());
  const float best = highest(logits, count);
  double sum = 0;
  likely_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (logits[i] < best - kNegligible) continue;
    sum += std::exp(logits[i] - best);
    if (top_count_ > 0) likely_.emplace_back(logits[i], static_cast<Token>(i));
  }
  const float log_sum = best + static_cast<float>(std::log(sum));
  chosen_.logprob = -log_sum;  // plus the chosen token's logit, once it is known
  const size_t keep = std::min(top_count_, likely_.size());
  std::partial_sort(likely_.begin(), likely_.begin() + static_cast<std::ptrdiff_t>(keep),
                    likely_.end(), std::greater<>());
  top_.clear();
  for (size_t i = 0; i < keep; ++i) {
    top_.push_back({likely_[i].second, likely_[i].first - log_sum});
  }
}

bool Sampler::grammar_allows(Token token, float logit) const {
  llama_token_data one{token, logit, 0};
  llama_token_data_array array{&one, 1, -1, false};
  llama_sampler_apply(grammar_.get(), &array);
  return one.logit != -INFINITY;
}

void Sampler::mask_by_grammar(float* logits) const {
  const auto count = static_cast<size_t>(model_.vocab_size());
  std::vector<llama_token_data> all(count);
  for (size_t i = 0; i < count; ++i) all[i] = {static_cast<Token>(i), logits[i], 0};
  llama_token_data_array array{all.data(), count, -1, false};
  llama_sampler_apply(grammar_.get(), &array);
  for (const llama_token_data& data : all) logits[data.id] = data.logit;
}

Token Sampler::choose(float* logits) {
  std::vector<std::pair<Token, float>> before;  // of the few logits that `adjust` changes
  if (logprobs_) {
    note_logprobs(logits);
    for (const auto& entry : bias_) before.emplace_back(entry.first, logits[entry.first]);
    for (const auto& entry : counts_) before.emplace_back(entry.first, logits[entry.first]);
  }
  adjust(logits);
  Token token = pick(logits);
  // Most choices are right: asking the grammar about one token is a thousand times cheaper than
  // about all of them.
  if (grammar_ && !grammar_allows(token, logits[token])) {
    mask_by_grammar(logits);
    token = pick(logits);
    if (logits[token] == -INFINITY) return -1;
  }
  if (grammar_) llama_sampler_accept(grammar_.get(), token);
  if (logprobs_) {
    float logit = logits[token];
    for (auto at = before.rbegin(); at != before.rend(); ++at) {
      if (at->first == token) logit = at->second;
    }
    chosen_ = {token, std::min(0.0f, chosen_.logprob + logit)};
  }
  if (frequency_penalty_ != 0 || presence_penalty_ != 0) ++counts_[token];
  return token;
}

Token Sampler::pick(const float* logits) {
  if (temperature_ > 1e-4f) return pick_at_random(logits);
  const auto count = static_cast<size_t>(model_.vocab_size());
  const float best = highest(logits, count);
  return static_cast<Token>(std::find(logits, logits + count, best) - logits);
}

Token Sampler::pick_at_random(const float* logits) {
  const auto count = static_cast<size_t>(model_.vocab_size());
  const float best = highest(logits, count);
  const float floor = best - kNegligible * temperature_;
  likely_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (logits[i] >= floor) likely_.emplace_back(logits[i], static_cast<Token>(i));
  }
  if (top_k_ > 0 && static_cast<size_t>(top_k_) < likely_.size()) {
    std::nth_element(likely_.begin(), likely_.begin() + top_k_, likely_.end(), std::greater<>());
    likely_.resize(static_cast<size_t>(top_k_));
  }
  if (likely_.empty()) return 0;
  double total = 0;
  for (auto& [weight, token] : likely_) {
    weight = std::exp((weight - best) / temperature_);
    total += weight;
  }
  if (top_p_ < 1) {
    // The smallest set of the most probable tokens that holds top_p of the probability.
    std::sort(likely_.begin(), likely_.end(), std::greater<>());
    double kept = 0;
    size_t size = 0;
    while (size < likely_.size() && (size == 0 || kept < top_p_ * total)) {
      kept += likely_[size++].first;
    }
    likely_.resize(size);
    total = kept;
  }
  double at = uniform() * total;
  for (const auto& [weight, token] : likely_) {
    at -= weight;
    if (at < 0) return token;
  }
  return likely_.back().second;
}

}  // namespace gatehouse::inference::local
