#include "inference/local/encoder/bert.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// libgomp's, on which Debian's oneDNN stands; <omp.h> is not among clang's headers.
extern "C" void omp_set_num_threads(int threads);

namespace gatehouse::inference::local::encoder {
namespace {

/// Plans are made for some numbers of rows only: a plan holds half a megabyte of instructions, and
/// rows too many cost a tenth of the time.
constexpr size_t kRowStep = 8;
size_t rows_for(size_t tokens) {
  const size_t step = tokens <= 32 ? kRowStep : tokens <= 128 ? 2 * kRowStep : 4 * kRowStep;
  return (tokens + step - 1) / step * step;
}

/// What a softmax makes nothing of.
constexpr float kNever = -1e30F;

/// Numbers too small for their exponent count as zero meanwhile. A softmax leaves them where it
/// makes nothing of a score, and a CPU takes a hundred times as long to multiply one.
class NoSubnormals {
 public:
#if defined(__x86_64__)
  NoSubnormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushResults | kFlushOperands); }
  ~NoSubnormals() { _mm_setcsr(before_); }
#else
  NoSubnormals() = default;
#endif
  NoSubnormals(const NoSubnormals&) = delete;
  NoSubnormals& operator=(const NoSubnormals&) = delete;

#if defined(__x86_64__)
 private:
  static constexpr unsigned kFlushResults = 0x8000;
  static constexpr unsigned kFlushOperands = 0x0040;
  const unsigned before_;
#endif
};

}  // namespace

void Bert::compute_on_this_thread_alone() {
  thread_local const bool set = [] {
    omp_set_num_threads(1);
    return true;
  }();
  static_cast<void>(set);
}

void Bert::Workspace::make_room(const BertShape& shape, const BertPlan& plan) {
  const auto fit = [](auto& buffer, size_t size) {
    if (buffer.size() < size) buffer.resize(size);
  };
  const size_t wide = std::max(3 * shape.width, shape.inner);
  fit(states_, plan.rows * shape.width);
  fit(wide_, plan.rows * wide);
  fit(mixed_, plan.rows * shape.width);
  fit(scores_, plan.heads_at_once * plan.rows * plan.rows);
  fit(integers_, plan.rows * wide);
  fit(row_scales_, plan.rows);
  fit(row_lows_, plan.rows);
  fit(scratch_, plan.scratch);
}

/// One text's way through the layers.
class Bert::Pass {
 public:
  Pass(const Bert& bert, const BertPlan& plan, Workspace& work, size_t tokens)
      : bert_(bert), plan_(plan), work_(work), tokens_(tokens) {}

  void embed(std::span<const int32_t> tokens) {
    const size_t width = bert_.shape_.width;
    for (size_t i = 0; i < tokens.size(); ++i) {
      float* state = work_.states_.data() + i * width;
      const BertFile::Table& words = bert_.words_;
      words.to_float(words.rows + static_cast<size_t>(tokens[i]) * words.row_bytes, state,
                     static_cast<int64_t>(width));
      const float* position = bert_.positions_.data() + i * width;
      for (size_t k = 0; k < width; ++k) state[k] += position[k];
    }
    // Rows that no token has are computed too; nothing reads them, but they must be numbers.
    std::fill(work_.states_.data() + tokens_ * width, work_.states_.data() + plan_.rows * width,
              0.0F);
    norm(bert_.embedding_norm_);
  }

  void layer(const Layer& layer) {
    const size_t width = bert_.shape_.width;
    const size_t inner = bert_.shape_.inner;
    float* states = work_.states_.data();
    float* wide = work_.wide_.data();
    float* mixed = work_.mixed_.data();

    multiply(plan_.qkv, states, width, layer.qkv, wide);
    scale_product(wide, plan_.rows, 3 * width, row_scales(), layer.qkv.columns());
    attend();
    multiply(plan_.out, mixed, width, layer.out, wide);
    add_product(wide, plan_.rows, width, row_scales(), layer.out.columns(), states);
    norm(layer.after_attention);

    multiply(plan_.up, states, width, layer.up, wide);
    scale_product(wide, plan_.rows, inner, row_scales(), layer.up.columns());
    run(plan_.gelu, wide, wide);
    multiply(plan_.down, wide, inner, layer.down, mixed);
    add_product(mixed, plan_.rows, width, row_scales(), layer.down.columns(), states);
    norm(layer.after_feed_forward);
  }

