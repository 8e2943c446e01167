#include <algorithm>
#include <utility>

#include "api/requests.h"
#include "api/responses.h"
#include "gateway/chat_stream.h"
#include "gateway/endpoints.h"
#include "gateway/input_guard.h"
#include "gateway/model_call.h"
#include "gateway/output_guard.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {
namespace {

using Parse = Result<api::ChatRequest> (*)(std::string body);

int64_t media_parts(const api::ChatRequest& request) {
  int64_t count = 0;
  for (const api::Message& message : request.messages) {
    for (const api::Part& part : message.parts) {
      count += part.kind == api::Part::Kind::image || part.kind == api::Part::Kind::audio ||
               part.kind == api::Part::Kind::file;
    }
  }
  return count;
}

/// The most output tokens that one choice can have: what the caller says, else the largest default
/// of the upstreams that may answer.
int64_t output_bound(const RequestScope& scope, const routing::AliasSpec& alias,
                     const api::ChatRequest& request) {
  if (request.sampling.max_tokens) return *request.sampling.max_tokens;
  int64_t bound = 0;
  for (const routing::Target& target : alias.targets) {
    const Upstream* upstream = scope.snapshot().upstream(target.upstream);
    if (upstream) bound = std::max(bound, upstream->default_max_tokens);
  }
  return bound;
}

/// Everything between the parsed request and the model: who may, how much, and is it safe. Gives
/// the alias that answers.
Task<Result<const routing::AliasSpec*>> let_in(RequestScope& scope, const routing::AliasSpec& alias,
                                               api::ChatRequest& request) {
  const auto bytes = static_cast<int64_t>(request.body.size());
  const int64_t media = media_parts(request);
  const int64_t output = output_bound(scope, alias, request);
  const auto prompts = static_cast<int64_t>(std::max<size_t>(request.prompts.size(), 1));
  const int64_t choices = request.sampling.n * prompts;
  Result<void> step = scope.admit(admission::estimate_tokens(bytes, media, output, choices));
  if (!step) co_return refuse(std::move(step.error()));
  step = co_await guard_input(scope, request);
  if (!step) co_return refuse(std::move(step.error()));
  const routing::AliasSpec& answering = scope.answering(alias);
  const int64_t sent = bytes + scope.added_bytes;
  const int64_t most = output_bound(scope, answering, request);
  Result<void> reserved =
      scope.reserve(answering, admission::upper_bound(sent, media, most, choices));
  if (!reserved) co_return refuse(std::move(reserved.error()));
  co_return &answering;
}

Task<void> answer_whole(RequestScope& scope, const routing::AliasSpec& alias,
                        const api::ChatRequest& request) {
  ModelCall call(scope, alias);
  const SteadyTime asked = scope.services().loop.clock().steady();
  Result<api::ChatCompletion> completion = co_await call.complete(request);
  scope.record.upstream_time = scope.services().loop.clock().steady() - asked;
  if (!completion) {
    co_await scope.fail(std::move(completion.error()));
    co_return;
  }
  AnswerGuard guard(scope, request);
  Result<void> passed = guard.inspect(*completion);
  guard.record();
  if (!passed) {
    co_await scope.fail(std::move(passed.error()), completion->usage);
    co_return;
  }
  std::string body = api::render_completion(*completion, request);
  co_await scope.answer(std::move(body), completion->usage);
}

Task<void> serve_chat(net::Exchange& exchange, LoopServices& services, api::Dialect dialect,
                      std::string_view operation, Parse parse) {
  RequestScope scope(exchange, services, dialect, operation);
  if (Result<void> begun = scope.begin(); !begun) {
    co_await scope.fail(std::move(begun.error()));
    co_return;
  }
  Result<api::ChatRequest> request = parse(std::move(exchange.request().body()));
  if (!request) {
    co_await scope.fail(std::move(request.error()));
    co_return;
  }
  scope.record.stream = request->stream;
  Result<const routing::AliasSpec*> alias = scope.route(request->model);
  if (!alias) {
    co_await scope.fail(std::move(alias.error()));
    co_return;
  }
  scope.hash_prompt(*request);
  Result<const routing::AliasSpec*> answering = co_await let_in(scope, **alias, *request);
  if (!answering) {
    co_await scope.fail(std::move(answering.error()));
    co_return;
  }
  if (request->stream) {
    co_await answer_streamed(scope, **answering, *request);
  } else {
    co_await answer_whole(scope, **answering, *request);
  }
}

}  // namespace

Task<void> serve_openai_chat(net::Exchange& exchange, LoopServices& services) {
  return serve_chat(exchange, services, api::Dialect::openai, "chat", api::parse_openai_chat);
}

Task<void> serve_openai_completion(net::Exchange& exchange, LoopServices& services) {
  return serve_chat(exchange, services, api::Dialect::openai, "text_completion",
                    api::parse_openai_completion);
}

Task<void> serve_anthropic_messages(net::Exchange& exchange, LoopServices& services) {
  return serve_chat(exchange, services, api::Dialect::anthropic, "chat",
                    api::parse_anthropic_messages);
}

Task<void> serve_anthropic_count_tokens(net::Exchange& exchange, LoopServices& services) {
  RequestScope scope(exchange, services, api::Dialect::anthropic, "count_tokens");
  if (Result<void> begun = scope.begin(); !begun) {
    co_await scope.fail(std::move(begun.error()));
    co_return;
  }
  Result<api::ChatRequest> request =
      api::parse_anthropic_count_tokens(std::move(exchange.request().body()));
  if (!request) {
    co_await scope.fail(std::move(request.error()));
    co_return;
  }
  Result<const routing::AliasSpec*> alias = scope.route(request->model);
  if (!alias) {
    co_await scope.fail(std::move(alias.error()));
    co_return;
  }
  scope.hash_prompt(*request);
  Result<void> in = scope.admit(0);
  // What is counted leaves the house like what is answered.
  if (in) in = co_await guard_input(scope, *request);
  if (!in) {
    co_await scope.fail(std::move(in.error()));
    co_return;
  }
  ModelCall call(scope, scope.answering(**alias));
  Result<int64_t> count = co_await call.count_tokens(*request);
  if (!count) {
    co_await scope.fail(std::move(count.error()));
    co_return;
  }
  std::string body = api::render_token_count(*count);
  co_await scope.answer(std::move(body), api::Usage{});
}

}  // namespace gatehouse::gateway
