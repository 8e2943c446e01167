#include "api/errors.h"

#include "api/json_out.h"

namespace gatehouse::api {
namespace {

std::string_view openai_type(ErrorKind kind) {
  switch (kind) {
    // OpenAI says the same for all that the caller must mend; the code tells them apart.
    case ErrorKind::invalid_request:
    case ErrorKind::authentication:
    case ErrorKind::permission:
    case ErrorKind::blocked:
    case ErrorKind::not_found:
    case ErrorKind::method_not_allowed:
    case ErrorKind::conflict:
    case ErrorKind::too_large:
    case ErrorKind::unsupported:
    case ErrorKind::request_timeout:
    case ErrorKind::client_gone:
      return "invalid_request_error";
    case ErrorKind::rate_limited:
      return "rate_limit_error";
    case ErrorKind::budget_exhausted:
      return "insufficient_quota";
    case ErrorKind::internal:
    case ErrorKind::upstream_error:
    case ErrorKind::unavailable:
    case ErrorKind::upstream_timeout:
      return "server_error";
  }
  return "server_error";
}

std::string_view anthropic_type(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_request:
    case ErrorKind::method_not_allowed:
    case ErrorKind::conflict:
    case ErrorKind::unsupported:
    case ErrorKind::client_gone:
      return "invalid_request_error";
    case ErrorKind::authentication:
      return "authentication_error";
    case ErrorKind::permission:
    case ErrorKind::blocked:
      return "permission_error";
    case ErrorKind::not_found:
      return "not_found_error";
    case ErrorKind::too_large:
      return "request_too_large";
    case ErrorKind::rate_limited:
    case ErrorKind::budget_exhausted:
      return "rate_limit_error";
    case ErrorKind::request_timeout:
    case ErrorKind::upstream_timeout:
      return "timeout_error";
    case ErrorKind::internal:
    case ErrorKind::upstream_error:
      return "api_error";
    case ErrorKind::unavailable:
      return "overloaded_error";
  }
  return "api_error";
}

/// What OpenAI's SDKs and their users look for where a layer gave no code of its own.
std::string_view default_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::authentication:
      return "invalid_api_key";
    case ErrorKind::rate_limited:
      return "rate_limit_exceeded";
    case ErrorKind::budget_exhausted:
      return "insufficient_quota";
    default:
      return {};
  }
}

/// The SDKs' own rule.
bool tried_again_by_status(int status) {
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

}  // namespace

std::string_view error_type(ErrorKind kind, Dialect dialect) {
  return dialect == Dialect::openai ? openai_type(kind) : anthropic_type(kind);
}

int error_status(ErrorKind kind, Dialect dialect) {
  if (dialect == Dialect::anthropic && kind == ErrorKind::unavailable) return 529;
  return http_status(kind);
}

std::string error_body(const Refusal& refusal, Dialect dialect, std::string_view request_id) {
  std::string out;
  out.reserve(160 + refusal.message.size());
  const std::string_view type = error_type(refusal.kind, dialect);
  // A message may quote what an upstream said, so its bytes are not to be trusted.
  if (dialect == Dialect::anthropic) {
    ListWriter body(out, '{');
    body.text("type", "error");
    ListWriter error(body.name("error"), '{');
    error.text("type", type);
    json::append_untrusted_string(error.name("message"), refusal.message);
    error.close('}');
    if (!request_id.empty()) body.text("request_id", request_id);
    body.close('}');
    return out;
  }
  ListWriter body(out, '{');
  ListWriter error(body.name("error"), '{');
  json::append_untrusted_string(error.name("message"), refusal.message);
  error.text("type", type);
  if (refusal.param.empty()) {
    error.raw("param", "null");
  } else {
    json::append_untrusted_string(error.name("param"), refusal.param);
  }
  const std::string_view code =
      refusal.code.empty() ? default_code(refusal.kind) : std::string_view(refusal.code);
  if (code.empty()) {
    error.raw("code", "null");
  } else {
    json::append_untrusted_string(error.name("code"), code);
  }
  error.close('}');
  body.close('}');
  return out;
}

ErrorResponse render_error(const Refusal& refusal, Dialect dialect, std::string_view request_id) {
  ErrorResponse response;
  response.status = error_status(refusal.kind, dialect);
  response.body = error_body(refusal, dialect, request_id);
  if (refusal.retry_after) {
    const int64_t ms = std::max<int64_t>(0, refusal.retry_after->count());
    response.headers.emplace_back("retry-after", std::to_string((ms + 999) / 1000));
    response.headers.emplace_back("retry-after-ms", std::to_string(ms));
  }
  if (refusal.retryable() != tried_again_by_status(response.status)) {
    response.headers.emplace_back("x-should-retry", refusal.retryable() ? "true" : "false");
  }
  return response;
}

}  // namespace gatehouse::api
