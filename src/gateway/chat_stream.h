#pragma once

#include "api/chat.h"
#include "core/task.h"
#include "gateway/request_scope.h"
#include "routing/routes.h"

namespace gatehouse::gateway {

/// Streams the answer of a request that was let in: every event through the output firewall, an
/// in-band error (and no clean end) when the upstream breaks, the policy forbids what comes or the
/// key is revoked. Settles before the last bytes are sent; a client that leaves pays for what was
/// streamed.
Task<void> answer_streamed(RequestScope& scope, const routing::AliasSpec& alias,
                           const api::ChatRequest& request);

}  // namespace gatehouse::gateway
