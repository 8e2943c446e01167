#include "inference/local/encoder/bert_file.h"

#include <cstring>

#include <ggml.h>
#include <gguf.h>

namespace gatehouse::inference::local::encoder {
namespace {

size_t number(const gguf_context& file, const char* key) {
  const int64_t at = gguf_find_key(&file, key);
  if (at < 0 || gguf_get_kv_type(&file, at) != GGUF_TYPE_UINT32) return 0;
  return gguf_get_val_u32(&file, at);
}

float real(const gguf_context& file, const char* key) {
  const int64_t at = gguf_find_key(&file, key);
  if (at < 0 || gguf_get_kv_type(&file, at) != GGUF_TYPE_FLOAT32) return 0;
  return gguf_get_val_f32(&file, at);
}

bool plausible(const BertShape& shape) {
  return shape.layers > 0 && shape.heads > 0 && shape.width > 0 && shape.inner > 0 &&
         shape.positions > 0 && shape.words > 0 && shape.width % shape.heads == 0;
}

}  // namespace

void BertFile::Free::operator()(ggml_context* tensors) const {
  ggml_free(tensors);
}

void BertFile::Free::operator()(gguf_context* file) const {
  gguf_free(file);
}

std::optional<BertFile> BertFile::read(const std::string& path) {
  ggml_context* tensors = nullptr;
  const std::unique_ptr<gguf_context, Free> file(
      gguf_init_from_file(path.c_str(), {.no_alloc = false, .ctx = &tensors}));
  BertFile bert;
  bert.tensors_.reset(tensors);
  if (file == nullptr || tensors == nullptr) return std::nullopt;
  BertShape& shape = bert.shape_;
  shape.layers = number(*file, "bert.block_count");
  shape.heads = number(*file, "bert.attention.head_count");
  shape.width = number(*file, "bert.embedding_length");
  shape.inner = number(*file, "bert.feed_forward_length");
  shape.positions = number(*file, "bert.context_length");
  shape.epsilon = real(*file, "bert.attention.layer_norm_epsilon");
  if (const ggml_tensor* words = ggml_get_tensor(tensors, "token_embd.weight")) {
    shape.words = static_cast<size_t>(words->ne[1]);
  }
  if (!plausible(shape)) return std::nullopt;
  return bert;
}

std::vector<float> BertFile::values(const std::string& name, size_t count) const {
  const ggml_tensor* tensor = ggml_get_tensor(tensors_.get(), name.c_str());
  if (tensor == nullptr || static_cast<size_t>(ggml_nelements(tensor)) != count) return {};
  std::vector<float> out(count);
  if (tensor->type == GGML_TYPE_F32) {
    std::memcpy(out.data(), tensor->data, count * sizeof(float));
    return out;
  }
  const auto to_float = ggml_get_type_traits(tensor->type)->to_float;
  if (to_float == nullptr) return {};
  to_float(tensor->data, out.data(), static_cast<int64_t>(count));
  return out;
}

BertFile::Table BertFile::words() const {
  const ggml_tensor* tensor = ggml_get_tensor(tensors_.get(), "token_embd.weight");
  if (tensor == nullptr || static_cast<size_t>(tensor->ne[0]) != shape_.width) return {};
  Table table;
  table.to_float = ggml_get_type_traits(tensor->type)->to_float;
  if (table.to_float == nullptr) return {};
  table.row_bytes = ggml_row_size(tensor->type, tensor->ne[0]);
  const auto* data = static_cast<const uint8_t*>(tensor->data);
  table.bytes.assign(data, data + ggml_nbytes(tensor));
  return table;
}

}  // namespace gatehouse::inference::local::encoder
