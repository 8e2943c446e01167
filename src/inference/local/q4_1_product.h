#pragma once

#include <cstddef>
#include <cstdint>

namespace gatehouse::inference::local {

/// 32 weights of a row as llama.cpp stores them in Q4_1: weight i is `scale * q + least`, q from 0
/// to 15. The low halves of `quants` are weights 0 to 15, the high ones 16 to 31.
struct Q4Block {
  uint16_t scale, least;  // IEEE half precision
  uint8_t quants[16];
};
static_assert(sizeof(Q4Block) == 20);

/// 32 values of a state in Q8_1: value i is `scale * q`; `sum` is that of the values.
struct Q8Block {
  uint16_t scale, sum;  // IEEE half precision
  int8_t quants[32];
};
static_assert(sizeof(Q8Block) == 36);

/// Rows of equal length that lie `stride` elements apart.
template <class Element>
struct Rows {
  Element* first;
  size_t count;
  size_t stride;
};

/// Which share of the work a thread does: `index` of `count`.
struct Share {
  size_t index, count;
};

/// The product of a weight matrix and states: `out` of state s and weight row w is the sum over
/// their `blocks` blocks. llama.cpp multiplies Q4_1 one pair of rows at a time and unpacks each
/// weight again for every state; this one unpacks eight rows at a time, once for all states. Each
/// thread writes columns of its own. Needs AVX2, FMA and F16C, as llama.cpp does here. The file
/// behind this is compiled for them, so it uses no inline functions of others. Thread-safe;
/// allocates nothing.
void multiply_q4_1(Rows<const Q4Block> weights, Rows<const Q8Block> states, size_t blocks,
                   Rows<float> out, Share share);

}  // namespace gatehouse::inference::local
