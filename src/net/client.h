#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "core/task.h"
#include "net/http.h"
#include "net/loop.h"

namespace gatehouse::net {

/// Where requests are sent. Immutable once made; cheap to keep, safe to share between threads.
struct Endpoint {
  bool tls = false;
  std::string host;
  uint16_t port = 80;
  std::string base_path;    // "" or "/v1", without a slash at its end
  std::string host_header;  // "127.0.0.1:9101"

  std::string ca_file;           // PEM; empty: the system's store
  std::string server_name;       // for SNI and verification; empty: the host
  std::string certificate_file;  // PEM chain of the client's own identity; empty: none
  std::string key_file;
  /// Accepts any certificate. Only for tests and by explicit wish of the operator.
  bool insecure = false;

  /// What names the pool of connections: differs if any of the above but the path differs. Made by
  /// `parse`; call `rekey` after changing a field.
  std::string pool_key;

  /// From "http://host:port/path" or "https://…". Errors say what is wrong with the URL.
  static Result<Endpoint> parse(std::string_view url);
  void rekey();
  /// "127.0.0.1:9101", for messages.
  std::string authority() const;
};

/// Milliseconds for the phases of one call; 0 or less: no limit for that phase.
struct Deadlines {
  int64_t connect_ms = 2'000;          // name resolution, TCP and TLS, each attempt
  int64_t first_byte_ms = 60'000;      // from the last byte of the request taken to the answer
  int64_t between_chunks_ms = 30'000;  // without any byte of the body
  int64_t total_ms = 600'000;          // the whole call
};

struct ClientOptions {
  size_t max_connections_per_endpoint = 256;
  size_t max_idle_per_endpoint = 64;
  int64_t idle_timeout_ms = 60'000;
  int64_t dns_ttl_ms = 30'000;
  size_t max_header_bytes = 32U << 10;
  size_t max_headers = 100;
};

/// A request to send. All views must live until `Client::send` returned.
struct ClientRequest {
  std::string_view method = "POST";
  std::string_view path;             // appended to the endpoint's base path; with the query
  const Headers* headers = nullptr;  // `host` and `content-length` are added
  std::string_view body;

  /// What became of the request, for whoever must answer for it.
  struct Fate {
    /// No answer came, but the whole request had gone out once: the upstream may have acted on it.
    bool delivered = false;
    /// It was sent twice, the first time on a kept-alive connection that was being closed.
    bool repeated = false;
  };
  Fate* fate = nullptr;  // may be null
};

class UpstreamConnection;
class ClientPools;

/// An answer whose head was read. Destroying it before the end of its body closes the connection;
/// after a clean end the connection went back to the pool. Must not outlive the client.
class ClientResponse {
 public:
  /// Takes over a reference. Only the client makes these.
  explicit ClientResponse(UpstreamConnection* connection) : connection_(connection) {}
  ~ClientResponse();
  ClientResponse(const ClientResponse&) = delete;
  ClientResponse& operator=(const ClientResponse&) = delete;

  int status() const;
  /// Case-insensitive; empty if absent. Valid as long as the response.
  std::string_view header(std::string_view name) const;
  const std::vector<Header>& headers() const;

  /// The rest of the body. An error of kind `upstream_error` with code `response_too_large` beyond
  /// `limit` bytes.
  Task<Result<std::string>> read_all(size_t limit);

  /// The next piece of the body as it arrives, empty at its clean end. Valid until the next call.
  /// Errors: `upstream_error` if it was cut before its framing ended or is malformed,
  /// `upstream_timeout` if a deadline was missed, `client_gone` if cancelled.
  Task<Result<std::string_view>> read_some();

  /// From here on the rest of the body may take `limit_ms`, if the call's own deadlines leave it so
  /// long: for callers who want it only if it is there.
  void end_within(int64_t limit_ms);

  /// Reads what is left of the body's framing, for at most `limit_ms`, so that the connection can
  /// go back to the pool: for callers whose content ends before its framing does, as an event
  /// stream's does with its end mark. Whatever comes, the body is over for the caller.
  Task<void> finish_within(int64_t limit_ms);

  /// Whether the connection had been used before (for the decision trail).
  bool reused() const;

 private:
  UpstreamConnection* connection_;  // one counted reference
};

/// HTTP/1.1 to upstreams, with one pool of kept-alive connections per endpoint. One per loop; all
/// calls on that loop's thread. Must be destroyed on its loop's thread or when the loop does not
/// run.
class Client {
 public:
  explicit Client(Loop& loop, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends the request and returns at the head of the answer, interim (1xx) heads skipped. Whatever
  /// is passed must live until then; `cancellation` and `deadlines` until the response is
  /// destroyed. What a kept-alive connection that was being closed did not answer is sent once more
  /// on a fresh one (`UpstreamConnection::stale`). Errors: `upstream_error`, `upstream_timeout`,
  /// `unavailable` (pool full), `client_gone` (cancelled); `reason` says what failed: "connect to
  /// 127.0.0.1:9101: connection refused".
  Task<Result<std::unique_ptr<ClientResponse>>> send(const Endpoint& endpoint,
                                                     const ClientRequest& request,
                                                     const Deadlines& deadlines,
                                                     Cancellation& cancellation);

  struct Stats {
    uint64_t connects = 0;
    uint64_t connect_failures = 0;
    uint64_t reuses = 0;
    uint64_t stale_retries = 0;
    uint64_t requests = 0;
    size_t idle = 0;
    size_t active = 0;
  };
  Stats stats() const;

 private:
  std::shared_ptr<ClientPools> pools_;
};

}  // namespace gatehouse::net
