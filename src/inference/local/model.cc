#include "inference/local/model.h"

#include <algorithm>
#include <filesystem>
#include <mutex>

#include <llama.h>
#include <sys/stat.h>

#include "core/log.h"
#include "inference/local/q4_1_product.h"

extern "C" void (*gatehouse_q4_1_product)(int64_t, int64_t, int64_t, const void*, int64_t,
                                          const void*, int64_t, float*, int64_t, int, int);

namespace gatehouse::inference::local {
namespace {

namespace fs = std::filesystem;

Refusal cannot_load(std::string code, std::string message, const std::string& path) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::inference;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  refusal.reason = "model file " + path;
  return refusal;
}

// llama.cpp tells a lot while it loads; only what went wrong is of interest.
void on_llama_log(ggml_log_level level, const char* text, void*) {
  if (level != GGML_LOG_LEVEL_ERROR) return;
  std::string_view line = text;
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty()) log::error("llama", {{"detail", line}});
}

// What the patch of llama.cpp calls (cmake/llama/q4-1-product.patch): m rows of weights, n states,
// k blocks in each; strides in blocks, of the result in numbers.
void on_q4_1_product(int64_t m, int64_t n, int64_t k, const void* a, int64_t lda, const void* b,
                     int64_t ldb, float* c, int64_t ldc, int thread, int threads) {
  const auto size = [](int64_t value) { return static_cast<size_t>(value); };
  multiply_q4_1({static_cast<const Q4Block*>(a), size(m), size(lda)},
                {static_cast<const Q8Block*>(b), size(n), size(ldb)}, size(k),
                {c, size(m), size(ldc)}, {size(thread), size(threads)});
}

void start_llama_once() {
  static std::once_flag started;
  std::call_once(started, [] {
    gatehouse_q4_1_product = on_q4_1_product;
    llama_log_set(on_llama_log, nullptr);
    llama_backend_init();
  });
}

bool on_progress(float share, void* progress) {
  auto& tell = *static_cast<Model::Progress*>(progress);
  if (tell) tell(share);
  return true;
}

}  // namespace

Result<std::unique_ptr<Model>> Model::load(const std::string& path, Progress progress,
                                           Weights weights) {
  struct stat info {};
  if (path.empty() || stat(path.c_str(), &info) != 0) {
    return refuse(cannot_load(
        "model_missing", "The embedded model is not on this machine. `make assets` fetches it.",
        path.empty() ? "(not found beside the program)" : path));
  }
  if (std::string problem = cpu_problem(); !problem.empty()) {
    return refuse(cannot_load("cpu_unsupported", std::move(problem), path));
  }
  start_llama_once();
  llama_model_params params = llama_model_default_params();
  params.n_gpu_layers = 0;
  params.vocab_only = weights == Weights::none;
  params.progress_callback = on_progress;
  params.progress_callback_user_data = &progress;

  std::unique_ptr<Model> model(new Model());
  model->model_ = llama_model_load_from_file(path.c_str(), params);
  if (model->model_ == nullptr) {
    return refuse(unreadable_model(path));
  }
  model->vocab_ = llama_model_get_vocab(model->model_);
  model->id_ = id_of(path);
  model->created_ = info.st_mtim.tv_sec;
  if (const char* source = llama_model_chat_template(model->model_, nullptr)) {
    model->chat_template_ = source;
  }
  if (llama_vocab_get_add_bos(model->vocab_)) model->begin_token_ = llama_vocab_bos(model->vocab_);
  model->read_vocabulary();
  return model;
}

// "SmolLM2-135M-Instruct.Q4_1.gguf" -> "smollm2-135m-instruct"
std::string Model::id_of(const std::string& path) {
  std::string name = fs::path(path).filename().string();
  name.resize(std::min(name.size(), name.find('.')));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

Model::~Model() {
  if (model_ != nullptr) llama_model_free(model_);
}

void Model::read_vocabulary() {
  const int32_t count = llama_vocab_n_tokens(vocab_);
  pieces_.resize(static_cast<size_t>(count));
  char buffer[512];
  for (Token token = 0; token < count; ++token) {
    const int32_t size =
        llama_token_to_piece(vocab_, token, buffer, sizeof buffer, 0, /*special=*/false);
    if (size <= 0) continue;  // a control token, or one longer than any real one
    pieces_[static_cast<size_t>(token)].assign(buffer, static_cast<size_t>(size));
    longest_piece_ = std::max(longest_piece_, static_cast<size_t>(size));
  }
}

int32_t Model::trained_context() const {
  return llama_model_n_ctx_train(model_);
}

std::string Model::metadata(const char* key) const {
  char value[256];
  const int32_t size = llama_model_meta_val_str(model_, key, value, sizeof value);
  return size > 0 ? std::string(value) : std::string();
}

std::string Model::token_text(Token token) const {
  const char* text = token < 0 ? nullptr : llama_vocab_get_text(vocab_, token);
  return text != nullptr ? text : "";
}

void Model::tokenize(std::string_view text, bool parse_special, std::vector<Token>& out) const {
  if (text.empty()) return;
  const size_t before = out.size();
  const auto size = static_cast<int32_t>(text.size());
  // A guess that fits nearly always; where it does not, the answer is the true size, negated.
  out.resize(before + text.size() / 3 + 16);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const int32_t room = static_cast<int32_t>(out.size() - before);
    const int32_t count = llama_tokenize(vocab_, text.data(), size, out.data() + before, room,
                                         /*add_special=*/false, parse_special);
    if (count >= 0) {
      out.resize(before + static_cast<size_t>(count));
      return;
    }
    out.resize(before + static_cast<size_t>(-count));
  }
  out.resize(before);
}

Token Model::end_token() const {
  return llama_vocab_eos(vocab_);
}

bool Model::ends_answer(Token token) const {
  return llama_vocab_is_eog(vocab_, token);
}

std::string find_pinned_model(std::string_view file) {
  std::error_code error;
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  // build/release/gatehouse, build/release/tests/unit/x/unit_x: the models are some way up.
  for (int level = 0; level < 6 && !error && !folder.empty(); ++level) {
    for (const char* models : {"assets/models", "models", "build/assets/models"}) {
      const fs::path candidate = folder / models / file;
      std::error_code missing;
      if (fs::exists(candidate, missing)) return candidate.string();
    }
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return {};
}

Refusal unreadable_model(const std::string& path) {
  return cannot_load("model_unreadable",
                     "The embedded model's file is damaged or of an unknown kind.", path);
}

std::string cpu_problem() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  std::string missing;
  if (!__builtin_cpu_supports("avx2")) missing += " AVX2";
  if (!__builtin_cpu_supports("fma")) missing += " FMA";
  if (!__builtin_cpu_supports("bmi2")) missing += " BMI2";
  if (!missing.empty()) {
    return "This CPU is too old for the embedded engine: it lacks" + missing +
           ". Use an upstream server instead.";
  }
#endif
  return {};
}

}  // namespace gatehouse::inference::local
