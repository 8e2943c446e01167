#include "inference/local/encoder/bert_plan.h"

#include <algorithm>
#include <cmath>

namespace gatehouse::inference::local::encoder {
namespace {

using dnnl::memory;
using Type = memory::data_type;
using Layout = memory::format_tag;

constexpr size_t kCachedScores = size_t{1} << 18;  // a megabyte of numbers

memory::dim dim(size_t size) {
  return static_cast<memory::dim>(size);
}

dnnl::primitive_attr own_scratch() {
  dnnl::primitive_attr attributes;
  // Memory inside the primitive would make it good for one thread at a time.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::matmul::primitive_desc product(const dnnl::engine& engine, size_t rows, size_t inner,
                                     size_t columns, const memory::desc& weights) {
  const memory::desc source({dim(rows), dim(inner)}, Type::u8, Layout::ab);
  const memory::desc result({dim(rows), dim(columns)}, Type::f32, Layout::ab);
  return {dnnl::matmul::desc(source, weights, result), own_scratch(), engine};
}

memory::desc layout(const dnnl::engine& engine, size_t inner, size_t columns) {
  constexpr size_t kTypicalRows = 64;
  const memory::desc any({dim(inner), dim(columns)}, Type::s8, Layout::any);
  return product(engine, kTypicalRows, inner, columns, any).weights_desc();
}

size_t heads_at_once(const BertShape& shape, size_t rows) {
  size_t heads = shape.heads;
  while (heads > 1 && (heads * rows * rows > kCachedScores || shape.heads % heads != 0)) --heads;
  return heads;
}

/// Of some heads: one row of the matrix `of` holds them beside each other.
memory::desc heads_of(size_t heads, size_t rows, size_t width, size_t of) {
  return {{dim(heads), dim(rows), dim(width)}, Type::f32, {dim(width), dim(of), 1}};
}

memory::desc transposed(size_t heads, size_t rows, size_t width, size_t of) {
  return {{dim(heads), dim(width), dim(rows)}, Type::f32, {dim(width), 1, dim(of)}};
}

memory::desc scores_of(size_t heads, size_t rows) {
  return {{dim(heads), dim(rows), dim(rows)}, Type::f32, Layout::abc};
}

dnnl::matmul::primitive_desc scores(const dnnl::engine& engine, const BertShape& shape, size_t rows,
                                    size_t heads) {
  const size_t width = shape.width / shape.heads;
  const size_t row = 3 * shape.width;
  dnnl::primitive_attr attributes = own_scratch();
  attributes.set_output_scales(0, {1 / std::sqrt(static_cast<float>(width))});
  return {dnnl::matmul::desc(heads_of(heads, rows, width, row), transposed(heads, rows, width, row),
                             scores_of(heads, rows)),
          attributes, engine};
}

dnnl::matmul::primitive_desc mix(const dnnl::engine& engine, const BertShape& shape, size_t rows,
                                 size_t heads) {
  const size_t width = shape.width / shape.heads;
  return {dnnl::matmul::desc(scores_of(heads, rows), heads_of(heads, rows, width, 3 * shape.width),
                             heads_of(heads, rows, width, shape.width)),
          own_scratch(), engine};
}

dnnl::softmax_forward::primitive_desc softmax(const dnnl::engine& engine, size_t rows,
                                              size_t heads) {
  constexpr int kLastAxis = 2;
  return {dnnl::softmax_forward::desc(dnnl::prop_kind::forward_inference, scores_of(heads, rows),
                                      kLastAxis),
          own_scratch(), engine};
}

dnnl::eltwise_forward::primitive_desc gelu(const dnnl::engine& engine, size_t rows, size_t width) {
  const memory::desc values({dim(rows), dim(width)}, Type::f32, Layout::ab);
  return {dnnl::eltwise_forward::desc(dnnl::prop_kind::forward_inference,
                                      dnnl::algorithm::eltwise_gelu_erf, values, 0, 0),
          own_scratch(), engine};
}

dnnl::layer_normalization_forward::primitive_desc norm(const dnnl::engine& engine,
                                                       const BertShape& shape, size_t rows) {
  const memory::desc values({dim(rows), dim(shape.width)}, Type::f32, Layout::ab);
  return {dnnl::layer_normalization_forward::desc(
              dnnl::prop_kind::forward_inference, values, shape.epsilon,
              dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift),
          own_scratch(), engine};
}

}  // namespace

MatrixLayouts::MatrixLayouts(const dnnl::engine& engine, const BertShape& shape)
    : qkv(layout(engine, shape.width, 3 * shape.width)),
      out(layout(engine, shape.width, shape.width)),
      up(layout(engine, shape.width, shape.inner)),
      down(layout(engine, shape.inner, shape.width)) {}

BertPlan::BertPlan(const dnnl::engine& engine, const BertShape& shape, const MatrixLayouts& layouts,
                   size_t row_count)
    : rows(row_count),
      heads_at_once(encoder::heads_at_once(shape, rows)),
      qkv(product(engine, rows, shape.width, 3 * shape.width, layouts.qkv)),
      out(product(engine, rows, shape.width, shape.width, layouts.out)),
      up(product(engine, rows, shape.width, shape.inner, layouts.up)),
      down(product(engine, rows, shape.inner, shape.width, layouts.down)),
      scores(encoder::scores(engine, shape, rows, heads_at_once)),
      softmax(encoder::softmax(engine, rows, heads_at_once)),
      mix(encoder::mix(engine, shape, rows, heads_at_once)),
      gelu(encoder::gelu(engine, rows, shape.inner)),
      norm(encoder::norm(engine, shape, rows)),
      scratch(
          std::max({qkv.scratch(), out.scratch(), up.scratch(), down.scratch(), scores.scratch(),
                    softmax.scratch(), mix.scratch(), gelu.scratch(), norm.scratch()})) {}

}  // namespace gatehouse::inference::local::encoder
