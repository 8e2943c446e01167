#include "core/random.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <openssl/rand.h>

namespace gatehouse {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<unsigned char> out) override {
    if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
  }
};

}  // namespace

uint64_t Random::next_u64() {
  unsigned char bytes[8];
  fill(bytes);
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

Random& Random::system() {
  static SystemRandom random;
  return random;
}

void SeededRandom::fill(std::span<unsigned char> out) {
  for (size_t at = 0; at < out.size(); at += 8) {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    std::memcpy(out.data() + at, &z, std::min<size_t>(8, out.size() - at));
  }
}

}  // namespace gatehouse
