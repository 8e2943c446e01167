#include "net/client.h"

#include <algorithm>
#include <utility>

#include <openssl/ssl.h>

#include "core/client_gone.h"
#include "net/client_pools.h"

namespace gatehouse::net {
using std::chrono::milliseconds;

namespace {

Refusal cancelled() {
  return client_gone("cancelled before the upstream was called");
}

Refusal pool_full(const EndpointPool& pool) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::net;
  refusal.code = "upstream_busy";
  refusal.message = "Too many requests to this upstream are in flight.";
  refusal.reason = "all " + std::to_string(pool.active) + " connections to " + pool.name +
                   " of this loop are busy";
  refusal.retry_after = milliseconds(1000);
  return refusal;
}

Refusal unresolved(const EndpointPool& pool, const std::string& why, bool late) {
  Refusal refusal;
  refusal.kind = late ? ErrorKind::upstream_timeout : ErrorKind::upstream_error;
  refusal.layer = Layer::net;
  refusal.code = late ? "upstream_timeout" : "upstream_unreachable";
  refusal.message =
      late ? "The upstream did not answer in time." : "The upstream could not be reached.";
  refusal.reason = "resolve " + pool.endpoint.host + ": " + (late ? "not in time" : why);
  return refusal;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* pool = static_cast<EndpointPool*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  pool->session.reset(session);
  return 1;  // the reference is kept
}

}  // namespace

void SslSessionFree::operator()(ssl_session_st* session) const {
  SSL_SESSION_free(session);
}

boost::intrusive_ptr<UpstreamConnection> EndpointPool::take_idle() {
  if (idle.empty()) return nullptr;
  boost::intrusive_ptr<UpstreamConnection> connection = std::move(idle.back());
  idle.pop_back();
  connection->wake();
  return connection;
}

void EndpointPool::forget(UpstreamConnection& connection) {
  const boost::intrusive_ptr<UpstreamConnection> alive(&connection);
  std::erase(idle, alive);
  connection.close();
}

ClientPools::ClientPools(Loop& on, const ClientOptions& with)
    : loop(on), options(with), resolver(std::make_shared<Resolver>(on, with.dns_ttl_ms)) {}

Result<EndpointPool*> ClientPools::pool(const Endpoint& endpoint) {
  const auto found = pools.find(endpoint.pool_key);
  if (found != pools.end()) return found->second.get();
  auto made = std::make_unique<EndpointPool>(endpoint);
  if (endpoint.tls) {
    Result<SslContextPtr> context = make_client_context(endpoint);
    if (!context) {
      Refusal refusal = std::move(context.error());
      refusal.kind = ErrorKind::internal;
      return refuse(std::move(refusal));
    }
    made->tls = std::move(*context);
    SSL_CTX_set_app_data(made->tls.get(), made.get());
    SSL_CTX_sess_set_new_cb(made->tls.get(), keep_session);
  }
  EndpointPool* pool = made.get();
  pools.emplace(endpoint.pool_key, std::move(made));
  return pool;
}

Task<Result<boost::intrusive_ptr<UpstreamConnection>>> ClientPools::connect(
    EndpointPool& pool, const Deadlines& deadlines, Cancellation& cancellation,
    SteadyTime total_limit) {
  const auto now = loop.clock().steady();
  SteadyTime limit = total_limit;
  if (deadlines.connect_ms > 0) limit = std::min(limit, now + milliseconds(deadlines.connect_ms));
  if (limit == SteadyTime::max()) limit = now + std::chrono::hours(1);
  std::string why = "no address";
  const Addresses addresses =
      co_await resolver->resolve(pool.endpoint.host, limit, cancellation, why);
  if (cancellation.cancelled()) co_return refuse(cancelled());
  if (addresses.empty()) {
    ++stats.connect_failures;
    co_return refuse(unresolved(pool, why, loop.clock().steady() >= limit));
  }
  Refusal last;
  for (size_t i = 0; i < addresses.size(); ++i) {
    // Each address gets its share of the time that is left, so that one that swallows packets does
    // not take it all.
    const SteadyTime start = loop.clock().steady();
    const auto left = limit - start;
    const auto share = left / static_cast<int64_t>(addresses.size() - i);
    const boost::intrusive_ptr<UpstreamConnection> connection(
        new UpstreamConnection(shared_from_this(), pool));
    ++stats.connects;
    connection->begin(deadlines, cancellation, total_limit);
    if (co_await connection->connect(addresses[i], start + share)) co_return connection;
    connection->close();
    ++stats.connect_failures;
    last = connection->failure();
    if (cancellation.cancelled() || loop.clock().steady() >= limit) break;
  }
  co_return refuse(std::move(last));
}

