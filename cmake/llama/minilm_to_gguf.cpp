// Turns the all-MiniLM-L6-v2 sentence encoder from its ONNX file and tokenizer.json into GGUF, whose
// words llama.cpp reads and whose weights src/inference/local/encoder multiplies. Only what that
// file holds is understood; anything else is an error. ONNX is a protobuf message; the field numbers
// are those of the ONNX specification, IR version 8 (ModelProto.graph = 7, GraphProto.node = 1 and
// .initializer = 5).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "adapters.h"
#include "ggml.h"
#include "gguf.h"
#include "json.h"

namespace {

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// One field of a protobuf message; of a varint only the value, of bytes only the view.
struct Field {
  uint32_t number = 0;
  uint64_t value = 0;
  std::string_view bytes;
};

class Message {
 public:
  explicit Message(std::string_view text) : rest_(text) {}
  bool next(Field& field) {
    if (rest_.empty()) return false;
    const uint64_t key = varint();
    field = {static_cast<uint32_t>(key >> 3), 0, {}};
    switch (key & 7) {
      case 0: field.value = varint(); break;
      case 1: take(8); break;
      case 2: field.bytes = take(varint()); break;
      case 5: take(4); break;
      default: fail("not a protobuf message");
    }
    return true;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t(byte & 127) << shift;
      if (byte < 128) return value;
    }
    fail("a number is too long");
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view take(uint64_t n) {
    if (n > rest_.size()) fail("the file ends inside a field");
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  std::string_view rest_;
};

struct Weights {
  std::vector<int64_t> shape;
  std::string_view raw;  // float32, little-endian, row-major
  size_t count() const {
    size_t n = 1;
    for (auto d : shape) n *= size_t(d);
    return n;
  }
};

struct Onnx {
  std::map<std::string, Weights> weights;
  std::map<std::string, std::string> matmul_weight;  // node name -> initializer
};

Onnx read_onnx(std::string_view text) {
  Onnx onnx;
  Field field;
  std::string_view graph;
  for (Message model(text); model.next(field);) {
    if (field.number == 7) graph = field.bytes;
  }
  for (Message g(graph); g.next(field);) {
    Field inner;
    if (field.number == 5) {
      Weights w;
      std::string name;
      uint64_t type = 0;
      for (Message t(field.bytes); t.next(inner);) {
        if (inner.number == 1 && !inner.bytes.empty()) {
          for (Message dims(inner.bytes); !dims.empty();) w.shape.push_back(int64_t(dims.varint()));
        } else if (inner.number == 1) {
          w.shape.push_back(int64_t(inner.value));
        } else if (inner.number == 2) {
          type = inner.value;
        } else if (inner.number == 8) {
          name = inner.bytes;
        } else if (inner.number == 9) {
          w.raw = inner.bytes;
        }
      }
      if (type == 1 && w.raw.size() == w.count() * sizeof(float)) onnx.weights[name] = w;
    } else if (field.number == 1) {
      std::vector<std::string> inputs;
      std::string name, op;
      for (Message n(field.bytes); n.next(inner);) {
        if (inner.number == 1) inputs.emplace_back(inner.bytes);
        if (inner.number == 3) name = inner.bytes;
        if (inner.number == 4) op = inner.bytes;
      }
      if (op == "MatMul" && inputs.size() == 2) onnx.matmul_weight[name] = inputs[1];
    }
  }
  return onnx;
}

class Writer {
 public:
  explicit Writer(Onnx onnx) : onnx_(std::move(onnx)) {
    ggml_init_params params{};
    params.mem_size = size_t(512) << 20;
    tensors_ = ggml_init(params);
    out_ = gguf_init_empty();
  }
  ~Writer() {
    gguf_free(out_);
    ggml_free(tensors_);
  }
  gguf_context* gguf() { return out_; }