  void mean(std::span<float> into) const {
    std::fill(into.begin(), into.end(), 0.0F);
    for (size_t i = 0; i < tokens_; ++i) {
      const float* state = work_.states_.data() + i * into.size();
      for (size_t k = 0; k < into.size(); ++k) into[k] += state[k];
    }
    for (float& value : into) value /= static_cast<float>(tokens_);
  }

 private:
  using Arguments = std::unordered_map<int, dnnl::memory>;

  template <typename Primitive>
  void run(const Step<Primitive>& step, float* from, float* to, Arguments others = {}) {
    others.emplace(DNNL_ARG_SRC, memory(step.description.src_desc(), from));
    others.emplace(DNNL_ARG_DST, memory(step.description.dst_desc(), to));
    execute(step, std::move(others));
  }

  template <typename Primitive>
  void execute(const Step<Primitive>& step, Arguments arguments) {
    arguments.emplace(DNNL_ARG_SCRATCHPAD,
                      memory(step.description.scratchpad_desc(), work_.scratch_.data()));
    step.primitive.execute(work_.stream_, arguments);
  }

  dnnl::memory memory(const dnnl::memory::desc& what, void* where) const {
    return {what, bert_.engine_, where};
  }

  RowScales row_scales() const { return {work_.row_scales_.data(), work_.row_lows_.data()}; }

  void multiply(const Step<dnnl::matmul>& step, const float* from, size_t width,
                const Matrix& matrix, float* to) {
    quantize_states(from, plan_.rows, width, bert_.range_.states, work_.integers_.data(),
                    work_.row_scales_.data(), work_.row_lows_.data());
    execute(step, {{DNNL_ARG_SRC, memory(step.description.src_desc(), work_.integers_.data())},
                   {DNNL_ARG_WEIGHTS, matrix.packed},
                   {DNNL_ARG_DST, memory(step.description.dst_desc(), to)}});
  }

  /// From query, key and value in `wide` to mixed values.
  void attend() {
    const size_t width = bert_.shape_.width;
    const size_t head_width = width / bert_.shape_.heads;
    float* scores = work_.scores_.data();
    for (size_t head = 0; head < bert_.shape_.heads; head += plan_.heads_at_once) {
      float* query = work_.wide_.data() + head * head_width;
      float* mixed = work_.mixed_.data() + head * head_width;
      run(plan_.scores, query, scores,
          {{DNNL_ARG_WEIGHTS, memory(plan_.scores.description.weights_desc(), query + width)}});
      hide_what_no_token_has();
      run(plan_.softmax, scores, scores);
      run(plan_.mix, scores, mixed,
          {{DNNL_ARG_WEIGHTS, memory(plan_.mix.description.weights_desc(), query + 2 * width)}});
    }
  }

  void hide_what_no_token_has() {
    float* row = work_.scores_.data();
    for (size_t i = 0; i < plan_.heads_at_once * plan_.rows; ++i, row += plan_.rows) {
      std::fill(row + tokens_, row + plan_.rows, kNever);
    }
  }

  void norm(const Norm& norm) {
    float* states = work_.states_.data();
    run(plan_.norm, states, states, {{DNNL_ARG_SCALE, norm.scale}, {DNNL_ARG_SHIFT, norm.shift}});
  }

  const Bert& bert_;
  const BertPlan& plan_;
  Workspace& work_;
  const size_t tokens_;
};

const BertPlan& Bert::plan_for(size_t tokens) {
  const size_t rows = rows_for(tokens);
  const std::lock_guard lock(planning_);
  plans_.resize(std::max(plans_.size(), rows / kRowStep + 1));
  std::unique_ptr<const BertPlan>& plan = plans_[rows / kRowStep];
  if (plan == nullptr) plan = std::make_unique<BertPlan>(engine_, shape_, *layouts_, rows);
  return *plan;
}

void Bert::mean_state(std::span<const int32_t> tokens, Workspace& work, std::span<float> into) {
  compute_on_this_thread_alone();
  const NoSubnormals fast;
  const BertPlan& plan = plan_for(tokens.size());
  work.make_room(shape_, plan);
  Pass pass(*this, plan, work, tokens.size());
  pass.embed(tokens);
  for (const Layer& layer : layers_) pass.layer(layer);
  pass.mean(into);
}

}  // namespace gatehouse::inference::local::encoder
