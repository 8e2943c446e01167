#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "net/http.h"

namespace gatehouse::app::cli {

struct HttpCall {
  std::string base_url;  // "http://127.0.0.1:8080/v1"
  std::string ca_file;   // trust this instead of the system's store
  std::string method = "GET";
  std::string path;
  net::Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{10'000};  // to connect and until the first byte
  std::chrono::milliseconds total{60'000};
  /// Ctrl-C ends the call (with `client_gone`) instead of the program.
  bool interruptible = false;
};

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// One HTTP call, waited for. For commands: it runs an event loop of its own on this thread.
Result<HttpAnswer> http_call(const HttpCall& call);

/// The same with the body of a 200 given piece by piece as it arrives; other answers have theirs in
/// the result.
Result<HttpAnswer> http_stream(const HttpCall& call,
                               const std::function<Result<void>(std::string_view)>& on_chunk);

}  // namespace gatehouse::app::cli