  void keep(const std::string& source, const std::string& name, ggml_type type = GGML_TYPE_F32) {
    const Weights& w = find(source);
    std::vector<float> values(w.count());
    memcpy(values.data(), w.raw.data(), w.raw.size());
    add(name, values, w.shape.back(), w.shape.size() > 1 ? w.shape[0] : 1, w.shape.size() > 1,
        type);
  }

  // A MatMul's weights are [in][out]; ggml multiplies with rows of [out][in].
  void transpose(const std::string& node, const std::string& name, Adapters* adapters) {
    const auto at = onnx_.matmul_weight.find(node);
    if (at == onnx_.matmul_weight.end()) fail("the model has no node " + node);
    const Weights& w = find(at->second);
    if (w.shape.size() != 2) fail(node + " has no matrix");
    const size_t in = size_t(w.shape[0]), rows = size_t(w.shape[1]);
    std::vector<float> from(w.count()), to(w.count());
    memcpy(from.data(), w.raw.data(), w.raw.size());
    if (adapters != nullptr) adapters->merge(from, in, rows);
    for (size_t i = 0; i < in; ++i)
      for (size_t o = 0; o < rows; ++o) to[o * in + i] = from[i * rows + o];
    add(name, to, int64_t(in), int64_t(rows), true, GGML_TYPE_F16);
  }

  void write(const char* path) {
    if (!gguf_write_to_file(out_, path, false)) fail(std::string("cannot write ") + path);
  }

 private:
  const Weights& find(const std::string& name) const {
    const auto at = onnx_.weights.find(name);
    if (at == onnx_.weights.end()) fail("the model has no weights " + name);
    return at->second;
  }
  void add(const std::string& name, const std::vector<float>& values, int64_t columns, int64_t rows,
           bool matrix, ggml_type type) {
    ggml_tensor* t = matrix ? ggml_new_tensor_2d(tensors_, type, columns, rows)
                            : ggml_new_tensor_1d(tensors_, type, columns);
    ggml_set_name(t, name.c_str());
    if (type == GGML_TYPE_F32) {
      memcpy(t->data, values.data(), values.size() * sizeof(float));
    } else {
      ggml_quantize_chunk(type, values.data(), t->data, 0, rows, columns, nullptr);
    }
    gguf_add_tensor(out_, t);
  }

