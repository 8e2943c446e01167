#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gatehouse {

/// The one source of randomness. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<unsigned char> out) = 0;
  uint64_t next_u64();

  /// OpenSSL's generator, seeded by the kernel; aborts the program if it cannot produce bytes,
  /// since every key would be guessable from then on.
  static Random& system();
};

/// A reproducible sequence (SplitMix64) for tests. Not thread-safe, not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(std::span<unsigned char> out) override;

 private:
  uint64_t state_;
};

}  // namespace gatehouse
