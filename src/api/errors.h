#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/chat.h"
#include "core/refusal.h"

/// Errors in the form that each dialect's SDKs expect.
namespace gatehouse::api {

struct ErrorResponse {
  int status = 500;
  std::string body;  // application/json
  /// `retry-after` (whole seconds, rounded up), `retry-after-ms` and `x-should-retry` where the
  /// SDK's own rule (408, 409, 429 and 5xx are tried again) would be wrong or could be better.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

/// OpenAI: {"error":{"message","type","param","code"}}. Anthropic: {"type":"error","error":{"type",
/// "message"},"request_id"}. Nothing of `refusal.reason` is shown.
ErrorResponse render_error(const Refusal& refusal, Dialect dialect,
                           std::string_view request_id = {});

/// The body alone: what a stream sends in-band.
std::string error_body(const Refusal& refusal, Dialect dialect, std::string_view request_id = {});

/// The dialect's name for a kind of error: "invalid_request_error", "overloaded_error", …
std::string_view error_type(ErrorKind kind, Dialect dialect);

/// The status that the dialect's clients expect; Anthropic's overload is 529, the rest is
/// `http_status`.
int error_status(ErrorKind kind, Dialect dialect);

}  // namespace gatehouse::api
