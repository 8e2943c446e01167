#include "inference/local/scheduler.h"

#include <algorithm>
#include <thread>

#include <ggml-cpu.h>
#include <llama.h>

#include "core/log.h"

namespace gatehouse::inference::local {
namespace {

constexpr int64_t kQuantumTokens = 512;
// A prefix that is being computed is worth waiting for if it is at least this long.
constexpr int64_t kWorthWaiting = 32;

Refusal timed_out(std::string code, std::string message) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_timeout;
  refusal.layer = Layer::inference;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  return refusal;
}

}  // namespace

struct Scheduler::Run {
  Work work;
  KvSlots::Lease lease;
  Run* leader = nullptr;  // computes a prefix that this one waits for
  int64_t leader_until = 0;
  size_t fed = 0;       // prompt tokens in the sequence or in this step's batch
  size_t computed = 0;  // those in the sequence
  Token next = -1;      // the generated token to compute next; -1 while the prompt is not done
  int32_t output = -1;  // this step's row of logits
  bool over = false;

  bool prompt_done() const { return fed == work.prompt->size(); }
};

class Scheduler::Memory final : public KvMemory {
 public:
  explicit Memory(llama_context* context) : memory_(llama_get_memory(context)) {}
  void share(int from, int to, int64_t length) override {
    llama_memory_seq_cp(memory_, from, to, 0, static_cast<llama_pos>(length));
  }
  void trim(int sequence, int64_t length) override {
    llama_memory_seq_rm(memory_, sequence, static_cast<llama_pos>(length), -1);
  }

 private:
  llama_memory_t memory_;
};

struct Scheduler::Batch {
  explicit Batch(int32_t size) : raw(llama_batch_init(size, 0, 1)), capacity(size) {}
  ~Batch() { llama_batch_free(raw); }
  bool full() const { return raw.n_tokens == capacity; }

  llama_batch raw;
  const int32_t capacity;
  std::vector<std::pair<Run*, Token>> entries;  // whose token each is
  int32_t outputs = 0;
};

Scheduler::Scheduler(const EngineOptions& options, const Clock& clock)
    : options_(options),
      clock_(clock),
      queue_(static_cast<size_t>(options.queue_limit), kQuantumTokens) {}

Result<std::unique_ptr<Scheduler>> Scheduler::make(const Model& model, const EngineOptions& options,
                                                   const Clock& clock) {
  std::unique_ptr<Scheduler> made(new Scheduler(options, clock));
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads = options.threads > 0 ? options.threads : cores;
  // Twice as many sequences as run: the others keep prefixes. The cells are shared by all, since
  // few requests use their whole context.
  const int sequences = std::min(options.sequences * 2, 64);
  const int64_t cells = int64_t{options.context_tokens} * std::min(options.sequences, 4);

  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<uint32_t>(cells);
  params.n_batch = static_cast<uint32_t>(options.prefill_alone + options.sequences);
  params.n_ubatch = params.n_batch;
  params.n_seq_max = static_cast<uint32_t>(sequences);
  params.n_outputs_max = static_cast<uint32_t>(sequences);  // no fewer than sequences
  params.n_threads = params.n_threads_batch = threads;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  params.kv_unified = true;  // sharing a prefix is then a note in a table, not a copy
  params.no_perf = true;
  made->context_ = llama_init_from_model(model.handle(), params);
  if (made->context_ == nullptr) {
    return refuse(Refusal::internal(Layer::inference, "the engine's context cannot be made"));
  }
  ggml_threadpool_params pool = ggml_threadpool_params_default(threads);
  made->threads_ = ggml_threadpool_new(&pool);
  if (made->threads_ != nullptr) {
    llama_attach_threadpool(made->context_, made->threads_, made->threads_);
  }
  made->memory_ = std::make_unique<Memory>(made->context_);
  made->slots_ = std::make_unique<KvSlots>(sequences, cells, *made->memory_);
  made->batch_ = std::make_unique<Batch>(options.prefill_alone + options.sequences);
  return made;
}

Scheduler::~Scheduler() {
  running_.clear();
  slots_.reset();
  if (context_ != nullptr) llama_free(context_);
  if (threads_ != nullptr) ggml_threadpool_free(threads_);
}

