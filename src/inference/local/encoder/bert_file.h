#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/interprocess/mapped_region.hpp>

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

/// A BERT's GGUF file, as cmake/llama/minilm_to_gguf.cpp writes it, mapped into memory. Reading it
/// is thread-safe.
class BertFile {
 public:
  /// Nothing where the file cannot be read, or is not of this kind.
  static std::optional<BertFile> open(const std::string& path);

  const BertShape& shape() const { return shape_; }
  /// A tensor's values, row by row, at 32 bits. Empty unless it exists and has so many.
  std::vector<float> values(const std::string& name, size_t count) const;

  /// The table of words as it is stored: rows of `width` values in few bits. Lives as long as this
  /// file.
  struct Table {
    const std::byte* rows = nullptr;
    size_t row_bytes = 0;
    void (*to_float)(const void* row, float* values, int64_t count) = nullptr;
  };
  /// No rows where the file has none of this width.
  Table words() const;

  /// Gives back the memory of what was read: it is read again from the file where it is needed.
  void drop_pages();

 private:
  struct Free {
    void operator()(ggml_context* tensors) const;
    void operator()(gguf_context* header) const;
  };

  BertFile() = default;
  /// Null unless the whole tensor lies in the file.
  const std::byte* data(const ggml_tensor& tensor) const;

  std::unique_ptr<ggml_context, Free> tensors_;
  std::unique_ptr<gguf_context, Free> header_;
  boost::interprocess::mapped_region bytes_;
  BertShape shape_;
};

}  // namespace gatehouse::inference::local::encoder
