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

void Chain::best(std::span<const Scores> scores, std::span<Tag> tags) const {
  std::array<std::array<uint8_t, kTags>, kLongest> from;
  Scores now;
  now.fill(kNever);
  now[kOutside] = 0;
  const size_t size = std::min(scores.size(), kLongest);
  for (size_t i = 0; i < size; ++i) {
    Scores next;
    for (size_t to = 0; to < kTags; ++to) {
      float top = 2 * kNever;
      for (size_t tag = 0; tag < kTags; ++tag) {
        if (!allowed(tag, to)) continue;
        const float score = now[tag] + transition[tag][to];
        if (score <= top) continue;
        top = score;
        from[i][to] = static_cast<uint8_t>(tag);
      }
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
  std::array<Scores, kTags> factor{};
  for (size_t a = 0; a < kTags; ++a) {
    for (size_t b = 0; b < kTags; ++b) {
      factor[a][b] = allowed(a, b) ? std::exp(transition[a][b]) : 0;
    }
  }
  // Each step is scaled to a sum of one, so that nothing over- or underflows.
  std::array<Scores, kLongest> weight;
  std::array<Scores, kLongest + 1> forward{};
  forward[0][kOutside] = 1;
  for (size_t i = 0; i < size; ++i) {
    const float top = *std::max_element(scores[i].begin(), scores[i].end());
    for (size_t b = 0; b < kTags; ++b) {
      weight[i][b] = std::exp(scores[i][b] - top);
      float reach = 0;
      for (size_t a = 0; a < kTags; ++a) reach += forward[i][a] * factor[a][b];
      forward[i + 1][b] = reach * weight[i][b];
    }
    scale(forward[i + 1], 1 / std::max(sum(forward[i + 1]), 1e-30F));
  }
  Scores backward;
  for (size_t a = 0; a < kTags; ++a) backward[a] = factor[a][kOutside];
  for (size_t i = size; i-- > 0;) {
    Scores& here = out[i];
    for (size_t b = 0; b < kTags; ++b) here[b] = forward[i + 1][b] * backward[b];
    scale(here, 1 / std::max(sum(here), 1e-30F));
    Scores before{};
    std::array<Scores, kTags> pair{};
    float total = 0;
    for (size_t a = 0; a < kTags; ++a) {
      for (size_t b = 0; b < kTags; ++b) {
        const float step = factor[a][b] * weight[i][b] * backward[b];
        before[a] += step;
        pair[a][b] = forward[i][a] * step;
        total += pair[a][b];
      }
    }
    if (pairs != nullptr && total > 0) {
      for (size_t a = 0; a < kTags; ++a) {
        for (size_t b = 0; b < kTags; ++b) (*pairs)[a][b] += pair[a][b] / total;
      }
    }
    scale(before, 1 / std::max(sum(before), 1e-30F));
    backward = before;
  }
}

}  // namespace gatehouse::firewall::tagger
