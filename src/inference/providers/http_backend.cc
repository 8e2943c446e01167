#include "inference/providers/http_backend.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "inference/providers/http_stream.h"

namespace gatehouse::inference {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kPlain = "identity";
constexpr int64_t kLongestRetryAfterMs = 3'600'000;
/// For the body of an error, which the next target does not wait for.
constexpr int64_t kErrorBodyMs = 1000;

std::optional<std::chrono::milliseconds> wait_ms(std::string_view text, int64_t unit_ms) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) {
    return std::nullopt;  // an HTTP date: too coarse to be of use here
  }
  const double ms =
      std::min(value * static_cast<double>(unit_ms), static_cast<double>(kLongestRetryAfterMs));
  return std::chrono::milliseconds(static_cast<int64_t>(ms));
}

/// When the upstream wants to be asked again.
std::optional<std::chrono::milliseconds> retry_after(const net::ClientResponse& response) {
  const std::string_view ms = response.header("retry-after-ms");
  if (!ms.empty()) return wait_ms(ms, 1);
  const std::string_view seconds = response.header("retry-after");
  return seconds.empty() ? std::nullopt : wait_ms(seconds, 1000);
}

void note_warnings(const std::vector<std::string>& warnings, CallContext& context) {
  for (const std::string& warning : warnings) {
    context.trail.note(Layer::inference, "not_honoured", warning);
    if (context.warnings != nullptr) context.warnings->push_back(warning);
  }
}

/// Upstreams are told to send plain bytes; those of one that does not may not be taken for JSON.
Refusal encoded(std::string_view upstream, std::string_view encoding) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.layer = Layer::inference;
  refusal.code = "upstream_malformed";
  refusal.message = "The upstream's answer was malformed.";
  refusal.reason = fmt::format("{} answered with the content-encoding {}, which was not asked for",
                               upstream, encoding.substr(0, 64));
  return refusal;
}

Refusal not_offered(std::string_view upstream, std::string_view what, ErrorKind kind) {
  Refusal refusal;
  refusal.kind = kind;
  refusal.layer = Layer::inference;
  refusal.code = "unsupported_operation";
  refusal.message = fmt::format("The upstream '{}' does not offer {}.", upstream, what);
  return refusal;
}

}  // namespace

HttpBackend::HttpBackend(const UpstreamSpec& spec, net::Endpoint endpoint)
    : name_(spec.name),
      dialect_(spec.kind == UpstreamSpec::Kind::anthropic ? api::Dialect::anthropic
                                                          : api::Dialect::openai),
      endpoint_(std::move(endpoint)),
      models_(spec.models),
      default_max_tokens_(spec.default_max_tokens) {
  fixed_headers_.add("content-type", kJson);
  // Without it an upstream may choose (RFC 9110, section 12.5.3).
  fixed_headers_.add("accept-encoding", kPlain);
  fixed_headers_.add("user-agent", "gatehouse");
  if (anthropic()) {
    fixed_headers_.add("anthropic-version", "2023-06-01");
    if (!spec.api_key.empty()) fixed_headers_.add("x-api-key", spec.api_key);
  } else if (!spec.api_key.empty()) {
    fixed_headers_.add("authorization", "Bearer " + spec.api_key);
  }
  for (const auto& [name, value] : spec.headers) fixed_headers_.set(name, value);
  // "https://host" and "https://host/v1" are both in use for this dialect.
  messages_path_ = endpoint_.base_path.ends_with("/v1") ? "/messages" : "/v1/messages";
}

std::string_view HttpBackend::provider() const {
  return to_string(dialect_);
}

std::vector<ModelInfo> HttpBackend::models() const {
  std::vector<ModelInfo> infos;
  for (const std::string& model : models_) {
    ModelInfo& info = infos.emplace_back();
    info.id = model;
    info.owned_by = name_;
  }
  return infos;
}

api::UpstreamOptions HttpBackend::options(const CallContext& context) const {
  api::UpstreamOptions options;
  options.dialect = dialect_;
  options.model = context.model;
  options.default_max_tokens = default_max_tokens_;
  options.cap_output = context.cap_output;
  return options;
}

std::string_view HttpBackend::chat_path(const api::ChatRequest& request) const {
  if (anthropic()) return messages_path_;
  return request.operation == api::ChatRequest::Operation::chat ? "/chat/completions"
                                                                : "/completions";
}

net::Headers HttpBackend::headers(std::string_view accept, const CallContext& context) const {
  net::Headers headers = fixed_headers_;
  headers.add("accept", accept);
  if (!context.traceparent.empty()) headers.add("traceparent", context.traceparent);
  if (!context.tracestate.empty()) headers.add("tracestate", context.tracestate);
  if (anthropic() && !context.anthropic_beta.empty()) {
    std::string betas(headers.get("anthropic-beta"));  // what the operator set for all requests
    if (!betas.empty()) betas.push_back(',');
    headers.set("anthropic-beta", betas.append(context.anthropic_beta));
  }
  return headers;
}

