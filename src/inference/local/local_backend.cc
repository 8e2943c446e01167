#include "inference/local/local_backend.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/ids.h"
#include "core/random.h"
#include "core/worker_pool.h"
#include "inference/local/chat_answer.h"
#include "inference/local/embedder.h"
#include "inference/local/encoder/sentence_encoder.h"
#include "inference/local/parameters.h"
#include "inference/local/prepare.h"
#include "net/client.h"
#include "net/loop.h"

namespace gatehouse::inference::local {
namespace {

// How long the first load of a model may take before a request gives up on it.
constexpr std::chrono::minutes kLoadLimit{2};
constexpr size_t kPrepareThreads = 1;

/// What ids of answers begin with at whose API this is.
std::string_view id_prefix(const api::ChatRequest& request) {
  if (request.dialect == api::Dialect::anthropic) return "msg_";
  return request.operation == api::ChatRequest::Operation::chat ? "chatcmpl-" : "cmpl-";
}
/// Of the chat model, beside its own.
constexpr std::array<std::string_view, 2> kShortNames{"smollm2", "default"};

SteadyTime deadline_after(const Clock& clock, int64_t ms) {
  // No limit: a week is longer than any answer.
  return clock.steady() + (ms > 0 ? std::chrono::milliseconds(ms) : std::chrono::hours(24 * 7));
}

// Cancels the work when nobody holds the stream any more.
class Guard {
 public:
  explicit Guard(std::shared_ptr<Generation> generation) : generation_(std::move(generation)) {}
  ~Guard() { generation_->cancel(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  Generation& operator*() const { return *generation_; }

 private:
  std::shared_ptr<Generation> generation_;
};

class LocalStream final : public ChatStream {
 public:
  LocalStream(std::shared_ptr<Generation> generation, Cancellation& cancellation, std::string id,
              std::string model, int64_t created)
      : guard_(std::move(generation)),
        cancellation_(cancellation),
        id_(std::move(id)),
        model_(std::move(model)),
        created_(created) {}

  Task<Result<std::optional<api::ChatEvent>>> next() override {
    if (first_) co_return std::exchange(first_, std::nullopt);
    if (over_) co_return std::optional<api::ChatEvent>{};
    Result<Generation::Batch> batch = co_await (*guard_).next(cancellation_);
    if (!batch) co_return refuse(std::move(batch).error());
    api::ChatEvent event;
    event.id = id_;
    event.model = model_;
    event.created = created_;
    event.choices = std::move(batch->deltas);
    over_ = batch->over;
    if (over_) event.usage = batch->usage;
    co_return event;
  }

  std::optional<api::Usage> used() const override { return (*guard_).usage(); }

  Task<Result<void>> begin() {
    Result<std::optional<api::ChatEvent>> event = co_await next();
    if (!event) co_return refuse(std::move(event).error());
    first_ = std::move(*event);
    co_return Result<void>{};
  }

 private:
  Guard guard_;
  Cancellation& cancellation_;
  const std::string id_, model_;
  const int64_t created_;
  std::optional<api::ChatEvent> first_;
  bool over_ = false;
};

constexpr int kEmbeddingWidth = 384;
constexpr int32_t kEmbeddingTokens = 512;  // of the longest text

Result<void> tokenize_inputs(Embedder& embedder, const std::vector<std::string>& inputs,
                             std::vector<std::vector<Token>>& out, int64_t& tokens) {
  const Result<SentenceEncoder*> encoder = embedder.load();
  if (!encoder) return refuse(encoder.error());
  const size_t longest = (*encoder)->longest();
  for (size_t i = 0; i < inputs.size(); ++i) {
    // Of a text that is too long in any case not all need be looked at.
    const bool hopeless = inputs[i].size() > longest * (*encoder)->model().longest_piece();
    out.push_back(hopeless ? std::vector<Token>{} : (*encoder)->tokenize(inputs[i]));
    if (hopeless || out.back().size() > longest) {
      return refuse(Refusal::invalid(
          "input[" + std::to_string(i) + "]",
          "This model takes at most " + std::to_string(longest) + " tokens of text.",
          "context_length_exceeded"));
    }
    tokens += static_cast<int64_t>(out.back().size());
  }
  return {};
}

void tell_ignored(const std::vector<std::string>& names, CallContext& context) {
  if (names.empty()) return;
  context.trail.note(Layer::inference, "parameters_ignored",
                     fmt::format("{}", fmt::join(names, ", ")));
  if (!context.warnings) return;
  for (const std::string& name : names) {
    context.warnings->push_back(name + ": is not known to the embedded model");
  }
}

Refusal unknown_model(std::string_view name) {
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.layer = Layer::inference;
  refusal.code = "model_not_found";
  refusal.message = "The embedded engine has no model \"" + std::string(name) + "\".";
  refusal.param = "model";
  return refusal;
}

Refusal other_use(std::string_view name, std::string_view kind, std::string_view path) {
  return Refusal::invalid("model", fmt::format("'{}' is {} model; use {}.", name, kind, path),
                          "unsupported_operation");
}

}  // namespace

class LocalBackend::Impl {
 public:
  Impl(LocalEngineSpec engine_spec, const Clock& time)
      : spec(std::move(engine_spec)),
        clock(time),
        workers(kPrepareThreads, static_cast<size_t>(spec.queue_limit)) {}

