#include "inference/local/encoder/rows.h"

namespace gatehouse::inference::local::encoder {

void quantize_states(const float* from, size_t rows, size_t width, float steps, uint8_t* to,
                     float* scales, float* lows) {
  for (size_t row = 0; row < rows; ++row, from += width, to += width) {
    float low = from[0];
    float high = from[0];
#pragma omp simd reduction(min : low) reduction(max : high)
    for (size_t i = 0; i < width; ++i) {
      low = from[i] < low ? from[i] : low;
      high = from[i] > high ? from[i] : high;
    }
    scales[row] = (high - low) / steps;
    lows[row] = low;
    const float factor = high > low ? steps / (high - low) : 0;
#pragma omp simd
    for (size_t i = 0; i < width; ++i) {
      to[i] = static_cast<uint8_t>(static_cast<int32_t>((from[i] - low) * factor + 0.5F));
    }
  }
}

void quantize_weights(const float* from, size_t rows, size_t width, float limit, int8_t* to,
                      float* scales) {
  for (size_t row = 0; row < rows; ++row, from += width, to += width) {
    float most = 0;
#pragma omp simd reduction(max : most)
    for (size_t i = 0; i < width; ++i) {
      const float size = from[i] < 0 ? -from[i] : from[i];
      most = size > most ? size : most;
    }
    scales[row] = most / limit;
    const float factor = most > 0 ? limit / most : 0;
#pragma omp simd
    for (size_t i = 0; i < width; ++i) {
      const float value = from[i] * factor;
      to[i] = static_cast<int8_t>(static_cast<int32_t>(value + (value < 0 ? -0.5F : 0.5F)));
    }
  }
}

void scale_product(float* product, size_t rows, size_t width, RowScales of_rows,
                   ColumnScales of_columns) {
  for (size_t row = 0; row < rows; ++row, product += width) {
    const float scale = of_rows.scales[row];
    const float low = of_rows.lows[row];
#pragma omp simd
    for (size_t i = 0; i < width; ++i) {
      product[i] =
          product[i] * scale * of_columns.scales[i] + low * of_columns.sums[i] + of_columns.bias[i];
    }
  }
}

void add_product(const float* product, size_t rows, size_t width, RowScales of_rows,
                 ColumnScales of_columns, float* sum) {
  for (size_t row = 0; row < rows; ++row, product += width, sum += width) {
    const float scale = of_rows.scales[row];
    const float low = of_rows.lows[row];
#pragma omp simd
    for (size_t i = 0; i < width; ++i) {
      sum[i] +=
          product[i] * scale * of_columns.scales[i] + low * of_columns.sums[i] + of_columns.bias[i];
    }
  }
}

}  // namespace gatehouse::inference::local::encoder
