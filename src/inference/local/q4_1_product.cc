#include "inference/local/q4_1_product.h"

#include <cstring>

#include <immintrin.h>

namespace gatehouse::inference::local {
namespace {

constexpr size_t kRows = 8;    // of weights, one for each lane of a register
constexpr size_t kStates = 4;  // whose sums stay in registers
constexpr size_t kPanel = 48;  // blocks of those rows that are unpacked together: 15 KB

/// One block of eight rows: `quants[i]` are the weights 4i to 4i + 3 of each row, a byte a weight.
struct alignas(32) Unpacked {
  __m256i quants[8];
  __m256 scale, least;
};

struct RowStarts {
  const Q4Block* rows[kRows];
  const Q4Block& at(size_t row, size_t block) const { return rows[row][block]; }
};

size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

template <class To, class From>
To read(const From* from) {
  To value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

__m256i two_rows(const Q4Block& low, const Q4Block& high) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low.quants))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(high.quants)), 1);
}

void unpack(const RowStarts& strip, size_t block, Unpacked& to) {
  // Rows 0 to 3 in the lower halves, 4 to 7 in the upper ones, then four bytes of each row in turn.
  const __m256i a = two_rows(strip.at(0, block), strip.at(4, block));
  const __m256i b = two_rows(strip.at(1, block), strip.at(5, block));
  const __m256i c = two_rows(strip.at(2, block), strip.at(6, block));
  const __m256i d = two_rows(strip.at(3, block), strip.at(7, block));
  const __m256i ab_low = _mm256_unpacklo_epi32(a, b), ab_high = _mm256_unpackhi_epi32(a, b);
  const __m256i cd_low = _mm256_unpacklo_epi32(c, d), cd_high = _mm256_unpackhi_epi32(c, d);
  const __m256i packed[4] = {
      _mm256_unpacklo_epi64(ab_low, cd_low), _mm256_unpackhi_epi64(ab_low, cd_low),
      _mm256_unpacklo_epi64(ab_high, cd_high), _mm256_unpackhi_epi64(ab_high, cd_high)};
  const __m256i low_half = _mm256_set1_epi8(0x0f);
  for (size_t i = 0; i < 4; ++i) {
    to.quants[i] = _mm256_and_si256(packed[i], low_half);
    to.quants[i + 4] = _mm256_and_si256(_mm256_srli_epi16(packed[i], 4), low_half);
  }
  const auto both = [&](size_t row) { return read<int>(&strip.at(row, block).scale); };
  const __m256i pairs =
      _mm256_setr_epi32(both(0), both(1), both(2), both(3), both(4), both(5), both(6), both(7));
  const __m256i halves = _mm256_permute4x64_epi64(
      _mm256_packus_epi32(_mm256_and_si256(pairs, _mm256_set1_epi32(0xffff)),
                          _mm256_srli_epi32(pairs, 16)),
      0b11'01'10'00);
  to.scale = _mm256_cvtph_ps(_mm256_castsi256_si128(halves));
  to.least = _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1));
}

/// Asks for so many blocks before they are needed: eight rows read side by side are no pattern that
/// a processor foresees, and with one state memory is what there is to wait for.
void fetch(const Q4Block* from, size_t blocks) {
  constexpr size_t kLine = 64;
  const char* const first = reinterpret_cast<const char*>(from);
  for (size_t at = 0; at < blocks * sizeof(Q4Block); at += kLine) {
    _mm_prefetch(first + at, _MM_HINT_T0);
  }
}

/// The products of eight rows' block with a state's, before their scales.
inline __m256 dot(const Unpacked& weights, const Q8Block& state) {
  const auto four = [&](size_t i) { return _mm256_set1_epi32(read<int>(&state.quants[4 * i])); };
  // 16 bits hold them all: 8 times two products of at most 15 * 128.
  __m256i sums = _mm256_maddubs_epi16(weights.quants[0], four(0));
  for (size_t i = 1; i < 8; ++i) {
    sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(weights.quants[i], four(i)));
  }
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(sums, _mm256_set1_epi16(1)));
}

