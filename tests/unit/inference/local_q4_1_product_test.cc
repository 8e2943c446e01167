#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "inference/local/q4_1_product.h"

namespace gatehouse::inference::local {
namespace {

struct Operands {
  size_t rows, states, blocks;
  std::vector<Q4Block> weights;
  std::vector<Q8Block> values;
};

Operands random_operands(size_t rows, size_t states, size_t blocks) {
  std::mt19937 random(static_cast<uint32_t>(rows * 1000 + states * 100 + blocks));
  std::uniform_int_distribution<int> byte(0, 255), signed_byte(-128, 127);
  std::uniform_real_distribution<float> size(0.001F, 0.1F);
  Operands made{rows, states, blocks, std::vector<Q4Block>(rows * blocks),
                std::vector<Q8Block>(states * blocks)};
  for (Q4Block& block : made.weights) {
    block.scale = ggml_fp32_to_fp16(size(random));
    block.least = ggml_fp32_to_fp16(-8 * size(random));
    for (uint8_t& quant : block.quants) quant = static_cast<uint8_t>(byte(random));
  }
  for (Q8Block& block : made.values) {
    int sum = 0;
    for (int8_t& quant : block.quants) {
      quant = static_cast<int8_t>(signed_byte(random));
      sum += quant;
    }
    const float scale = size(random);
    block.scale = ggml_fp32_to_fp16(scale);
    block.sum = ggml_fp32_to_fp16(scale * static_cast<float>(sum));
  }
  return made;
}

double expected(const Operands& of, size_t row, size_t state) {
  double sum = 0;
  for (size_t b = 0; b < of.blocks; ++b) {
    const Q4Block& w = of.weights[row * of.blocks + b];
    const Q8Block& v = of.values[state * of.blocks + b];
    int product = 0;
    for (size_t i = 0; i < 16; ++i) {
      product += (w.quants[i] & 15) * v.quants[i] + (w.quants[i] >> 4) * v.quants[i + 16];
    }
    sum += static_cast<double>(ggml_fp16_to_fp32(w.scale)) * ggml_fp16_to_fp32(v.scale) * product +
           static_cast<double>(ggml_fp16_to_fp32(w.least)) * ggml_fp16_to_fp32(v.sum);
  }
  return sum;
}

void expect_right(const Operands& of, size_t threads) {
  constexpr float kUntouched = -12345;
  const size_t stride = of.rows + 5;
  std::vector<float> out(of.states * stride, kUntouched);
  for (size_t i = 0; i < threads; ++i) {
    multiply_q4_1({of.weights.data(), of.rows, of.blocks}, {of.values.data(), of.states, of.blocks},
                  of.blocks, {out.data(), of.rows, stride}, {i, threads});
  }
  for (size_t state = 0; state < of.states; ++state) {
    for (size_t row = 0; row < stride; ++row) {
      const float got = out[state * stride + row];
      if (row >= of.rows) {
        ASSERT_EQ(got, kUntouched) << "beyond row " << of.rows << " of state " << state;
        continue;
      }
      const double right = expected(of, row, state);
      ASSERT_NEAR(got, right, 1e-3 + 1e-5 * std::abs(right)) << "row " << row << " state " << state;
    }
  }
}

TEST(Q4Product, EqualsThePlainSumsForEveryNumberOfStates) {
  for (size_t states = 1; states <= 9; ++states) {
    SCOPED_TRACE(states);
    expect_right(random_operands(24, states, 18), 1);
  }
}

TEST(Q4Product, RowsThatFillNoStripAreNeitherLostNorWrittenBeyond) {
  for (size_t rows = 1; rows <= 17; ++rows) {
    SCOPED_TRACE(rows);
    expect_right(random_operands(rows, 5, 3), 1);
  }
}

TEST(Q4Product, LongRowsGoOnWhereTheLastPanelEnded) {
  for (const size_t blocks : std::vector<size_t>{1, 47, 48, 49, 96, 113}) {
    SCOPED_TRACE(blocks);
    expect_right(random_operands(11, 6, blocks), 1);
  }
}

TEST(Q4Product, ThreadsShareTheRowsWhateverTheirNumber) {
  for (const size_t threads : std::vector<size_t>{2, 3, 7, 16}) {
    SCOPED_TRACE(threads);
    expect_right(random_operands(50, 4, 6), threads);
  }
}

TEST(Q4Product, TheLargestWeightsAndStatesDoNotOverflow) {
  Operands of = random_operands(8, 4, 2);
  for (Q4Block& block : of.weights) std::fill_n(block.quants, 16, uint8_t{0xff});
  for (const int8_t extreme : {int8_t{-128}, int8_t{127}}) {
    for (Q8Block& block : of.values) std::fill_n(block.quants, 32, extreme);
    expect_right(of, 1);
  }
}

}  // namespace
}  // namespace gatehouse::inference::local
