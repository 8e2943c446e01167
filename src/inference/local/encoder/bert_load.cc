// Reading a BERT's weights into the form in which they are multiplied.
#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>

#include "inference/local/encoder/bert.h"

namespace gatehouse::inference::local::encoder {
/// Without VNNI a CPU adds two products at a time at 16 bits, which must fit. Between few steps for
/// states and few for weights: with 255 and 63 the vector of a text that repeats itself had a
/// cosine of 0.90 to the true one, with these 0.997 and others the same as before.
IntegerRange Bert::integer_range() {
  constexpr IntegerRange kInSixteenBits{191, 85};
  static_assert(2 * kInSixteenBits.states * kInSixteenBits.weights <= INT16_MAX);
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
    case dnnl::cpu_isa::avx:
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx512_core:
      return kInSixteenBits;
    default:
      return {255, 127};
  }
}

/// Remembers whether everything was there, so that only the end has to ask.
class Bert::Reader {
 public:
  explicit Reader(Bert& bert) : bert_(bert) {}

  bool read() {
    read_embeddings();
    bert_.layers_.resize(bert_.shape_.layers);
    for (size_t i = 0; i < bert_.layers_.size(); ++i) {
      read_layer("blk." + std::to_string(i) + ".", bert_.layers_[i]);
    }
    return complete_;
  }

 private:
  void read_embeddings() {
    const BertShape& shape = bert_.shape_;
    bert_.words_ = bert_.file_.words();
    complete_ = complete_ && bert_.words_.rows != nullptr;
    bert_.positions_ = values("position_embd.weight", shape.positions * shape.width);
    constexpr size_t kTypes = 2;
    const std::vector<float> types = values("token_types.weight", kTypes * shape.width);
    if (!complete_) return;
    for (size_t i = 0; i < bert_.positions_.size(); ++i) {
      bert_.positions_[i] += types[i % shape.width];
    }
    bert_.embedding_norm_ = norm("token_embd_norm");
  }

  void read_layer(const std::string& prefix, Layer& layer) {
    const size_t width = bert_.shape_.width;
    const size_t inner = bert_.shape_.inner;
    const MatrixLayouts& layouts = *bert_.layouts_;
    const std::array names{prefix + "attn_q", prefix + "attn_k", prefix + "attn_v"};
    layer.qkv = matrix(names, width, width, layouts.qkv);
    layer.out = matrix(std::array{prefix + "attn_output"}, width, width, layouts.out);
    layer.up = matrix(std::array{prefix + "ffn_up"}, width, inner, layouts.up);
    layer.down = matrix(std::array{prefix + "ffn_down"}, inner, width, layouts.down);
    layer.after_attention = norm(prefix + "attn_output_norm");
    layer.after_feed_forward = norm(prefix + "layer_output_norm");
  }

  /// Several matrices of the same input become one, their outputs beside each other.
  Matrix matrix(std::span<const std::string> names, size_t inputs, size_t outputs,
                const dnnl::memory::desc& layout) {
    std::vector<float> weights;  // a row an output
    Matrix made;
    for (const std::string& name : names) {
      const std::vector<float> part = values(name + ".weight", inputs * outputs);
      const std::vector<float> bias = values(name + ".bias", outputs);
      weights.insert(weights.end(), part.begin(), part.end());
      made.bias.insert(made.bias.end(), bias.begin(), bias.end());
    }
    if (!complete_) return made;
    const size_t rows = names.size() * outputs;
    std::vector<int8_t> integers(weights.size());
    made.scales.resize(rows);
    quantize_weights(weights.data(), rows, inputs, bert_.range_.weights, integers.data(),
                     made.scales.data());
    for (size_t row = 0; row < rows; ++row) {
      const auto begin = integers.begin() + static_cast<ptrdiff_t>(row * inputs);
      const auto end = begin + static_cast<ptrdiff_t>(inputs);
      made.sums.push_back(made.scales[row] * static_cast<float>(std::accumulate(begin, end, 0)));
    }
    using Layout = dnnl::memory::format_tag;
    const dnnl::memory::desc as_read(
        {static_cast<dnnl::memory::dim>(inputs), static_cast<dnnl::memory::dim>(rows)},
        dnnl::memory::data_type::s8, Layout::ba);
    dnnl::memory source(as_read, bert_.engine_, integers.data());
    made.packed = dnnl::memory(layout, bert_.engine_);
    dnnl::stream stream(bert_.engine_);
    dnnl::reorder(source, made.packed).execute(stream, source, made.packed);
    stream.wait();
    return made;
  }

  Norm norm(const std::string& name) { return {vector(name + ".weight"), vector(name + ".bias")}; }

  dnnl::memory vector(const std::string& name) {
    const std::vector<float> from = values(name, bert_.shape_.width);
    if (from.empty()) return {};
    const dnnl::memory::desc plain({static_cast<dnnl::memory::dim>(from.size())},
                                   dnnl::memory::data_type::f32, dnnl::memory::format_tag::a);
    dnnl::memory to(plain, bert_.engine_);
    std::copy(from.begin(), from.end(), static_cast<float*>(to.get_data_handle()));
    return to;
  }

  std::vector<float> values(const std::string& name, size_t count) {
    std::vector<float> found = bert_.file_.values(name, count);
    complete_ = complete_ && !found.empty();
    return found;
  }

  Bert& bert_;
  bool complete_ = true;
};

Bert::Bert(BertFile file)
    : engine_(dnnl::engine::kind::cpu, 0),
      file_(std::move(file)),
      shape_(file_.shape()),
      range_(integer_range()) {}

Bert::~Bert() = default;

std::unique_ptr<Bert> Bert::make(BertFile file) {
  compute_on_this_thread_alone();
  std::unique_ptr<Bert> bert(new Bert(std::move(file)));
  bert->layouts_ = std::make_unique<MatrixLayouts>(bert->engine_, bert->shape_);
  if (!Reader(*bert).read()) return nullptr;
  bert->file_.drop_pages();
  return bert;
}

}  // namespace gatehouse::inference::local::encoder
