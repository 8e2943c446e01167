#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "core/task.h"
#include "firewall/firewall.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {

/// The firewall on a chat before it goes to a model. Each text is judged by who supplied it; what
/// the policy redacts or neutralises is replaced in `request`, which is then marked `edited`; so is
/// what the policy adds, a canary and spotlighting (spotlight.h).
/// Refuses (`blocked`, `unavailable` when a mandatory detector cannot run, or `invalid_request`
/// when a redaction can't be written where the text stands). Texts too long for an event loop are
/// inspected on the worker pool.
Task<Result<void>> guard_input(RequestScope& scope, api::ChatRequest& request);

/// The same for texts that are embedded: they count as documents, not as orders to a model. Token
/// ids are refused unless the policy would not act on them.
Task<Result<void>> guard_embedding_input(RequestScope& scope, api::EmbeddingRequest& request);

/// What the policy thinks of each text if a user sent it; changes and refuses nothing.
Task<Result<std::vector<firewall::InputVerdict>>> judge_user_texts(
    RequestScope& scope, std::span<const std::string> texts);

}  // namespace gatehouse::gateway
