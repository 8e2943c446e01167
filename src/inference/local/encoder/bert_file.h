#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ggml_context;
struct ggml_tensor;
struct gguf_context;

namespace gatehouse::inference::local::encoder {

/// The sizes of a BERT. All of one kind of matrix are alike in every layer.
struct BertShape {
  size_t layers = 0;
  size_t heads = 0;
  size_t width = 0;      // of a token's state
  size_t inner = 0;      // width between the two matrices of the feed-forward part
  size_t positions = 0;  // tokens of the longest text
  size_t words = 0;      // tokens that there are
  float epsilon = 0;     // of the layer norms
};

/// A BERT's GGUF file in memory, as cmake/llama/minilm_to_gguf.cpp writes it. Used by one thread.
class BertFile {
 public:
  /// Nothing where the file cannot be read, or is not of this kind.
  static std::optional<BertFile> read(const std::string& path);

  const BertShape& shape() const { return shape_; }
  /// A tensor's values, row by row, at 32 bits. Empty unless it exists and has so many.
  std::vector<float> values(const std::string& name, size_t count) const;

  /// The table of words as it is stored: rows of `width` values in few bits.
  struct Table {
    std::vector<uint8_t> bytes;
    size_t row_bytes = 0;
    void (*to_float)(const void* row, float* values, int64_t count) = nullptr;
  };
  /// Empty where the file has none of this width.
  Table words() const;

 private:
  struct Free {
    void operator()(ggml_context* tensors) const;
    void operator()(gguf_context* file) const;
  };

  BertFile() = default;

  std::unique_ptr<ggml_context, Free> tensors_;
  BertShape shape_;
};

}  // namespace gatehouse::inference::local::encoder