void Scheduler::enqueue(Work work) {
  const auto cost = static_cast<int64_t>(work.prompt->size()) + work.max_new;
  const std::string tenant = work.generation->tenant;
  queue_.push(tenant, cost, std::move(work));
}

EngineStats Scheduler::stats() const {
  EngineStats stats = stats_;
  stats.running = static_cast<int>(running_.size());
  stats.waiting = queue_.size();
  return stats;
}

void Scheduler::fail_all(const Refusal& refusal) {
  for (auto& run : running_) run->work.generation->fail(refusal);
  running_.clear();
  while (!queue_.empty()) queue_.pop().generation->fail(refusal);
}

// Who was cancelled, failed or is too late makes room before anything is computed for it.
void Scheduler::drop_dead() {
  const SteadyTime now = clock_.steady();
  queue_.remove_if([&](Work& work) {
    Generation& generation = *work.generation;
    if (generation.cancelled() || generation.failed()) return true;
    if (now < std::min(generation.queue_deadline, generation.deadline)) return false;
    Refusal late = timed_out("queue_timeout", "The embedded model was too busy for this request.");
    late.kind = ErrorKind::unavailable;
    late.retry_after = std::chrono::seconds(5);
    generation.fail(std::move(late));
    return true;
  });
  for (size_t i = running_.size(); i-- > 0;) {
    Run& run = *running_[i];
    Generation& generation = *run.work.generation;
    if (now >= generation.deadline) {
      generation.fail(timed_out("timeout", "The embedded model did not finish in time."));
    }
    if (!generation.cancelled() && !generation.failed()) continue;
    if (generation.cancelled()) ++stats_.cancelled;
    finish(i);
  }
}

void Scheduler::finish(size_t index) {
  Run& done = *running_[index];
  for (auto& run : running_) {
    if (run->leader == &done) run->leader = nullptr;
  }
  slots_->release(done.lease.sequence);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
}

// The running choice whose prompt, once computed, shares the longest beginning with this one.
Scheduler::Run* Scheduler::leader_of(const Work& work, int64_t& shared) {
  const std::vector<Token>& prompt = *work.prompt;
  Run* leader = nullptr;
  for (const auto& run : running_) {
    if (run->prompt_done() && run->next >= 0) continue;
    if (run->work.generation->tenant != work.generation->tenant) continue;
    const auto& theirs = *run->work.prompt;
    const auto limit = static_cast<std::ptrdiff_t>(std::min(theirs.size(), prompt.size() - 1));
    const int64_t common =
        std::mismatch(theirs.begin(), theirs.begin() + limit, prompt.begin()).first -
        theirs.begin();
    if (common > shared) {
      shared = common;
      leader = run.get();
    }
  }
  return leader;
}

bool Scheduler::start(Work& work) {
  const std::vector<Token>& prompt = *work.prompt;
  const std::string& tenant = work.generation->tenant;
  int64_t later = slots_->reusable(prompt, tenant) + kWorthWaiting;
  Run* leader = leader_of(work, later);
  auto lease = slots_->acquire(prompt, work.max_new, leader != nullptr ? later : 0, tenant);
  if (!lease) return false;
  auto run = std::make_unique<Run>();
  run->lease = *lease;
  run->fed = static_cast<size_t>(lease->reused);
  run->leader = leader;
  run->leader_until = later;
  run->work = std::move(work);
  running_.push_back(std::move(run));
  return true;
}

void Scheduler::admit() {
  while (!queue_.empty() && running_.size() < static_cast<size_t>(options_.sequences)) {
    if (!start(queue_.front())) return;  // until something that runs makes room
    queue_.pop();
  }
}

void Scheduler::resolve_waiting(Run& run) {
  if (run.leader != nullptr && static_cast<int64_t>(run.leader->computed) < run.leader_until)
    return;
  const bool waited = run.leader_until > 0;
  run.leader = nullptr;
  run.leader_until = 0;
  if (waited) run.fed = static_cast<size_t>(slots_->adopt(run.lease.sequence, *run.work.prompt));
  run.lease.reused = static_cast<int64_t>(run.fed);
}

