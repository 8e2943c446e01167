#pragma once

#include <cstddef>
#include <cstdint>

#include <dnnl.hpp>

#include "inference/local/encoder/bert_file.h"

namespace gatehouse::inference::local::encoder {

/// How oneDNN wants the matrices of a layer in memory, on this CPU.
struct MatrixLayouts {
  MatrixLayouts(const dnnl::engine& engine, const BertShape& shape);

  dnnl::memory::desc qkv;  // query, key and value beside each other
  dnnl::memory::desc out;  // of the attention
  dnnl::memory::desc up;   // of the feed-forward part
  dnnl::memory::desc down;
};

/// One of oneDNN's computations, and what its arguments look like.
template <typename Primitive>
struct Step {
  using Description = typename Primitive::primitive_desc;
  explicit Step(const Description& what) : description(what), primitive(what) {}

  size_t scratch() const { return description.scratchpad_desc().get_size(); }

  Description description;
  Primitive primitive;
};

/// The computations of one layer over a certain number of rows, one row a token. oneDNN makes
/// machine code for each, which takes it a millisecond or two; afterwards any number of threads may
/// use the plan at a time. Throws `dnnl::error` where oneDNN cannot.
struct BertPlan {
  BertPlan(const dnnl::engine& engine, const BertShape& shape, const MatrixLayouts& layouts,
           size_t row_count);

  size_t rows;
  size_t heads_at_once;  // as many as leave their scores in the CPU's cache

  // Products of 8-bit integers, not yet scaled.
  Step<dnnl::matmul> qkv;
  Step<dnnl::matmul> out;
  Step<dnnl::matmul> up;
  Step<dnnl::matmul> down;
  // Attention of `heads_at_once` heads, which lie beside each other in the rows of `qkv`.
  Step<dnnl::matmul> scores;
  Step<dnnl::softmax_forward> softmax;
  Step<dnnl::matmul> mix;
  // In place.
  Step<dnnl::eltwise_forward> gelu;
  Step<dnnl::layer_normalization_forward> norm;

  size_t scratch;  // bytes that the hungriest of them needs
};

}  // namespace gatehouse::inference::local::encoder
