#include "firewall/tagger/crf.h"

#include <algorithm>
#include <cmath>

namespace gatehouse::firewall::tagger {
namespace {

constexpr float kNever = -1e9F;
constexpr size_t kOutside = static_cast<size_t>(Tag::outside);

float sum(const Chain::Scores& values) {
  float total = 0;
  for (const float value : values) total += value;
  return total;
}

void scale(Chain::Scores& values, float by) {
  for (float& value : values) value *= by;
}

}  // namespace

void Chain::prepare() {
  gain_ = 0;
  for (size_t a = 0; a < kTags; ++a) {
    for (size_t b = 0; b < kTags; ++b) {
      factor_[a][b] = allowed(a, b) ? std::exp(transition[a][b]) : 0;
      if (!allowed(a, b)) transition[a][b] = kNever;
      gain_ = std::max(gain_, 2 * (transition[a][b] - transition[kOutside][kOutside]));
    }
  }
}

bool Chain::surely_outside(std::span<const Scores> scores) const {
  float top = kNever;
  for (const Scores& at : scores) {
    for (size_t tag = 1; tag < kTags; ++tag) top = std::max(top, at[tag]);
  }
  return top + gain_ < 0;
}

void Chain::add_pairs(const Scores& forward, const Scores& weight, const Scores& backward,
                      std::array<Scores, kTags>& pairs) const {
  std::array<Scores, kTags> pair{};
  float total = 0;
  for (size_t a = 0; a < kTags; ++a) {
    for (size_t b = 0; b < kTags; ++b) {
      pair[a][b] = forward[a] * factor_[a][b] * weight[b] * backward[b];
      total += pair[a][b];
    }
  }
  if (total <= 0) return;
  for (size_t a = 0; a < kTags; ++a) {
    for (size_t b = 0; b < kTags; ++b) pairs[a][b] += pair[a][b] / total;
  }
}

void Chain::best(std::span<const Scores> scores, std::span<Tag> tags) const {
  std::array<std::array<uint8_t, kTags>, kLongest> from;
  Scores now;
  now.fill(kNever);
  now[kOutside] = 0;
  const size_t size = std::min(scores.size(), kLongest);
  for (size_t i = 0; i < size; ++i) {
    Scores next;
    for (size_t to = 0; to < kTags; ++to) {
      float top = now[0] + transition[0][to];
      uint8_t chosen = 0;
      for (uint8_t tag = 1; tag < kTags; ++tag) {
        const float score = now[tag] + transition[tag][to];
        chosen = score > top ? tag : chosen;
        top = std::max(top, score);
      }
      from[i][to] = chosen;
      next[to] = top + scores[i][to];
    }
    now = next;
  }
  for (size_t tag = 0; tag < kTags; ++tag) now[tag] += transition[tag][kOutside];
  size_t tag = static_cast<size_t>(std::max_element(now.begin(), now.end()) - now.begin());
  for (size_t i = size; i-- > 0;) {
    tags[i] = static_cast<Tag>(tag);
    tag = from[i][tag];
  }
}

void Chain::marginals(std::span<const Scores> scores, std::span<Scores> out,
                      std::array<Scores, kTags>* pairs) const {
  const size_t size = std::min(scores.size(), kLongest);
  // Each step is scaled to a sum of one, so that nothing over- or underflows.
  std::array<Scores, kLongest> weight;
  std::array<Scores, kLongest + 1> forward{};
  forward[0][kOutside] = 1;
  for (size_t i = 0; i < size; ++i) {
    const float top = *std::max_element(scores[i].begin(), scores[i].end());
    for (size_t b = 0; b < kTags; ++b) {
      weight[i][b] = std::exp(scores[i][b] - top);
      float reach = 0;
      for (size_t a = 0; a < kTags; ++a) reach += forward[i][a] * factor_[a][b];
      forward[i + 1][b] = reach * weight[i][b];
    }
    scale(forward[i + 1], 1 / std::max(sum(forward[i + 1]), 1e-30F));
  }
  Scores backward;
  for (size_t a = 0; a < kTags; ++a) backward[a] = factor_[a][kOutside];
  for (size_t i = size; i-- > 0;) {
    Scores& here = out[i];
    for (size_t b = 0; b < kTags; ++b) here[b] = forward[i + 1][b] * backward[b];
    scale(here, 1 / std::max(sum(here), 1e-30F));
    Scores before{};
    for (size_t b = 0; b < kTags; ++b) {
      const float ahead = weight[i][b] * backward[b];
      for (size_t a = 0; a < kTags; ++a) before[a] += factor_[a][b] * ahead;
    }
    if (pairs != nullptr) add_pairs(forward[i], weight[i], backward, *pairs);
    scale(before, 1 / std::max(sum(before), 1e-30F));
    backward = before;
  }
}

}  // namespace gatehouse::firewall::tagger