Task<Result<HttpBackend::Response>> HttpBackend::post(std::string_view path, std::string_view body,
                                                      std::string_view accept,
                                                      CallContext& context) const {
  const net::Headers sent = headers(accept, context);
  net::ClientRequest request;
  request.path = path;
  request.headers = &sent;
  request.body = body;
  net::ClientRequest::Fate fate;
  request.fate = &fate;
  Result<Response> response =
      co_await context.client.send(endpoint_, request, context.deadlines, context.cancellation);
  context.cost_unknown = fate.delivered;
  if (fate.repeated) {
    context.trail.note(Layer::inference, "sent_again", "the connection was closed unanswered");
  }
  if (!response) co_return refuse(std::move(response.error()));
  const int status = (*response)->status();
  context.cost_unknown = status >= 200 && status < 300;  // until the answer is read
  if (context.cost_unknown) {
    const std::string_view encoding = (*response)->header("content-encoding");
    if (encoding.empty() || net::same_name(encoding, kPlain)) co_return response;
    co_return refuse(encoded(name_, encoding));
  }
  Response refused = std::move(*response);
  Refusal refusal = co_await refusal_of(std::move(refused), context);
  co_return refuse(std::move(refusal));
}

Task<Refusal> HttpBackend::refusal_of(Response response, CallContext& context) const {
  const int status = response->status();
  const auto wait = retry_after(*response);
  response->end_within(kErrorBodyMs);
  Result<std::string> body = co_await response->read_all(kMaxErrorBytes);
  if (!body && context.cancellation.cancelled()) co_return body.error();
  Refusal refusal = api::upstream_refusal(status, body ? std::move(*body) : std::string(), name_);
  const bool waits =
      refusal.kind == ErrorKind::rate_limited || refusal.kind == ErrorKind::unavailable;
  if (waits) refusal.retry_after = wait;
  co_return refusal;
}

Task<Result<api::ChatCompletion>> HttpBackend::complete(const api::ChatRequest& request,
                                                        CallContext& context) {
  Result<api::UpstreamBody> body = api::upstream_body(request, options(context));
  if (!body) co_return refuse(std::move(body.error()));
  note_warnings(body->warnings, context);
  const std::string_view path = chat_path(request);
  Result<Response> response = co_await post(path, body->body, kJson, context);
  if (!response) co_return refuse(std::move(response.error()));
  Result<std::string> answer = co_await (*response)->read_all(kMaxAnswerBytes);
  if (!answer) co_return refuse(std::move(answer.error()));
  const bool chat = request.operation == api::ChatRequest::Operation::chat;
  Result<api::ChatCompletion> completion =
      chat ? api::parse_completion(std::move(*answer), dialect_, body->answer_tool)
           : api::parse_text_completion(std::move(*answer));
  if (!completion) {
    context.cost_unknown = !api::told_by_upstream(completion.error());
    co_return completion;
  }
  if (completion->id.empty()) completion->id = context.request_id;
  if (completion->model.empty()) completion->model = context.model;
  if (completion->created == 0) completion->created = unix_seconds(context.loop.clock().wall());
  co_return completion;
}

Task<Result<std::unique_ptr<ChatStream>>> HttpBackend::stream(const api::ChatRequest& request,
                                                              CallContext& context) {
  Result<api::UpstreamBody> body = api::upstream_body(request, options(context));
  if (!body) co_return refuse(std::move(body.error()));
  note_warnings(body->warnings, context);
  const std::string_view path = chat_path(request);
  Result<Response> response = co_await post(path, body->body, kEventStream, context);
  if (!response) co_return refuse(std::move(response.error()));
  api::StreamParser parser(dialect_, request.operation, std::move(body->answer_tool),
                           request.dialect);
  auto stream =
      std::make_unique<HttpStream>(name_, std::move(*response), std::move(parser), context);
  Result<void> begun = co_await stream->begin();
  if (!begun) {
    context.cost_unknown = !api::told_by_upstream(begun.error());
    co_return refuse(std::move(begun.error()));
  }
  co_return std::unique_ptr<ChatStream>(std::move(stream));
}

Task<Result<api::EmbeddingResponse>> HttpBackend::embed(const api::EmbeddingRequest& request,
                                                        CallContext& context) {
  if (anthropic()) {
    co_return refuse(not_offered(name_, "embeddings", ErrorKind::invalid_request));
  }
  const std::string body = api::write_embedding_request(request, context.model);
  const std::string_view path = "/embeddings";
  Result<Response> response = co_await post(path, body, kJson, context);
  if (!response) co_return refuse(std::move(response.error()));
  Result<std::string> answer = co_await (*response)->read_all(kMaxAnswerBytes);
  if (!answer) co_return refuse(std::move(answer.error()));
  const size_t expected = request.inputs.size() + request.token_inputs.size();
  Result<api::EmbeddingResponse> embeddings = api::parse_embeddings(std::move(*answer), expected);
  if (!embeddings) context.cost_unknown = !api::told_by_upstream(embeddings.error());
  if (embeddings && embeddings->model.empty()) embeddings->model = context.model;
  co_return embeddings;
}

Task<Result<int64_t>> HttpBackend::count_tokens(const api::ChatRequest& request,
                                                CallContext& context) {
  if (!anthropic()) co_return refuse(not_offered(name_, "token counts", ErrorKind::not_found));
  Result<std::string> body = api::write_anthropic_count(request, options(context));
  if (!body) co_return refuse(std::move(body.error()));
  const std::string path = messages_path_ + "/count_tokens";
  Result<Response> response = co_await post(path, *body, kJson, context);
  if (!response) co_return refuse(std::move(response.error()));
  Result<std::string> answer = co_await (*response)->read_all(kMaxErrorBytes);
  if (!answer) co_return refuse(std::move(answer.error()));
  co_return api::parse_token_count(std::move(*answer));
}

}  // namespace gatehouse::inference
