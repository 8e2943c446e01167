#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <boost/align/aligned_allocator.hpp>
#include <dnnl.hpp>

#include "inference/local/encoder/bert_file.h"
#include "inference/local/encoder/bert_plan.h"
#include "inference/local/encoder/rows.h"

namespace gatehouse::inference::local::encoder {

/// A BERT encoder (Devlin et al. 2018, arXiv:1810.04805) whose matrices are 8-bit integers, one
/// scale an output, multiplied with states in 8 bits, from a token's least value to its greatest;
/// everything between is at 32 bits. oneDNN computes, on the calling thread alone. Thread-safe,
/// given a `Workspace` for each caller.
class Bert {
 public:
  /// What a computation needs besides the weights; grows to the longest text it was used for.
  class Workspace;

  /// Null where the file lacks a tensor or has one of another size. Throws `dnnl::error` where
  /// oneDNN cannot run on this machine.
  static std::unique_ptr<Bert> make(BertFile file);
  ~Bert();

  size_t width() const { return shape_.width; }
  size_t longest() const { return shape_.positions; }  // text, in tokens

  /// The mean over the tokens' last hidden states. Takes 1 to `longest()` tokens of the vocabulary;
  /// `into` has `width()` values. Throws `dnnl::error`.
  void mean_state(std::span<const int32_t> tokens, Workspace& work, std::span<float> into);

 private:
  struct Matrix {
    dnnl::memory packed;
    // One an output.
    std::vector<float> scales;
    std::vector<float> sums;
    std::vector<float> bias;

    ColumnScales columns() const { return {scales.data(), sums.data(), bias.data()}; }
  };
  struct Norm {
    dnnl::memory scale;
    dnnl::memory shift;
  };
  struct Layer {
    Matrix qkv, out, up, down;
    Norm after_attention, after_feed_forward;
  };
  class Reader;
  class Pass;

  explicit Bert(BertFile file);
  static IntegerRange integer_range();
  static void compute_on_this_thread_alone();
  const BertPlan& plan_for(size_t tokens);

  dnnl::engine engine_;
  BertFile file_;
  const BertShape shape_;
  const IntegerRange range_;  // on this machine
  std::unique_ptr<MatrixLayouts> layouts_;
  BertFile::Table words_;         // in the file
  std::vector<float> positions_;  // with the type of the first text, which is every token's, added
  Norm embedding_norm_;
  std::vector<Layer> layers_;

  std::mutex planning_;
  std::vector<std::unique_ptr<const BertPlan>> plans_;  // by steps of rows
};

class Bert::Workspace {
 public:
  explicit Workspace(const Bert& bert) : stream_(bert.engine_) {}

 private:
  friend class Bert;
  template <typename T>
  using Buffer = std::vector<T, boost::alignment::aligned_allocator<T, 64>>;

  void make_room(const BertShape& shape, const BertPlan& plan);

  dnnl::stream stream_;
  Buffer<float> states_;      // one row a token
  Buffer<float> wide_;        // query, key and value, or the feed-forward part's inner values
  Buffer<float> mixed_;       // values as attention mixes them, and other products
  Buffer<float> scores_;      // of the attention
  Buffer<uint8_t> integers_;  // what is multiplied, and
  Buffer<float> row_scales_;  // what that means
  Buffer<float> row_lows_;
  Buffer<std::byte> scratch_;  // oneDNN's
};

}  // namespace gatehouse::inference::local::encoder
