#pragma once

#include "admission/limits.h"
#include "api/chat.h"
#include "core/clock.h"
#include "net/http.h"

namespace gatehouse::gateway {

/// Adds what is left of a caller's limits, under the names of the client's API. OpenAI's tell how
/// long a bucket takes to be full again, Anthropic's the time at which it will be.
void add_limit_headers(net::Headers& headers, api::Dialect dialect,
                       const admission::LimitFigures& figures, const Clock& clock);

}  // namespace gatehouse::gateway