void Scheduler::add(Run& run, Token token, bool wants_logits) {
  llama_batch& raw = batch_->raw;
  const int32_t i = raw.n_tokens++;
  raw.token[i] = token;
  raw.pos[i] = static_cast<llama_pos>(run.fed + static_cast<size_t>(run.work.answer->generated()));
  raw.n_seq_id[i] = 1;
  raw.seq_id[i][0] = run.lease.sequence;
  raw.logits[i] = wants_logits ? 1 : 0;
  if (wants_logits) run.output = i;
  batch_->entries.emplace_back(&run, token);
}

void Scheduler::fill_batch() {
  batch_->raw.n_tokens = 0;
  batch_->entries.clear();
  int generating = 0;
  for (auto& run : running_) {
    run->output = -1;
    if (run->next < 0) continue;
    llama_batch& raw = batch_->raw;
    add(*run, run->next, true);
    // The token that is computed now was counted when it was chosen.
    --raw.pos[raw.n_tokens - 1];
    ++generating;
  }
  int room = generating > 0 ? options_.prefill_beside : options_.prefill_alone;
  for (auto& run : running_) {
    if (run->next >= 0) continue;
    if (run->leader_until > 0) resolve_waiting(*run);
    if (run->leader != nullptr) continue;
    const std::vector<Token>& prompt = *run->work.prompt;
    while (room > 0 && !run->prompt_done() && !batch_->full()) {
      const bool last = run->fed + 1 == prompt.size();
      add(*run, prompt[run->fed], last);
      ++run->fed;
      --room;
    }
    if (room == 0) break;
  }
}

bool Scheduler::compute() {
  const int32_t code = llama_decode(context_, batch_->raw);
  if (code == 0) return true;
  // 1: no room for the batch, which the reservation rules out; below 0: the engine itself failed.
  log::error("engine_step_failed", {{"code", code}, {"tokens", batch_->raw.n_tokens}});
  const Refusal refusal =
      Refusal::internal(Layer::inference, "llama_decode returned " + std::to_string(code));
  for (auto& run : running_) {
    run->work.generation->fail(refusal);
    slots_->release(run->lease.sequence, /*forget=*/true);
  }
  running_.clear();
  return false;
}

void Scheduler::advance_all() {
  for (auto& entry : batch_->entries) slots_->append(entry.first->lease.sequence, entry.second);
  // What was computed is counted at once: whoever leaves pays for it.
  for (auto& run : running_) {
    Generation& generation = *run->work.generation;
    const auto taken_in = static_cast<int64_t>(run->fed - run->computed);
    if (taken_in > 0 && run->work.counts_prompt) generation.count_input(taken_in, 0);
    run->computed = run->fed;
    if (run->output < 0) continue;
    Answer& answer = *run->work.answer;
    if (run->next < 0) {  // the prompt is done
      stats_.prompt_tokens += run->work.prompt->size();
      stats_.reused_tokens += static_cast<uint64_t>(run->lease.reused);
      if (run->work.counts_prompt) generation.count_input(0, run->lease.reused);
    }
    const int64_t before = answer.generated();
    const std::optional<Token> next = answer.advance(llama_get_logits_ith(context_, run->output));
    generation.count_output(answer.generated() - before);
    stats_.generated_tokens += static_cast<uint64_t>(answer.generated() - before);
    run->over = !next;
    run->next = next.value_or(-1);
  }
}

void Scheduler::hand_over(Run& run) {
  Generation& generation = *run.work.generation;
  if (run.over) {
    generation.deliver(run.work.answer->take());
  } else if (run.work.answer->has_output() && generation.wants_more()) {
    generation.deliver(run.work.answer->take());
  }
}

void Scheduler::step() {
  drop_dead();
  admit();
  fill_batch();
  if (batch_->raw.n_tokens == 0) {
    // What waits although nothing runs can never start: it is larger than the whole memory.
    if (running_.empty() && !queue_.empty()) {
      queue_.pop().generation->fail(
          Refusal::internal(Layer::inference, "a prompt larger than the engine's memory"));
    }
    return;
  }
  if (!compute()) return;
  ++stats_.steps;
  advance_all();
  for (size_t i = 0; i < running_.size(); ++i) {
    if (running_[i]->output >= 0) hand_over(*running_[i]);
  }
  for (size_t i = running_.size(); i-- > 0;) {
    if (running_[i]->over) finish(i);
  }
}

}  // namespace gatehouse::inference::local
