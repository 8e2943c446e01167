#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancellation.h"
#include "core/clock.h"
#include "core/result.h"
#include "core/task.h"
#include "net/http.h"
#include "net/loop.h"

namespace gatehouse::net {

class Connection;
struct ServerShared;

/// One request and its answer. Lives on one event loop until the handler returns; the handler's
/// coroutine is destroyed before it. Not thread-safe.
///
/// An answer is either one `respond`, or `start_stream`, any number of `write`, and `finish`.
/// Errors of these are of kind `client_gone`: nobody is left to read; further writes fail as well.
class Exchange {
 public:
  explicit Exchange(Connection& connection) : connection_(connection) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Request& request();
  Loop& loop();
  /// Fires within 100 ms when the client closes its connection (or its sending side), and when the
  /// server's drain runs out of time.
  Cancellation& cancellation();
  /// When the request's last byte had been read.
  SteadyTime received_at() const;

  /// Sends the whole answer. On a HEAD request the body is left out, `content-length` is not.
  Task<Result<void>> respond(Response response);
  /// Sends the head of an answer whose length is not known: chunked, or until the connection's end
  /// for HTTP/1.0.
  Task<Result<void>> start_stream(int status, Headers headers);
  /// Returns when the kernel took all of it; `data` must live until then. Empty data does nothing.
  /// A client that does not read for `write_timeout_ms` is closed.
  Task<Result<void>> write(std::string_view data);
  /// Ends the stream cleanly.
  Task<Result<void>> finish();
  /// Closes the connection without a clean end: a client must not mistake what it got for a whole
  /// answer.
  void abort();
  /// Whether a final status line was sent.
  bool responded() const;

 private:
  friend class Connection;
  Connection& connection_;
};

/// Answers one request. Runs on each of the server's loops, so it must be safe to call from several
/// threads. If it returns without having responded, status 500 is sent; without `finish`, the
/// stream is aborted.
using Handler = std::function<Task<void>(Exchange&)>;

/// Makes the answer to what never became a request (400, 408, 413, 414, 417, 431, 501, 503, 505).
/// `status` is what to send; `refusal` says why; `target` is what was asked for, empty where that
/// was not read. Must be thread-safe and must not block.
using ErrorRenderer =
    std::function<Response(int status, const Refusal& refusal, std::string_view target)>;

struct TlsServerOptions {
  std::string certificate_file;  // PEM chain
  std::string key_file;          // PEM
  std::string client_ca_file;    // PEM; if set, client certificates are asked for and verified
  bool require_client_certificate = false;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6 literal
  uint16_t port = 0;                  // 0: any free one
  std::optional<TlsServerOptions> tls;

  size_t max_header_bytes = 32U << 10;  // request line and all headers
  size_t max_headers = 100;
  size_t max_body_bytes = 16U << 20;
  /// Of all requests together; beyond it bodies are refused with 503. One body is always taken, and
  /// those of up to 64 KiB, of which a connection has one, are not counted.
  size_t max_body_bytes_in_flight = 512U << 20;
  size_t max_connections = 20'000;
  size_t max_connections_per_address = 20'000;
  size_t max_requests_per_connection = 0;  // 0: no limit

  int64_t handshake_timeout_ms = 10'000;
  int64_t header_timeout_ms = 10'000;       // from a request's first byte to its last header
  int64_t body_timeout_ms = 300'000;        // for the whole body
  int64_t min_body_bytes_per_second = 500;  // after the first 5 s of a body; 0: no minimum
  int64_t idle_timeout_ms = 75'000;         // between requests
  int64_t write_timeout_ms = 30'000;        // without progress

  int backlog = 4096;
  ErrorRenderer render_error;  // default: a small JSON object {"error":{…}}
};

/// Counters since the start; a consistent snapshot is not promised.
struct ServerStats {
  uint64_t connections_open = 0;
  uint64_t connections_accepted = 0;
  uint64_t requests = 0;
  uint64_t requests_in_flight = 0;
  uint64_t rejected_connections_total = 0;
  uint64_t rejected_connections_per_address = 0;
  uint64_t malformed = 0;       // 400, 414, 417, 431, 501, 505
  uint64_t body_too_large = 0;  // 413
  uint64_t bodies_full = 0;     // 503: too many bytes of bodies at once
  uint64_t read_timeouts = 0;   // 408: header, body, minimum rate
  uint64_t write_timeouts = 0;
  uint64_t idle_timeouts = 0;
  uint64_t tls_failures = 0;
  uint64_t client_gone = 0;  // clients that left while their request was in flight
};

/// HTTP/1.1 (and 1.0) over TCP or TLS on all loops of a group.
class Server {
 public:
  /// Binds and starts to accept. The error names the address and what the system said. `loops` must
  /// outlive the server.
  static Result<std::unique_ptr<Server>> start(LoopGroup& loops, ServerOptions options,
                                               Handler handler);
  /// Closes what is left. The loops must still run, or have been joined.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const;
  /// "http://127.0.0.1:8080"
  std::string url() const;

  /// Stops accepting, lets requests in flight finish and says `connection: close` with each answer;
  /// what is left after `limit` is cancelled and closed. Blocks until all is closed. From any
  /// thread but a loop's.
  void drain(std::chrono::milliseconds limit);
  bool draining() const;

  ServerStats stats() const;

 private:
  explicit Server(std::shared_ptr<ServerShared> shared);
  std::shared_ptr<ServerShared> shared_;
};

}  // namespace gatehouse::net