void ClientPools::close() {
  closed = true;
  for (auto& [key, pool] : pools) {
    const auto idle = std::exchange(pool->idle, {});
    for (const auto& connection : idle) connection->close();
  }
}

Client::Client(Loop& loop, ClientOptions options)
    : pools_(std::make_shared<ClientPools>(loop, options)) {}

Client::~Client() {
  pools_->close();
}

Task<Result<std::unique_ptr<ClientResponse>>> Client::send(const Endpoint& endpoint,
                                                           const ClientRequest& request,
                                                           const Deadlines& deadlines,
                                                           Cancellation& cancellation) {
  if (cancellation.cancelled()) co_return refuse(cancelled());
  const std::shared_ptr<ClientPools> pools = pools_;
  ++pools->stats.requests;
  Result<EndpointPool*> found = pools->pool(endpoint);
  if (!found) co_return refuse(std::move(found.error()));
  EndpointPool& pool = **found;
  SteadyTime total_limit = SteadyTime::max();
  if (deadlines.total_ms > 0) {
    total_limit = pools->loop.clock().steady() + milliseconds(deadlines.total_ms);
  }
  ClientRequest::Fate unasked;
  ClientRequest::Fate& fate = request.fate != nullptr ? *request.fate : unasked;
  while (true) {
    boost::intrusive_ptr<UpstreamConnection> connection;
    if (!fate.repeated) connection = pool.take_idle();
    if (connection) {
      ++pools->stats.reuses;
    } else {
      if (pool.active >= pools->options.max_connections_per_endpoint) {
        co_return refuse(pool_full(pool));
      }
      Result<boost::intrusive_ptr<UpstreamConnection>> connected =
          co_await pools->connect(pool, deadlines, cancellation, total_limit);
      if (!connected) co_return refuse(std::move(connected.error()));
      connection = std::move(*connected);
    }
    connection->begin(deadlines, cancellation, total_limit);
    if (co_await connection->round_trip(request, endpoint.base_path)) {
      fate.delivered = false;
      co_return std::make_unique<ClientResponse>(connection.detach());
    }
    connection->close();
    fate.delivered = fate.delivered || connection->delivered();
    if (!connection->stale() || fate.repeated || cancellation.cancelled()) {
      co_return refuse(connection->failure());
    }
    fate.repeated = true;
    ++pools->stats.stale_retries;
  }
}

Client::Stats Client::stats() const {
  Stats stats = pools_->stats;
  for (const auto& [key, pool] : pools_->pools) stats.idle += pool->idle.size();
  stats.active -= std::min(stats.active, stats.idle);
  return stats;
}

ClientResponse::~ClientResponse() {
  const boost::intrusive_ptr<UpstreamConnection> connection(connection_, false);
  connection->release();
}

int ClientResponse::status() const {
  return connection_->head().status;
}

std::string_view ClientResponse::header(std::string_view name) const {
  for (const Header& header : connection_->headers()) {
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

const std::vector<Header>& ClientResponse::headers() const {
  return connection_->headers();
}

Task<Result<std::string>> ClientResponse::read_all(size_t limit) {
  return connection_->read_all(limit);
}

Task<Result<std::string_view>> ClientResponse::read_some() {
  return connection_->read_some();
}

void ClientResponse::end_within(int64_t limit_ms) {
  connection_->end_within(limit_ms);
}

Task<void> ClientResponse::finish_within(int64_t limit_ms) {
  return connection_->finish_within(limit_ms);
}

bool ClientResponse::reused() const {
  return connection_->reused();
}

}  // namespace gatehouse::net
