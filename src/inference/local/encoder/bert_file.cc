#include "inference/local/encoder/bert_file.h"

#include <cstring>

#include <boost/interprocess/file_mapping.hpp>
#include <ggml.h>
#include <gguf.h>
#include <sys/mman.h>

namespace gatehouse::inference::local::encoder {
namespace {

namespace ipc = boost::interprocess;

constexpr const char* kWords = "token_embd.weight";

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

void BertFile::Free::operator()(gguf_context* header) const {
  gguf_free(header);
}

std::optional<BertFile> BertFile::open(const std::string& path) {
  BertFile bert;
  ggml_context* tensors = nullptr;
  bert.header_.reset(gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = &tensors}));
  bert.tensors_.reset(tensors);
  if (bert.header_ == nullptr || tensors == nullptr) return std::nullopt;
  try {
    const ipc::file_mapping file(path.c_str(), ipc::read_only);
    bert.bytes_ = ipc::mapped_region(file, ipc::read_only);
  } catch (const ipc::interprocess_exception&) {
    return std::nullopt;
  }
  const gguf_context& header = *bert.header_;
  BertShape& shape = bert.shape_;
  shape.layers = number(header, "bert.block_count");
  shape.heads = number(header, "bert.attention.head_count");
  shape.width = number(header, "bert.embedding_length");
  shape.inner = number(header, "bert.feed_forward_length");
  shape.positions = number(header, "bert.context_length");
  shape.epsilon = real(header, "bert.attention.layer_norm_epsilon");
  if (const ggml_tensor* words = ggml_get_tensor(tensors, kWords)) {
    shape.words = static_cast<size_t>(words->ne[1]);
  }
  if (!plausible(shape)) return std::nullopt;
  return bert;
}

const std::byte* BertFile::data(const ggml_tensor& tensor) const {
  const int64_t id = gguf_find_tensor(header_.get(), tensor.name);
  if (id < 0) return nullptr;
  const size_t begin =
      gguf_get_data_offset(header_.get()) + gguf_get_tensor_offset(header_.get(), id);
  const size_t size = bytes_.get_size();
  if (begin > size || ggml_nbytes(&tensor) > size - begin) return nullptr;
  return static_cast<const std::byte*>(bytes_.get_address()) + begin;
}

std::vector<float> BertFile::values(const std::string& name, size_t count) const {
  const ggml_tensor* tensor = ggml_get_tensor(tensors_.get(), name.c_str());
  if (tensor == nullptr || static_cast<size_t>(ggml_nelements(tensor)) != count) return {};
  const std::byte* from = data(*tensor);
  if (from == nullptr) return {};
  std::vector<float> out(count);
  if (tensor->type == GGML_TYPE_F32) {
    std::memcpy(out.data(), from, count * sizeof(float));
    return out;
  }
  const auto to_float = ggml_get_type_traits(tensor->type)->to_float;
  if (to_float == nullptr) return {};
  to_float(from, out.data(), static_cast<int64_t>(count));
  return out;
}

BertFile::Table BertFile::words() const {
  const ggml_tensor* tensor = ggml_get_tensor(tensors_.get(), kWords);
  if (tensor == nullptr || static_cast<size_t>(tensor->ne[0]) != shape_.width) return {};
  const auto to_float = ggml_get_type_traits(tensor->type)->to_float;
  if (to_float == nullptr) return {};
  return {data(*tensor), ggml_row_size(tensor->type, tensor->ne[0]), to_float};
}

void BertFile::drop_pages() {
  // Boost's advice is POSIX's, which the C library takes no notice of.
  ::madvise(bytes_.get_address(), bytes_.get_size(), MADV_DONTNEED);
}

}  // namespace gatehouse::inference::local::encoder
