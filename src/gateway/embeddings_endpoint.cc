#include <algorithm>
#include <utility>

#include "api/requests.h"
#include "api/responses.h"
#include "gateway/endpoints.h"
#include "gateway/input_guard.h"
#include "gateway/model_call.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {
namespace {

Task<Result<api::EmbeddingResponse>> embed(RequestScope& scope, api::EmbeddingRequest& request) {
  Result<const routing::AliasSpec*> alias = scope.route(request.model);
  if (!alias) co_return refuse(std::move(alias.error()));
  scope.hash_prompt(request);
  const auto bytes = static_cast<int64_t>(request.body.size());
  Result<void> step = scope.admit(admission::estimate_tokens(bytes, 0, 0, 1));
  if (!step) co_return refuse(std::move(step.error()));
  step = co_await guard_embedding_input(scope, request);
  if (!step) co_return refuse(std::move(step.error()));
  step = scope.reserve(**alias, admission::upper_bound(bytes, 0, 0, 1));
  if (!step) co_return refuse(std::move(step.error()));
  ModelCall call(scope, **alias);
  const SteadyTime asked = scope.services().loop.clock().steady();
  Result<api::EmbeddingResponse> response = co_await call.embed(request);
  scope.record.upstream_time = scope.services().loop.clock().steady() - asked;
  co_return response;
}

}  // namespace

Task<void> serve_embeddings(net::Exchange& exchange, LoopServices& services) {
  RequestScope scope(exchange, services, api::Dialect::openai, "embeddings");
  if (Result<void> begun = scope.begin(); !begun) {
    co_await scope.fail(std::move(begun.error()));
    co_return;
  }
  Result<api::EmbeddingRequest> request =
      api::parse_openai_embedding(std::move(exchange.request().body()));
  if (!request) {
    co_await scope.fail(std::move(request.error()));
    co_return;
  }
  Result<api::EmbeddingResponse> response = co_await embed(scope, *request);
  if (!response) {
    co_await scope.fail(std::move(response.error()));
    co_return;
  }
  std::string body = api::render_embeddings(*response, request->base64);
  co_await scope.answer(std::move(body), response->usage);
}

}  // namespace gatehouse::gateway
