#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "core/task.h"
#include "core/trail.h"

namespace gatehouse::net {
class Client;
class Loop;
struct Deadlines;
}  // namespace gatehouse::net

/// What answers a request: the embedded engine or a remote server, behind one interface.
namespace gatehouse::inference {

/// What a backend needs to know of the request that it works for. Lives on the request's event
/// loop, longer than the call and any stream that came from it.
struct CallContext {
  net::Loop& loop;
  net::Client& client;  // the loop's pools, for backends that are remote
  Cancellation& cancellation;
  DecisionTrail& trail;
  const net::Deadlines& deadlines;
  std::string_view request_id;
  std::string_view tenant;       // queues are fair between tenants
  std::string_view model;        // as this backend names it
  std::string_view traceparent;  // of the child span; empty if none
  std::string_view tracestate;
  /// Takes what of the request the backend could not honour, as "seed: why"; may be null. The
  /// trail tells it too.
  std::vector<std::string>* warnings = nullptr;
  /// Names of features, with commas between them, for an upstream that speaks Anthropic's API.
  std::string_view anthropic_beta = {};

  /// A budget holds: an upstream must not give more than its default maximum, which was reserved,
  /// where the request sets none.
  bool cap_output = false;

  // Told by a call that failed, for whoever must charge it.
  /// What it used, where the backend counts by itself.
  api::Usage used = {};
  /// The upstream had the whole request and did not refuse it: nobody here knows what it bills.
  bool cost_unknown = false;
};

/// A streamed answer, pulled event by event on the request's event loop.
class ChatStream {
 public:
  /// Destroying it before its end cancels the work behind it.
  virtual ~ChatStream() = default;

  /// The next event, or nothing after the last one of an answer that is whole. An upstream that
  /// is cut, stalls or talks garbage is an error, never an end.
  virtual Task<Result<std::optional<api::ChatEvent>>> next() = 0;

  /// The true usage so far, of a backend that counts by itself; else nothing.
  virtual std::optional<api::Usage> used() const { return std::nullopt; }
};

struct ModelInfo {
  std::string id;
  std::vector<std::string> other_names;  // under which it is served too
  std::string owned_by;
  int64_t created = 0;         // Unix seconds
  int64_t context_tokens = 0;  // 0 if unknown
  bool embeds = false;         // an embedding model, not a chat model
};

/// Thread-safe: one object serves all event loops. Each call runs on the loop of its context and
/// never blocks it.
class Backend {
 public:
  virtual ~Backend() = default;

  /// "local", "openai", "anthropic": OpenTelemetry's gen_ai.provider.name where one exists.
  virtual std::string_view provider() const = 0;

  virtual Task<Result<api::ChatCompletion>> complete(const api::ChatRequest& request,
                                                     CallContext& context) = 0;

  /// Returns when the first event with output (or the end) is there, so that the caller can still
  /// fall back to another upstream; the stream then begins with that event.
  virtual Task<Result<std::unique_ptr<ChatStream>>> stream(const api::ChatRequest& request,
                                                           CallContext& context) = 0;

  virtual Task<Result<api::EmbeddingResponse>> embed(const api::EmbeddingRequest& request,
                                                     CallContext& context) = 0;

  /// True input tokens of a chat where the backend can tell, else an error of kind `not_found`.
  virtual Task<Result<int64_t>> count_tokens(const api::ChatRequest& request,
                                             CallContext& context) = 0;

  /// The models it serves; what is known without asking anybody.
  virtual std::vector<ModelInfo> models() const = 0;
};

}  // namespace gatehouse::inference
