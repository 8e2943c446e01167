#pragma once

#include <cstddef>
#include <cstdint>

namespace gatehouse::inference::local::encoder {

/// Matrices as 8-bit integers with one scale a row, and products of two such matrices as numbers
/// again: what the encoder does between oneDNN's computations. Row-major, without gaps. The file
/// behind this is compiled for the engine's instruction set, so it uses no inline functions of
/// others.

/// Each value of a row of `from` is `to * scale + low`, nearly: so many steps, up to 255, from its
/// least to its greatest value.
void quantize_states(const float* from, size_t rows, size_t width, float steps, uint8_t* to,
                     float* scales, float* lows);

/// How far the integers go: states from 0, weights on both sides of it.
struct IntegerRange {
  float states;
  float weights;
};

/// The same around zero, for weights: within ±limit, without a `low`.
void quantize_weights(const float* from, size_t rows, size_t width, float limit, int8_t* to,
                      float* scales);

/// What turns a product of integers into numbers, for each row of the left matrix and each column.
struct RowScales {
  const float* scales;
  const float* lows;
};
struct ColumnScales {
  const float* scales;
  const float* sums;  // of the column's weights, for the rows' lows
  const float* bias;
};

void scale_product(float* product, size_t rows, size_t width, RowScales of_rows,
                   ColumnScales of_columns);

/// The same, and what it comes to is added to `sum`; `product` stays.
void add_product(const float* product, size_t rows, size_t width, RowScales of_rows,
                 ColumnScales of_columns, float* sum);

}  // namespace gatehouse::inference::local::encoder
