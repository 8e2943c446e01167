#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "api/chat.h"
#include "core/task.h"
#include "gateway/request_scope.h"
#include "inference/backend.h"
#include "routing/routes.h"

namespace gatehouse::gateway {

/// Asks the targets of an alias in order until one answers. A failure before the first output moves
/// on to the next target; what the caller must mend does not. Fills in the record's upstream,
/// model, provider and attempts, and a usage that the upstream left out. A call that fails is
/// charged what it used: nothing if the upstream refused it, its bound if nobody can know. One call
/// per request; `scope` must outlive it and its stream.
class ModelCall {
 public:
  ModelCall(RequestScope& scope, const routing::AliasSpec& alias);

  Task<Result<api::ChatCompletion>> complete(const api::ChatRequest& request);
  /// Returns when the first output is there.
  Task<Result<std::unique_ptr<inference::ChatStream>>> stream(const api::ChatRequest& request);
  Task<Result<api::EmbeddingResponse>> embed(const api::EmbeddingRequest& request);
  Task<Result<int64_t>> count_tokens(const api::ChatRequest& request);

 private:
  /// The context for a target, or null if its upstream is not there.
  inference::CallContext* begin(const routing::Target& target);
  void offer_betas();
  /// Has the upstream keep to what was reserved for a request that sets no maximum.
  void cap_output(const api::ChatRequest& request);
  /// Charges what the call that failed used, or may have. Whether the next target should be tried.
  bool falls_back(const routing::Target& target, const Refusal& refusal);
  /// What no target's answer leaves to tell.
  Refusal failure();

  RequestScope& scope_;
  const routing::AliasSpec& alias_;
  std::unique_ptr<inference::CallContext> context_;
  const Upstream* upstream_ = nullptr;
  std::optional<Refusal> last_;  // of the targets that failed
};

}  // namespace gatehouse::gateway
