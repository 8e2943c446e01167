#pragma once

#include <cmath>

namespace gatehouse::firewall {

/// The probability that a logit stands for.
inline float sigmoid(float logit) {
  return 1 / (1 + std::exp(-logit));
}

}  // namespace gatehouse::firewall
