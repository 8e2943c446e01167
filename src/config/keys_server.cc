#include "config/config.h"
#include "config/describe.h"
#include "config/host_port.h"
#include "config/keys.h"

namespace gatehouse::config {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

/// A member of ServerSpec::http.
template <auto Member>
auto& http(ServerSpec& spec) {
  return spec.http.*Member;
}

template <typename T, typename Address, typename Port>
Key& listen(Describe<T>& d, Address address, Port port, std::string doc) {
  return d
      .custom_text(
          "listen",
          [address, port](T& spec, const std::string& text) -> std::string {
            const auto parsed = parse_host_port(text);
            if (!parsed) return "bad";
            address(spec) = parsed->host;
            port(spec) = parsed->port;
            return {};
          },
          [address, port](T& spec) -> boost::json::value {
            return boost::json::string(join_host_port(address(spec), port(spec)));
          },
          std::move(doc))
      .written("ADDRESS:PORT", R"re(^(\[[0-9A-Fa-f:.]+\]|[0-9.]+|localhost):[0-9]{1,5}$)re");
}

const Schema& tls_schema() {
  static const Schema schema = [] {
    Describe<net::TlsServerOptions> d("tls", "TLS of the listener, and who may connect.");
    d.text("certificate_file", &net::TlsServerOptions::certificate_file,
           "The server's certificate chain in PEM.")
        .required()
        .path()
        .such_as("tls/server.pem");
    d.text("key_file", &net::TlsServerOptions::key_file, "The certificate's private key in PEM.")
        .required()
        .path()
        .such_as("tls/server.key");
    d.text("client_ca_file", &net::TlsServerOptions::client_ca_file,
           "Authorities (PEM) that client certificates are verified against. Set, clients are "
           "asked for a certificate (mTLS).")
        .path();
    d.boolean("require_client_certificate", &net::TlsServerOptions::require_client_certificate,
              "Refuses connections without a valid client certificate. Needs `client_ca_file`.");
    return d.done();
  }();
  return schema;
}

}  // namespace

