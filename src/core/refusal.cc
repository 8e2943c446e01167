#include "core/refusal.h"

#include <utility>

namespace gatehouse {

std::string_view to_string(Layer layer) {
  switch (layer) {
    case Layer::net:
      return "net";
    case Layer::api:
      return "api";
    case Layer::admission:
      return "admission";
    case Layer::firewall:
      return "firewall";
    case Layer::grounding:
      return "grounding";
    case Layer::routing:
      return "routing";
    case Layer::inference:
      return "inference";
    case Layer::settlement:
      return "settlement";
    case Layer::control:
      return "control";
  }
  return "unknown";
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_request:
      return "invalid_request";
    case ErrorKind::authentication:
      return "authentication";
    case ErrorKind::permission:
      return "permission";
    case ErrorKind::blocked:
      return "blocked";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::method_not_allowed:
      return "method_not_allowed";
    case ErrorKind::request_timeout:
      return "request_timeout";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::too_large:
      return "too_large";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::rate_limited:
      return "rate_limited";
    case ErrorKind::budget_exhausted:
      return "budget_exhausted";
    case ErrorKind::internal:
      return "internal";
    case ErrorKind::upstream_error:
      return "upstream_error";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::upstream_timeout:
      return "upstream_timeout";
    case ErrorKind::client_gone:
      return "client_gone";
  }
  return "unknown";
}

int http_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_request:
      return 400;
    case ErrorKind::authentication:
      return 401;
    case ErrorKind::permission:
    case ErrorKind::blocked:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::method_not_allowed:
      return 405;
    case ErrorKind::request_timeout:
      return 408;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::too_large:
      return 413;
    case ErrorKind::unsupported:
      return 415;
    case ErrorKind::rate_limited:
    case ErrorKind::budget_exhausted:
      return 429;
    case ErrorKind::internal:
      return 500;
    case ErrorKind::upstream_error:
      return 502;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::upstream_timeout:
      return 504;
    case ErrorKind::client_gone:
      return 499;
  }
  return 500;
}

Refusal::Refusal() = default;
Refusal::Refusal(const Refusal& other) = default;
Refusal::Refusal(Refusal&& other) noexcept = default;
Refusal& Refusal::operator=(const Refusal& other) = default;
Refusal& Refusal::operator=(Refusal&& other) noexcept = default;
Refusal::~Refusal() = default;

bool Refusal::retryable() const {
  switch (kind) {
    case ErrorKind::request_timeout:
    case ErrorKind::rate_limited:
    case ErrorKind::internal:
    case ErrorKind::upstream_error:
    case ErrorKind::unavailable:
    case ErrorKind::upstream_timeout:
      return true;
    default:
      return false;
  }
}

Refusal Refusal::invalid(std::string param, std::string message, std::string code) {
  Refusal refusal;
  refusal.kind = ErrorKind::invalid_request;
  refusal.layer = Layer::api;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  refusal.param = std::move(param);
  return refusal;
}

Refusal Refusal::internal(Layer layer, std::string reason) {
  Refusal refusal;
  refusal.kind = ErrorKind::internal;
  refusal.layer = layer;
  refusal.code = "internal_error";
  refusal.message = "Something went wrong inside Gatehouse; the request id names the log entry.";
  refusal.reason = std::move(reason);
  return refusal;
}

}  // namespace gatehouse
