#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

/// The layer of the request's way that a decision or an error came from.
enum class Layer : unsigned char {
  net,
  api,
  admission,
  firewall,
  grounding,
  routing,
  inference,
  settlement,
  control,
};
std::string_view to_string(Layer layer);

/// What kind of thing went wrong. Each API dialect maps a kind to its own `type` string;
/// the HTTP status is fixed per kind (see `http_status`).
enum class ErrorKind : unsigned char {
  invalid_request,     // 400: the caller can mend the request
  authentication,      // 401: no key, or not a valid one
  permission,          // 403: a valid key that may not do this
  blocked,             // 403: the firewall's policy says no
  not_found,           // 404
  method_not_allowed,  // 405
  request_timeout,     // 408: the client was too slow
  conflict,            // 409
  too_large,           // 413
  unsupported,         // 415: media type
  rate_limited,        // 429: try again after a while
  budget_exhausted,    // 429 with x-should-retry: false; trying again does not help
  internal,            // 500
  upstream_error,      // 502: every upstream failed
  unavailable,         // 503: overloaded, draining, or a mandatory part cannot run
  upstream_timeout,    // 504
  client_gone,         // 499: nobody is left to answer; only for logs and audit
};
std::string_view to_string(ErrorKind kind);
int http_status(ErrorKind kind);

/// An error on its way to the caller. A value type; safe to copy between threads.
struct Refusal {
  ErrorKind kind = ErrorKind::internal;
  Layer layer = Layer::api;
  std::string code;     // stable, machine-readable, snake_case: "invalid_api_key"
  std::string message;  // public: says what was expected; never holds a secret
  std::string param;    // the field at fault as a path, "messages[0].role"; empty if none
  std::string reason;   // private: for the operator's log and the audit record
  std::optional<std::chrono::milliseconds> retry_after;

  // Out of line and cold: every function that returns a Result has their calls, few make them.
  [[gnu::cold]] Refusal();
  [[gnu::cold]] Refusal(const Refusal& other);
  [[gnu::cold]] Refusal(Refusal&& other) noexcept;
  [[gnu::cold]] Refusal& operator=(const Refusal& other);
  [[gnu::cold]] Refusal& operator=(Refusal&& other) noexcept;
  [[gnu::cold]] ~Refusal();

  /// Whether an SDK should send the same request again.
  bool retryable() const;
  int status() const { return http_status(kind); }

  static Refusal invalid(std::string param, std::string message,
                         std::string code = "invalid_request");
  static Refusal internal(Layer layer, std::string reason);
};

}  // namespace gatehouse
