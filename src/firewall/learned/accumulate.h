#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "firewall/learned/features.h"
#include "firewall/learned/model.h"

namespace gatehouse::firewall::learned {

/// Sums the table's rows of a text's features, all heads at once, and hands out the sum at each end
/// of a block or a sentence. 16-bit lanes hold at most 256 features (256 × 127 < 2^15); `word_end`
/// comes before that and moves them to 32 bits.
template <typename OnBlock>
class Accumulator {
 public:
  using Sums = std::array<int32_t, kHeads>;

  Accumulator(const int8_t* table, OnBlock& on_block) : table_(table), on_block_(on_block) {}

  void feature(uint32_t bucket) {
    const int8_t* row = table_ + size_t{bucket} * kHeads;
#if defined(__SSE2__)
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row));
    // Bytes into the upper halves, then shifted down with their sign.
    lanes_ = _mm_add_epi16(lanes_, _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8));
#else
    for (size_t h = 0; h < kHeads; ++h) lanes_[h] = static_cast<int16_t>(lanes_[h] + row[h]);
#endif
    ++count_;
  }

  void word_end() {
#if defined(__SSE2__)
    const __m128i low = _mm_srai_epi32(_mm_unpacklo_epi16(lanes_, lanes_), 16);
    const __m128i high = _mm_srai_epi32(_mm_unpackhi_epi16(lanes_, lanes_), 16);
    low_ = _mm_add_epi32(low_, low);
    high_ = _mm_add_epi32(high_, high);
    lanes_ = _mm_setzero_si128();
#else
    for (size_t h = 0; h < kHeads; ++h) {
      sums_[h] += lanes_[h];
      lanes_[h] = 0;
    }
#endif
  }

  void sentence_end(size_t begin, size_t end) {
    word_end();
    Sums sums = of_block();
    const uint32_t count = count_;
    for (size_t h = 0; h < kHeads; ++h) sums[h] -= before_sentence_[h];
    on_block_.sentence(sums, count - count_before_sentence_, begin, end);
    for (size_t h = 0; h < kHeads; ++h) before_sentence_[h] += sums[h];
    count_before_sentence_ = count;
  }

  void block_end(size_t begin, size_t end) {
    word_end();
    const Sums sums = of_block();
    clear();
    on_block_(sums, count_, begin, end);
    // What a sentence has before this block counts with a negative sign in the next.
    for (size_t h = 0; h < kHeads; ++h) before_sentence_[h] -= sums[h];
    count_before_sentence_ -= count_;
    count_ = 0;
  }

 private:
  Sums of_block() const {
#if defined(__SSE2__)
    Sums sums;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums.data()), low_);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums.data() + 4), high_);
    return sums;
#else
    return sums_;
#endif
  }

  void clear() {
#if defined(__SSE2__)
    low_ = high_ = _mm_setzero_si128();
#else
    sums_.fill(0);
#endif
  }

  const int8_t* table_;
  OnBlock& on_block_;
  uint32_t count_ = 0;
  /// What to take off a block's sum to have the sentence's.
  Sums before_sentence_{};
  uint32_t count_before_sentence_ = 0;  // wraps below zero, and back
#if defined(__SSE2__)
  __m128i lanes_ = _mm_setzero_si128();
  __m128i low_ = _mm_setzero_si128();
  __m128i high_ = _mm_setzero_si128();
#else
  std::array<int16_t, kHeads> lanes_{};
  Sums sums_{};
#endif
};

}  // namespace gatehouse::firewall::learned