const Schema& server_schema() {
  using Options = net::ServerOptions;
  static const Schema schema = [] {
    Describe<ServerSpec> d("server", "The listener for clients, its limits and the threads.");
    listen(
        d, [](ServerSpec& s) -> auto& { return s.http.address; },
        [](ServerSpec& s) -> auto& { return s.http.port; },
        "Address and port for clients. An IPv4 or IPv6 address (IPv6 in brackets) or `localhost`; "
        "port 0 takes any free one. `--listen` overrides it.")
        .such_as("127.0.0.1:8080");
    d.integer("threads", &ServerSpec::threads, "Event loops.")
        .range(0, 1024)
        .else_means("one per core");
    d.integer("worker_threads", &ServerSpec::worker_threads,
              "Threads for CPU-heavy work (long texts in the firewall).")
        .range(0, 1024)
        .else_means("one per core");
    d.integer("worker_queue_limit", &ServerSpec::worker_queue_limit,
              "Pieces of CPU-heavy work that may wait; more are refused with 503.")
        .range(1, 1'000'000);
    d.object("tls", &http<&Options::tls>, tls_schema(), "Serves HTTPS instead of HTTP.");
    d.integer("max_header_bytes", &http<&Options::max_header_bytes>,
              "Largest request line and headers together; more is refused with 431.")
        .range(1024, 1 << 20);
    d.integer("max_headers", &http<&Options::max_headers>,
              "Most headers of a request; more are refused with 431.")
        .range(1, 1000);
    d.integer("max_body_bytes", &http<&Options::max_body_bytes>,
              "Largest request body; more is refused with 413.")
        .range(1024, int64_t{1} << 30);
    d.integer(
         "max_body_bytes_in_flight", &http<&Options::max_body_bytes_in_flight>,
         "Bodies of all requests together that are held at once; a body that does not fit in is "
         "refused with 503. Those of up to 64 KiB are not counted, and one of "
         "`max_body_bytes` always fits.")
        .range(1024, int64_t{1} << 40);
    d.integer("max_connections", &http<&Options::max_connections>,
              "Open connections, all clients together; more are refused with 503, or closed where "
              "TLS is served.")
        .range(1, 10'000'000);
    d.integer("max_connections_per_address", &http<&Options::max_connections_per_address>,
              "Open connections of one client address; more are refused likewise.")
        .range(1, 10'000'000);
    d.integer("max_requests_per_connection", &http<&Options::max_requests_per_connection>,
              "Requests after which a connection is closed.")
        .range(0, 1'000'000'000)
        .else_means("no limit");
    d.integer("handshake_timeout_ms", &http<&Options::handshake_timeout_ms>,
              "For the TLS handshake.")
        .range(1, kHourMs);
    d.integer("header_timeout_ms", &http<&Options::header_timeout_ms>,
              "From a request's first byte to its last header; slower ones get 408.")
        .range(1, kHourMs);
    d.integer("body_timeout_ms", &http<&Options::body_timeout_ms>, "For a whole request body.")
        .range(1, kDayMs);
    d.integer("min_body_bytes_per_second", &http<&Options::min_body_bytes_per_second>,
              "A body that comes slower, after its first five seconds, gets 408; 0 is no minimum.")
        .range(0, 1 << 30);
    d.integer("idle_timeout_ms", &http<&Options::idle_timeout_ms>,
              "Closes a connection that is idle between requests.")
        .range(1, kDayMs);
    d.integer("write_timeout_ms", &http<&Options::write_timeout_ms>,
              "Closes a connection whose client does not read.")
        .range(1, kDayMs);
    d.integer("drain_timeout_ms", &ServerSpec::drain_timeout_ms,
              "How long requests in flight may take when the server stops.")
        .range(0, kHourMs);
    return d.done();
  }();
  return schema;
}

const Schema& admin_schema() {
  static const Schema schema = [] {
    Describe<AdminSpec> d("admin",
                          "Where the admin API is answered. It needs a key of the role `admin`.");
    listen(
        d, [](AdminSpec& s) -> auto& { return s.address; },
        [](AdminSpec& s) -> auto& { return s.port; },
        "Address and port of the admin API, which the command line uses too. Port 0 takes any free "
        "one; the command line finds it in `server.json` of the data folder.")
        .such_as("127.0.0.1:8081");
    d.boolean("on_main_listener", &AdminSpec::on_main_listener,
              "Answers the admin API under `/admin/v1` of the main listener as well.");
    return d.done();
  }();
  return schema;
}

const Schema& log_schema() {
  static const Schema schema = [] {
    Describe<LogSpec> d("log", "The log on standard error. It never holds content or secrets.");
    d.choice<log::Level>("level", &LogSpec::level,
                         {{"debug", log::Level::debug},
                          {"info", log::Level::info},
                          {"warn", log::Level::warn},
                          {"error", log::Level::error},
                          {"off", log::Level::off}},
                         "The least important lines that are logged.");
    d.choice<LogSpec::Format>("format", &LogSpec::format,
                              {{"auto", LogSpec::Format::automatic},
                               {"json", LogSpec::Format::json},
                               {"text", LogSpec::Format::text}},
                              "`auto` is text on a terminal and JSON elsewhere.");
    return d.done();
  }();
  return schema;
}

const Schema& pool_schema() {
  using Options = net::ClientOptions;
  static const Schema schema = [] {
    Describe<Options> d("upstream_pool", "Connections to upstreams; each event loop has its own.");
    d.integer("max_idle_per_upstream", &Options::max_idle_per_endpoint,
              "Connections kept open for the next request.")
        .range(0, 100'000);
    d.integer("idle_timeout_ms", &Options::idle_timeout_ms, "Closes a connection idle for longer.")
        .range(1, kDayMs);
    d.integer("dns_ttl_ms", &Options::dns_ttl_ms, "How long a resolved name is used.")
        .range(0, kDayMs);
    d.integer("max_header_bytes", &Options::max_header_bytes,
              "Largest head of an upstream's answer.")
        .range(1024, 1 << 20);
    return d.done();
  }();
  return schema;
}

const Schema& audit_schema() {
  static const Schema schema = [] {
    Describe<AuditSpec> d("audit", "The audit log and the line that is logged for each request.");
    d.boolean("enabled", &AuditSpec::enabled,
              "Off: no record is written. For measuring, not for production.");
    d.choice<settlement::OnAuditFailure>(
        "on_failure", [](AuditSpec& a) -> auto& { return a.settlement.on_audit_failure; },
        {{"refuse", settlement::OnAuditFailure::refuse},
         {"continue", settlement::OnAuditFailure::continue_}},
        "What happens to requests while audit records can't be written (a full disk): `refuse` "
        "answers 503, `continue` answers and counts what was not recorded.");
    d.boolean(
        "access_log", [](AuditSpec& a) -> auto& { return a.settlement.access_log; },
        "Logs one line for each request.");
    d.integer(
         "seal_every_ms", [](AuditSpec& a) -> auto& { return a.settlement.seal_every; },
         "How often the ends of the audit chains are signed.")
        .range(10, 3'600'000);
    return d.done();
  }();
  return schema;
}

}  // namespace gatehouse::config