/// Eight rows times `N` states, over the blocks of one panel.
template <size_t N>
void multiply_panel(const Unpacked* panel, size_t blocks, const Q8Block* const (&states)[N],
                    __m256 (&sums)[N]) {
  for (size_t block = 0; block < blocks; ++block) {
    const Unpacked& weights = panel[block];
    for (size_t n = 0; n < N; ++n) {
      const Q8Block& state = states[n][block];
      const __m128 numbers = _mm_cvtph_ps(_mm_cvtsi32_si128(read<int>(&state.scale)));
      const __m256 scale = _mm256_mul_ps(weights.scale, _mm256_broadcastss_ps(numbers));
      sums[n] = _mm256_fmadd_ps(scale, dot(weights, state), sums[n]);
      const __m256 sum = _mm256_broadcastss_ps(_mm_movehdup_ps(numbers));
      sums[n] = _mm256_fmadd_ps(weights.least, sum, sums[n]);
    }
  }
}

/// `N` states from `first` on, whose results for the strip of rows lie at `out`.
template <size_t N>
void multiply_states(const Unpacked* panel, size_t blocks, const Q8Block* first, size_t stride,
                     Rows<float> out, bool more) {
  const Q8Block* states[N];
  __m256 sums[N];
  alignas(32) float results[kRows] = {};
  for (size_t n = 0; n < N; ++n) {
    states[n] = first + n * stride;
    if (more) std::memcpy(results, out.first + n * out.stride, out.count * sizeof(float));
    sums[n] = _mm256_load_ps(results);
  }
  multiply_panel<N>(panel, blocks, states, sums);
  for (size_t n = 0; n < N; ++n) {
    _mm256_store_ps(results, sums[n]);
    std::memcpy(out.first + n * out.stride, results, out.count * sizeof(float));
  }
}

void multiply_strip(const Unpacked* panel, size_t blocks, Rows<const Q8Block> states,
                    Rows<float> out, bool more) {
  size_t done = 0;
  const auto next = [&](auto multiply, size_t count) {
    multiply(panel, blocks, states.first + done * states.stride, states.stride,
             Rows<float>{out.first + done * out.stride, out.count, out.stride}, more);
    done += count;
  };
  while (states.count - done >= kStates) next(multiply_states<kStates>, kStates);
  switch (states.count - done) {
    case 3:
      return next(multiply_states<3>, 3);
    case 2:
      return next(multiply_states<2>, 2);
    case 1:
      return next(multiply_states<1>, 1);
    default:
      return;
  }
}

}  // namespace

void multiply_q4_1(Rows<const Q4Block> weights, Rows<const Q8Block> states, size_t blocks,
                   Rows<float> out, Share share) {
  const size_t strips = (weights.count + kRows - 1) / kRows;
  const size_t end = strips * (share.index + 1) / share.count;
  Unpacked panel[kPanel];
  for (size_t strip = strips * share.index / share.count; strip < end; ++strip) {
    const size_t row = strip * kRows;
    const size_t count = least(kRows, weights.count - row);
    RowStarts starts;
    for (size_t i = 0; i < kRows; ++i) {  // beyond the end the last row again, for nobody
      starts.rows[i] = weights.first + (row + least(i, count - 1)) * weights.stride;
    }
    if (strip + 1 < end) fetch(starts.rows[0] + kRows * weights.stride, kRows * blocks);
    for (size_t from = 0; from < blocks; from += kPanel) {
      const size_t part = least(kPanel, blocks - from);
      for (size_t block = 0; block < part; ++block) unpack(starts, from + block, panel[block]);
      multiply_strip(panel, part, {states.first + from, states.count, states.stride},
                     {out.first + row, count, out.stride}, from > 0);
    }
  }
}

}  // namespace gatehouse::inference::local
