#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/upstream.h"
#include "inference/backend.h"
#include "inference/specs.h"
#include "net/client.h"

namespace gatehouse::inference {

/// The most that is read of an upstream's answer, of one event of its stream, and of an error.
inline constexpr size_t kMaxAnswerBytes = 32 * 1024 * 1024;
inline constexpr size_t kMaxEventBytes = 1024 * 1024;
inline constexpr size_t kMaxErrorBytes = 64 * 1024;

/// A server over HTTP, of OpenAI's or Anthropic's dialect. Immutable, so that all event loops share
/// it; connections belong to each loop's own client. Of the caller's headers only the trace context
/// goes on, and to an upstream of Anthropic's dialect the beta features.
class HttpBackend final : public Backend {
 public:
  HttpBackend(const UpstreamSpec& spec, net::Endpoint endpoint);

  std::string_view provider() const override;
  Task<Result<api::ChatCompletion>> complete(const api::ChatRequest& request,
                                             CallContext& context) override;
  Task<Result<std::unique_ptr<ChatStream>>> stream(const api::ChatRequest& request,
                                                   CallContext& context) override;
  Task<Result<api::EmbeddingResponse>> embed(const api::EmbeddingRequest& request,
                                             CallContext& context) override;
  Task<Result<int64_t>> count_tokens(const api::ChatRequest& request,
                                     CallContext& context) override;
  std::vector<ModelInfo> models() const override;

 private:
  using Response = std::unique_ptr<net::ClientResponse>;

  /// Sends a body and returns the head of an answer of status 2xx; other statuses are refusals.
  /// Keeps `context.cost_unknown` up to there.
  Task<Result<Response>> post(std::string_view path, std::string_view body, std::string_view accept,
                              CallContext& context) const;
  Task<Refusal> refusal_of(Response response, CallContext& context) const;
  net::Headers headers(std::string_view accept, const CallContext& context) const;
  api::UpstreamOptions options(const CallContext& context) const;
  std::string_view chat_path(const api::ChatRequest& request) const;
  bool anthropic() const { return dialect_ == api::Dialect::anthropic; }

  const std::string name_;
  const api::Dialect dialect_;
  const net::Endpoint endpoint_;
  const std::vector<std::string> models_;
  const int64_t default_max_tokens_;
  net::Headers fixed_headers_;  // credentials and what the operator set
  std::string messages_path_;   // Anthropic: depends on whether the URL ends in the version
};

}  // namespace gatehouse::inference
