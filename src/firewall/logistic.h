#pragma once

#include <algorithm>
#include <cmath>

namespace gatehouse::firewall {

/// The probability that a logit stands for.
inline float sigmoid(float logit) {
  return 1 / (1 + std::exp(-logit));
}

/// The logit of a probability; of 0 and 1 that of one in a million.
inline float logit(float probability) {
  const float p = std::clamp(probability, 1e-6F, 1 - 1e-6F);
  return std::log(p / (1 - p));
}

/// A probability with more, or less, evidence for it.
inline float shifted(float probability, float logits) {
  return sigmoid(logit(probability) + logits);
}

}  // namespace gatehouse::firewall