  /// There is one chat model, under its own name and those that the configuration gives it.
  bool answers_to(std::string_view name) const {
    return name.empty() || name == model->id() ||
           std::find(kShortNames.begin(), kShortNames.end(), name) != kShortNames.end();
  }

  Result<void> check_chats(std::string_view name) const {
    if (answers_to(name)) return {};
    if (name != embedding_id) return refuse(unknown_model(name));
    return refuse(other_use(name, "an embedding", "/v1/embeddings"));
  }

  Result<void> check_embeds(std::string_view name) const {
    if (name.empty() || name == embedding_id) return {};
    if (!answers_to(name)) return refuse(unknown_model(name));
    return refuse(other_use(name, "a chat", "/v1/chat/completions or /v1/messages"));
  }

  Preparation preparation() const {
    return {*model, *chat_template, spec.context_tokens, spec.default_max_tokens};
  }

  Task<Result<std::shared_ptr<Generation>>> start(const api::ChatRequest& request,
                                                  CallContext& context);

  const LocalEngineSpec spec;
  const Clock& clock;
  const Model* model = nullptr;
  std::unique_ptr<ChatTemplate> chat_template;
  std::string embedding_id;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Embedder> embedder;
  WorkerPool workers;  // the last, so that its jobs end before what they use
};

Task<Result<std::shared_ptr<Generation>>> LocalBackend::Impl::start(const api::ChatRequest& request,
                                                                    CallContext& context) {
  Result<void> checked = check_chats(context.model);
  if (!checked) co_return refuse(std::move(checked).error());
  const Preparation with = preparation();
  checked = check_request(with, request);
  if (!checked) co_return refuse(std::move(checked).error());
  tell_ignored(ignored_parameters(request.extra, request.response_format.member), context);
  const int choices = request.sampling.n * std::max(1, static_cast<int>(request.prompts.size()));
  const SteadyTime end_by = deadline_after(clock, context.deadlines.total_ms);
  const SteadyTime start_by = std::min(deadline_after(clock, spec.queue_timeout_ms),
                                       deadline_after(clock, context.deadlines.first_byte_ms));
  auto generation = std::make_shared<Generation>(context.tenant, choices, start_by, end_by);
  generation->on_cancel = [engine = engine.get()] { engine->nudge(); };
  const ToolReader::MakeId make_call_id = [this] {
    return make_id("call_", clock, Random::system());
  };

  Result<std::vector<Work>> work = std::vector<Work>{};
  int64_t prompt_tokens = 0;
  std::function<void()> job = [&] {
    Result<Prompts> prompts = prepare_prompts(with, request);
    if (!prompts) {
      work = refuse(std::move(prompts).error());
      return;
    }
    for (const auto& prompt : prompts->prompts) {
      prompt_tokens += static_cast<int64_t>(prompt->size());
    }
    work = prepare_work(with, request, *prompts, Random::system().next_u64(), generation,
                        make_call_id);
  };
  Result<void> ran = co_await workers.run(std::move(job));
  if (!ran) co_return refuse(std::move(ran).error());
  if (!work) co_return refuse(std::move(work).error());
  context.trail.number(Layer::inference, "prompt", prompt_tokens, "tokens");
  Result<void> queued = engine->submit(std::move(*work));
  if (!queued) co_return refuse(std::move(queued).error());
  co_return generation;
}

LocalBackend::LocalBackend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalBackend::~LocalBackend() = default;

Result<std::shared_ptr<LocalBackend>> LocalBackend::open(LocalEngineSpec spec, const Clock& clock) {
  if (spec.chat_model_path.empty()) spec.chat_model_path = find_pinned_model(kPinnedChatModel);
  if (spec.embedding_model_path.empty()) {
    spec.embedding_model_path = find_pinned_model(kPinnedEmbeddingModel);
  }
  EngineOptions options;
  options.model_path = spec.chat_model_path;
  options.threads = spec.threads;
  options.sequences = spec.max_sequences;
  options.context_tokens = spec.context_tokens;
  options.queue_limit = spec.queue_limit;
  auto impl = std::make_unique<Impl>(std::move(spec), clock);
  impl->engine = std::make_unique<Engine>(std::move(options), clock);
  Result<const Model*> model = impl->engine->wait_ready(clock.steady() + kLoadLimit);
  if (!model) return refuse(std::move(model).error());
  impl->model = *model;
  auto chat_template = ChatTemplate::of(*impl->model);
  if (!chat_template) return refuse(std::move(chat_template).error());
  impl->chat_template = std::move(*chat_template);

  Embedder::Options embedding;
  embedding.model_path = impl->spec.embedding_model_path;
  embedding.threads = impl->spec.threads;
  embedding.queue_limit = static_cast<size_t>(impl->spec.queue_limit);
  impl->embedding_id = Model::id_of(embedding.model_path);
  impl->embedder = std::make_unique<Embedder>(std::move(embedding), clock);
  return std::shared_ptr<LocalBackend>(new LocalBackend(std::move(impl)));
}

Task<Result<api::ChatCompletion>> LocalBackend::complete(const api::ChatRequest& request,
                                                         CallContext& context) {
  auto generation = co_await impl_->start(request, context);
  if (!generation) co_return refuse(std::move(generation).error());
  Guard guard(*generation);
  api::ChatCompletion completion;
  completion.id = context.loop.ids().make(id_prefix(request));
  completion.model = impl_->model->id();
  completion.created = unix_seconds(impl_->clock.wall());
  for (bool over = false; !over;) {
    Result<Generation::Batch> batch = co_await (*guard).next(context.cancellation);
    if (!batch) {
      context.used = (*guard).usage();
      co_return refuse(std::move(batch).error());
    }
    for (const api::ChoiceDelta& delta : batch->deltas) {
      const auto at = static_cast<size_t>(delta.index);
      if (completion.choices.size() <= at) completion.choices.resize(at + 1);
      append_delta(completion.choices[at], delta);
    }
    over = batch->over;
    completion.usage = batch->usage;
  }
  context.trail.number(Layer::inference, "prefix_reused", completion.usage.cached_input, "tokens");
  co_return completion;
}

Task<Result<std::unique_ptr<ChatStream>>> LocalBackend::stream(const api::ChatRequest& request,
                                                               CallContext& context) {
  auto generation = co_await impl_->start(request, context);
  if (!generation) co_return refuse(std::move(generation).error());
  auto stream = std::make_unique<LocalStream>(
      std::move(*generation), context.cancellation, context.loop.ids().make(id_prefix(request)),
      impl_->model->id(), unix_seconds(impl_->clock.wall()));
  Result<void> begun = co_await stream->begin();
  if (!begun) {
    context.used = stream->used().value_or(api::Usage{});
    co_return refuse(std::move(begun).error());
  }
  std::unique_ptr<ChatStream> as_stream = std::move(stream);
  co_return as_stream;
}

Task<Result<int64_t>> LocalBackend::count_tokens(const api::ChatRequest& request,
                                                 CallContext& context) {
  Result<void> checked = impl_->check_chats(context.model);
  if (!checked) co_return refuse(std::move(checked).error());
  const Preparation with = impl_->preparation();
  Result<int64_t> count = int64_t{0};
  std::function<void()> job = [&] {
    Result<Prompts> prompts = prepare_prompts(with, request);
    if (!prompts) {
      count = refuse(std::move(prompts).error());
      return;
    }
    for (const auto& prompt : prompts->prompts) *count += static_cast<int64_t>(prompt->size());
  };
  Result<void> ran = co_await impl_->workers.run(std::move(job));
  if (!ran) co_return refuse(std::move(ran).error());
  co_return count;
}

Task<Result<api::EmbeddingResponse>> LocalBackend::embed(const api::EmbeddingRequest& request,
                                                         CallContext& context) {
  Result<void> checked = impl_->check_embeds(context.model);
  if (!checked) co_return refuse(std::move(checked).error());
  if (!request.token_inputs.empty()) {
    co_return refuse(Refusal::invalid(
        "input", "The embedded model takes texts: tokens are of another model's vocabulary.",
        "unsupported_parameter"));
  }
  if (request.dimensions && *request.dimensions != kEmbeddingWidth) {
    co_return refuse(Refusal::invalid("dimensions", "This model's vectors have 384 dimensions.",
                                      "unsupported_parameter"));
  }
  tell_ignored(ignored_parameters(request.extra), context);
  EmbeddingJob work;
  work.tenant = context.tenant;
  work.deadline = deadline_after(
      impl_->clock, std::min(impl_->spec.queue_timeout_ms, context.deadlines.first_byte_ms));
  work.result = std::make_shared<Handoff<Vectors>>();
  int64_t tokens = 0;
  Result<void> prepared;
  std::function<void()> job = [&] {
    prepared = tokenize_inputs(*impl_->embedder, request.inputs, work.inputs, tokens);
  };
  Result<void> ran = co_await impl_->workers.run(std::move(job));
  if (!ran) co_return refuse(std::move(ran).error());
  if (!prepared) co_return refuse(std::move(prepared).error());
  const std::shared_ptr<Handoff<Vectors>> result = work.result;
  Result<void> queued = impl_->embedder->submit(std::move(work));
  if (!queued) co_return refuse(std::move(queued).error());
  Result<Vectors> vectors = co_await result->wait(context.cancellation);
  if (!vectors) {
    // Several threads compute the texts one by one: how many were done is not told.
    if (vectors.error().kind == ErrorKind::client_gone) {
      context.used.input = tokens;
      context.used.estimated = true;
    }
    co_return refuse(std::move(vectors).error());
  }
  api::EmbeddingResponse response;
  response.model = impl_->embedding_id;
  response.embeddings = std::move(*vectors);
  response.usage.input = tokens;
  co_return response;
}

std::vector<ModelInfo> LocalBackend::models() const {
  ModelInfo chat;
  chat.id = impl_->model->id();
  chat.other_names.assign(kShortNames.begin(), kShortNames.end());
  chat.owned_by = "local";
  chat.created = impl_->model->created();
  chat.context_tokens = impl_->spec.context_tokens;
  std::vector<ModelInfo> all{chat};
  if (!impl_->embedding_id.empty()) {
    ModelInfo embedding = chat;
    embedding.id = impl_->embedding_id;
    embedding.other_names.clear();
    embedding.context_tokens = kEmbeddingTokens;
    embedding.embeds = true;
    all.push_back(std::move(embedding));
  }
  return all;
}

EngineStats LocalBackend::stats() const {
  return impl_->engine->stats();
}

}  // namespace gatehouse::inference::local
