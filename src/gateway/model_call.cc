#include "gateway/model_call.h"

#include <utility>

#include <fmt/format.h>

#include "gateway/usage_estimate.h"

namespace gatehouse::gateway {
namespace {

/// Whether another upstream may do better.
bool worth_another(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::upstream_error:
    case ErrorKind::upstream_timeout:
    case ErrorKind::rate_limited:
    case ErrorKind::unavailable:
    case ErrorKind::internal:
      return true;
    default:
      return false;
  }
}

Refusal no_upstream() {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::routing;
  refusal.code = "no_upstream";
  refusal.message = "No upstream can answer for this model now.";
  return refusal;
}

}  // namespace

ModelCall::ModelCall(RequestScope& scope, const routing::AliasSpec& alias)
    : scope_(scope), alias_(alias) {}

inference::CallContext* ModelCall::begin(const routing::Target& target) {
  LoopServices& services = scope_.services();
  // Of the snapshot that the request keeps alive; the loop's may be swapped while the call waits.
  upstream_ = scope_.snapshot().upstream(target.upstream);
  if (!upstream_) return nullptr;
  ++scope_.record.attempts;
  scope_.record.upstream = target.upstream;
  scope_.record.model_served = target.model;
  scope_.record.provider = upstream_->backend->provider();
  scope_.trail().note(Layer::routing, "target", {target.upstream, "/", target.model});
  const settlement::TraceContext& trace = scope_.trace();
  context_ = std::make_unique<inference::CallContext>(inference::CallContext{
      services.loop, services.client, scope_.exchange().cancellation(), scope_.trail(),
      upstream_->deadlines, scope_.id(), scope_.record.tenant, target.model, trace.traceparent(),
      trace.tracestate()});
  scope_.ignored.clear();
  context_->warnings = &scope_.ignored;
  offer_betas();
  return context_.get();
}

/// Fields that an upstream takes only with the beta's name would fail without it.
void ModelCall::offer_betas() {
  if (scope_.betas().empty()) return;
  const bool spoken = scope_.dialect() == api::Dialect::anthropic &&
                      upstream_->backend->provider() == to_string(api::Dialect::anthropic);
  if (spoken) {
    context_->anthropic_beta = scope_.betas();
  } else {
    constexpr std::string_view kWhy =
        "anthropic-beta: client and upstream do not both speak Anthropic's API";
    scope_.trail().note(Layer::inference, "not_honoured", kWhy);
    scope_.ignored.emplace_back(kWhy);
  }
}

void ModelCall::cap_output(const api::ChatRequest& request) {
  if (request.sampling.max_tokens || !scope_.budgeted()) return;
  context_->cap_output = true;
  scope_.trail().number(Layer::admission, "max_tokens", upstream_->default_max_tokens, "tokens",
                        "the default: a budget holds and the request sets none");
}

bool ModelCall::falls_back(const routing::Target& target, const Refusal& refusal) {
  scope_.trail().note(Layer::routing, "failed",
                      fmt::format("{}: {} {}", target.upstream, to_string(refusal.kind),
                                  refusal.reason.empty() ? refusal.code : refusal.reason));
  scope_.services().settlement.count_upstream_error(target.upstream, refusal.code);
  last_ = refusal;
  const bool owed = context_->cost_unknown ? scope_.owe_bound() : scope_.owe(context_->used);
  if (!worth_another(refusal.kind) || scope_.exchange().cancellation().cancelled()) return false;
  const bool last = &target == &alias_.targets.back();
  return last || !owed || scope_.reserve_again();
}

Refusal ModelCall::failure() {
  return last_ ? std::move(*last_) : no_upstream();
}

Task<Result<api::ChatCompletion>> ModelCall::complete(const api::ChatRequest& request) {
  for (const routing::Target& target : alias_.targets) {
    inference::CallContext* context = begin(target);
    if (!context) continue;
    cap_output(request);
    Result<api::ChatCompletion> answer = co_await upstream_->backend->complete(request, *context);
    if (answer) {
      estimate_missing(*answer, request.body.size());
      co_return answer;
    }
    if (!falls_back(target, answer.error())) break;
  }
  co_return refuse(failure());
}

Task<Result<std::unique_ptr<inference::ChatStream>>> ModelCall::stream(
    const api::ChatRequest& request) {
  for (const routing::Target& target : alias_.targets) {
    inference::CallContext* context = begin(target);
    if (!context) continue;
    cap_output(request);
    Result<std::unique_ptr<inference::ChatStream>> stream =
        co_await upstream_->backend->stream(request, *context);
    if (stream) co_return stream;
    if (!falls_back(target, stream.error())) break;
  }
  co_return refuse(failure());
}

Task<Result<api::EmbeddingResponse>> ModelCall::embed(const api::EmbeddingRequest& request) {
  for (const routing::Target& target : alias_.targets) {
    inference::CallContext* context = begin(target);
    if (!context) continue;
    Result<api::EmbeddingResponse> answer = co_await upstream_->backend->embed(request, *context);
    if (answer) {
      estimate_missing(*answer, request.body.size());
      co_return answer;
    }
    if (!falls_back(target, answer.error())) break;
  }
  co_return refuse(failure());
}

Task<Result<int64_t>> ModelCall::count_tokens(const api::ChatRequest& request) {
  for (const routing::Target& target : alias_.targets) {
    inference::CallContext* context = begin(target);
    if (!context) continue;
    Result<int64_t> count = co_await upstream_->backend->count_tokens(request, *context);
    if (count) co_return count;
    if (!falls_back(target, count.error())) break;
  }
  co_return refuse(failure());
}

}  // namespace gatehouse::gateway
