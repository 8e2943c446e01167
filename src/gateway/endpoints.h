#pragma once

#include "core/task.h"
#include "gateway/services.h"
#include "net/server.h"

/// One coroutine a request and path. Each authenticates, answers (or refuses in the dialect of its
/// API) and settles.
namespace gatehouse::gateway {

/// POST /v1/chat/completions
Task<void> serve_openai_chat(net::Exchange& exchange, LoopServices& services);
/// POST /v1/completions
Task<void> serve_openai_completion(net::Exchange& exchange, LoopServices& services);
/// POST /v1/messages
Task<void> serve_anthropic_messages(net::Exchange& exchange, LoopServices& services);
/// POST /v1/messages/count_tokens
Task<void> serve_anthropic_count_tokens(net::Exchange& exchange, LoopServices& services);
/// POST /v1/embeddings
Task<void> serve_embeddings(net::Exchange& exchange, LoopServices& services);
/// POST /v1/moderations: what the firewall thinks of each input.
Task<void> serve_moderations(net::Exchange& exchange, LoopServices& services);
/// GET /v1/models and /v1/models/{id}: those that the key may use.
Task<void> serve_models(net::Exchange& exchange, LoopServices& services);

}  // namespace gatehouse::gateway