  Onnx onnx_;
  ggml_context* tensors_;
  gguf_context* out_;
};

// llama.cpp's WordPiece marks where words begin, not where they go on.
void write_vocabulary(gguf_context* out, const common_json& tokenizer) {
  const common_json& vocabulary = tokenizer.at("model").at("vocab");
  std::vector<std::string> tokens(vocabulary.size());
  for (const auto& [text, id] : vocabulary.items()) tokens.at(size_t(id.get<int>())) = text;
  std::vector<int32_t> types(tokens.size(), 1);  // normal
  for (const auto& added : tokenizer.at("added_tokens")) {
    types.at(size_t(added.at("id").get<int>())) = 3;  // control
  }
  std::vector<const char*> views(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::string& token = tokens[i];
    if (types[i] == 1) token = token.rfind("##", 0) == 0 ? token.substr(2) : "\u2581" + token;
    views[i] = token.c_str();
  }
  gguf_set_val_str(out, "tokenizer.ggml.model", "bert");
  gguf_set_val_str(out, "tokenizer.ggml.pre", "default");
  gguf_set_arr_str(out, "tokenizer.ggml.tokens", views.data(), views.size());
  gguf_set_arr_data(out, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
  gguf_set_val_u32(out, "tokenizer.ggml.token_type_count", 2);
  const std::pair<const char*, uint32_t> special[] = {{"padding", 0},  {"unknown", 100},
                                                      {"bos", 101},    {"cls", 101},
                                                      {"eos", 102},    {"seperator", 102},
                                                      {"mask", 103}};
  for (const auto& [name, id] : special) {
    gguf_set_val_u32(out, ("tokenizer.ggml." + std::string(name) + "_token_id").c_str(), id);
  }
}

void convert(const char* onnx_path, const char* tokenizer_path, const char* out_path,
             ggml_type words, Adapters* adapters) {
  constexpr int kLayers = 6;
  const std::string text = read_file(onnx_path);
  Writer writer(read_onnx(text));
  gguf_context* out = writer.gguf();
  gguf_set_val_str(out, "general.architecture", "bert");
  gguf_set_val_str(out, "general.name", "all-MiniLM-L6-v2");
  gguf_set_val_str(out, "general.license", "apache-2.0");
  gguf_set_val_u32(out, "bert.block_count", kLayers);
  gguf_set_val_u32(out, "bert.context_length", 512);
  gguf_set_val_u32(out, "bert.embedding_length", 384);
  gguf_set_val_u32(out, "bert.feed_forward_length", 1536);
  gguf_set_val_u32(out, "bert.attention.head_count", 12);
  gguf_set_val_f32(out, "bert.attention.layer_norm_epsilon", 1e-12f);
  gguf_set_val_bool(out, "bert.attention.causal", false);
  gguf_set_val_u32(out, "bert.pooling_type", 1);  // mean
  write_vocabulary(out, common_json::parse(read_file(tokenizer_path)));

  // The program holds the table of words as it is here and reads it by row.
  writer.keep("embeddings.word_embeddings.weight", "token_embd.weight", words);
  writer.keep("embeddings.position_embeddings.weight", "position_embd.weight");
  writer.keep("embeddings.token_type_embeddings.weight", "token_types.weight");
  writer.keep("embeddings.LayerNorm.weight", "token_embd_norm.weight");
  writer.keep("embeddings.LayerNorm.bias", "token_embd_norm.bias");
  const std::pair<const char*, const char*> dense[] = {
      {"attention/self/query", "attn_q"},     {"attention/self/key", "attn_k"},
      {"attention/self/value", "attn_v"},     {"attention/output/dense", "attn_output"},
      {"intermediate/dense", "ffn_up"},       {"output/dense", "ffn_down"}};
  const std::pair<const char*, const char*> norms[] = {
      {"attention.output.LayerNorm", "attn_output_norm"}, {"output.LayerNorm", "layer_output_norm"}};
  for (int i = 0; i < kLayers; ++i) {
    const std::string layer = std::to_string(i), to = "blk." + layer + ".";
    for (const auto& [source, name] : dense) {
      writer.transpose("/encoder/layer." + layer + "/" + source + "/MatMul", to + name + ".weight",
                       adapters);
      std::string dotted = source;
      for (char& c : dotted) c = c == '/' ? '.' : c;
      writer.keep("encoder.layer." + layer + "." + dotted + ".bias", to + name + ".bias");
    }
    for (const auto& [source, name] : norms) {
      for (const char* part : {".weight", ".bias"}) {
        writer.keep("encoder.layer." + layer + "." + source + part, to + name + part);
      }
    }
  }
  if (adapters != nullptr) gguf_set_val_str(out, "gatehouse.adapters", adapters->sum().c_str());
  writer.write(out_path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    fprintf(stderr,
            "usage: minilm_to_gguf MODEL.onnx TOKENIZER.json OUT.gguf q8_0|iq4_nl [ADAPTERS]\n"
            "The table of words gets the given type, matrices half precision.\n");
    return 2;
  }
  const std::map<std::string, ggml_type> types = {{"q8_0", GGML_TYPE_Q8_0},
                                                  {"iq4_nl", GGML_TYPE_IQ4_NL}};
  try {
    std::optional<Adapters> adapters;
    if (argc == 6) adapters.emplace(read_file(argv[5]));
    convert(argv[1], argv[2], argv[3], types.at(argv[4]), adapters ? &*adapters : nullptr);
  } catch (const std::exception& error) {
    fprintf(stderr, "minilm_to_gguf: %s\n", error.what());
    return 1;
  }
  return 0;
}
