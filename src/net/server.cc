#include "net/server.h"

#include <ctime>
#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "core/json.h"
#include "core/log.h"
#include "net/connection.h"
#include "net/server_shared.h"

namespace gatehouse::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kAcceptRetry{100};
constexpr std::chrono::milliseconds kCloseLimit{2000};

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

Refusal cannot_listen(const ServerOptions& options, uint16_t port, const std::string& why) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::net;
  refusal.code = "cannot_listen";
  const bool v6 = options.address.find(':') != std::string::npos;
  refusal.message = "cannot listen on " + (v6 ? "[" + options.address + "]" : options.address) +
                    ":" + std::to_string(port) + ": " + why;
  refusal.reason = refusal.message;
  return refusal;
}

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

Response default_rendering(int status, const Refusal& refusal) {
  Response response;
  response.status = status;
  response.headers.add("content-type", "application/json");
  if (refusal.retry_after) {
    response.headers.add("retry-after", refusal.retry_after->count() / 1000);
  }
  response.body = R"({"error":{"message":)";
  json::append_untrusted_string(response.body, refusal.message);
  response.body += R"(,"type":"invalid_request_error","param":null,"code":)";
  json::append_untrusted_string(response.body, refusal.code);
  response.body += "}}";
  return response;
}

}  // namespace

// ---- What all shards share

ServerShared::Admit ServerShared::admit(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (open_ >= options.max_connections) return Admit::total;
  size_t& here = per_address_[address];
  if (here >= options.max_connections_per_address) return Admit::address;
  ++here;
  ++open_;
  return Admit::yes;
}

void ServerShared::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = per_address_.find(address);
  if (found != per_address_.end() && --found->second == 0) per_address_.erase(found);
  --open_;
  empty_.notify_all();
}

void ServerShared::listening(bool yes) {
  const std::lock_guard lock(mutex_);
  listening_ += yes ? 1 : static_cast<size_t>(-1);
  empty_.notify_all();
}

bool ServerShared::wait_until_empty(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, limit, [this] { return open_ == 0 && listening_ == 0; });
}

Response ServerShared::render(int status, const Refusal& refusal, std::string_view target) const {
  Response response = options.render_error ? options.render_error(status, refusal, target)
                                           : default_rendering(status, refusal);
  response.status = status;
  return response;
}

// ---- The part on one loop

ServerShard::ServerShard(ServerShared& shared_part, Loop& on)
    : shared(shared_part),
      loop(on),
      acceptor_(on.context()),
      retry_(std::make_unique<Deadline>(
          on.deadlines(), this, [](void* self) { static_cast<ServerShard*>(self)->accept(); })) {}

Result<void> ServerShard::listen(uint16_t port, bool first) {
  ErrorCode error;
  const asio::ip::address address = asio::ip::make_address(shared.options.address, error);
  if (error) {
    return refuse(
        cannot_listen(shared.options, port, "the address is not an IPv4 or IPv6 literal"));
  }
  const tcp::endpoint endpoint(address, port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && !first) acceptor_.set_option(ReusePort(true), error);
  if (!error && address.is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(shared.options.backlog, error);
  // The first one has the port for itself: were it to share from the start, so would it with
  // another process.
  if (!error && first && shared.shards.size() > 1) acceptor_.set_option(ReusePort(true), error);
  if (error) return refuse(cannot_listen(shared.options, port, lower_first(error.message())));
  return {};
}

uint16_t ServerShard::port() const {
  ErrorCode ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void ServerShard::start_accepting() {
  if (shared.draining.load(std::memory_order_relaxed)) return;
  accepting_ = true;
  accept();
}

void ServerShard::accept() {
  if (!accepting_) return;
  acceptor_.async_accept(peer_, [this, alive = shared.shared_from_this()](const ErrorCode& error,
                                                                          Channel::Socket socket) {
    on_accept(error, std::move(socket));
  });
}

void ServerShard::on_accept(const ErrorCode& error, Channel::Socket socket) {
  if (error == asio::error::operation_aborted || !accepting_) return;
  if (error) {
    if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
        error == asio::error::no_buffer_space) {
      log::warn("cannot_accept", {{"reason", error.message()}});
      retry_->set(loop.clock().steady() + kAcceptRetry);
      return;
    }
    return accept();
  }
  asio::ip::address address = peer_.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  std::string name = address.to_string();
  count.accepted.add();
  switch (shared.admit(name)) {
    case ServerShared::Admit::total:
      count.rejected_total.add();
      turn_away(socket);
      break;
    case ServerShared::Admit::address:
      count.rejected_address.add();
      turn_away(socket);
      break;
    case ServerShared::Admit::yes: {
      ErrorCode ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const boost::intrusive_ptr<Connection> connection(new Connection(
          *this, shared.shared_from_this(), std::move(socket), std::move(name), peer_.port()));
      loop.spawn(Connection::run(connection));
    }
  }
  accept();
}

/// Says that there is no room, as far as that goes without waiting for anything.
void ServerShard::turn_away(Channel::Socket& socket) const {
  if (shared.tls) return;
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::net;
  refusal.code = "too_many_connections";
  refusal.message = "The server has as many connections as it takes.";
  refusal.retry_after = std::chrono::milliseconds(1000);
  const Response response = shared.render(503, refusal, {});
  std::string text = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: ";
  text += std::to_string(response.body.size()) + "\r\n";
  response.headers.for_each([&](const Header& header) {
    if (!is_framing(header.name))
      text.append(header.name).append(": ").append(header.value) += "\r\n";
  });
  text.append("\r\n").append(response.body);
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(Channel::Socket::shutdown_send, ignored);
  // What was read does not turn the close into a reset, which could overtake the answer.
  char dropped[4096];
  socket.read_some(asio::buffer(dropped), ignored);
}

void ServerShard::drain() {
  if (!retry_) return;
  shared.listening(false);
  accepting_ = false;
  retry_.reset();  // here, since the shard itself may die on another thread
  ErrorCode ignored;
  acceptor_.close(ignored);
  for (auto it = connections_.begin(); it != connections_.end();) {
    Connection& connection = static_cast<Connection&>(*it++);
    connection.close_if_idle();
  }
}

void ServerShard::abort_all() {
  std::vector<boost::intrusive_ptr<Connection>> all;
  for (ConnectionHook& hook : connections_) all.emplace_back(&static_cast<Connection&>(hook));
  for (const auto& connection : all) connection->cancel_and_close();
}

void ServerShard::joined(ConnectionHook& connection) {
  connections_.push_back(connection);
  count.open.add();
}

void ServerShard::left(ConnectionHook& connection, const std::string& address) {
  connections_.erase(connections_.iterator_to(connection));
  count.open.subtract();
  shared.leave(address);
}

std::string_view ServerShard::date_line(SteadyTime now) {
  if (date_.empty() || now - date_made_ >= std::chrono::milliseconds(500)) {
    const std::time_t seconds = unix_seconds(loop.clock().wall());
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const size_t n =
        std::strftime(text, sizeof text, "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_.assign(text, n);
    date_made_ = now;
  }
  return date_;
}

// ---- Server

Server::Server(std::shared_ptr<ServerShared> shared) : shared_(std::move(shared)) {}

Result<std::unique_ptr<Server>> Server::start(LoopGroup& loops, ServerOptions options,
                                              Handler handler) {
  auto shared = std::make_shared<ServerShared>();
  shared->options = std::move(options);
  shared->handler = std::move(handler);
  if (shared->options.tls) {
    Result<SslContextPtr> context = make_server_context(*shared->options.tls);
    if (!context) return refuse(std::move(context.error()));
    shared->tls = std::move(*context);
  }
  for (size_t i = 0; i < loops.size(); ++i) {
    shared->shards.push_back(std::make_unique<ServerShard>(*shared, loops[i]));
  }
  uint16_t port = shared->options.port;
  for (const auto& shard : shared->shards) {
    Result<void> listening = shard->listen(port, shard == shared->shards.front());
    if (!listening) return refuse(std::move(listening.error()));
    shared->listening(true);
    port = shard->port();  // the first one's choice, if it was free to choose
  }
  shared->port = port;
  for (const auto& shard : shared->shards) {
    // Weak: what waits in a loop that never runs must not outlive the other loops.
    shard->loop.post([server = std::weak_ptr(shared), shard = shard.get()] {
      if (const auto alive = server.lock()) shard->start_accepting();
    });
  }
  return std::unique_ptr<Server>(new Server(std::move(shared)));
}

Server::~Server() {
  drain(std::chrono::milliseconds(0));
}

uint16_t Server::port() const {
  return shared_->port;
}

std::string Server::url() const {
  const ServerOptions& options = shared_->options;
  const bool v6 = options.address.find(':') != std::string::npos;
  return (options.tls ? "https://" : "http://") +
         (v6 ? "[" + options.address + "]" : options.address) + ":" + std::to_string(port());
}

void Server::drain(std::chrono::milliseconds limit) {
  shared_->draining.store(true, std::memory_order_relaxed);
  bool all_running = true;
  for (const auto& shard : shared_->shards) {
    const bool running = shard->loop.running();
    all_running = all_running && running;
    if (running) shard->loop.post([shared = shared_, shard = shard.get()] { shard->drain(); });
  }
  if (!all_running) return;  // the loops' end takes the connections with it
  if (limit.count() > 0 && shared_->wait_until_empty(limit)) return;
  for (const auto& shard : shared_->shards) {
    shard->loop.post([shared = shared_, shard = shard.get()] { shard->abort_all(); });
  }
  shared_->wait_until_empty(kCloseLimit);
}

bool Server::draining() const {
  return shared_->draining.load(std::memory_order_relaxed);
}

ServerStats Server::stats() const {
  ServerStats sum;
  for (const auto& shard : shared_->shards) {
    const auto& count = shard->count;
    sum.connections_open += count.open.get();
    sum.connections_accepted += count.accepted.get();
    sum.requests += count.requests.get();
    sum.requests_in_flight += count.in_flight.get();
    sum.rejected_connections_total += count.rejected_total.get();
    sum.rejected_connections_per_address += count.rejected_address.get();
    sum.malformed += count.malformed.get();
    sum.body_too_large += count.body_too_large.get();
    sum.bodies_full += count.bodies_full.get();
    sum.read_timeouts += count.read_timeouts.get();
    sum.write_timeouts += count.write_timeouts.get();
    sum.idle_timeouts += count.idle_timeouts.get();
    sum.tls_failures += count.tls_failures.get();
    sum.client_gone += count.client_gone.get();
  }
  return sum;
}

// ---- Exchange

Request& Exchange::request() {
  return connection_.request();
}
Loop& Exchange::loop() {
  return connection_.loop();
}
Cancellation& Exchange::cancellation() {
  return connection_.cancellation();
}
SteadyTime Exchange::received_at() const {
  return connection_.received_at();
}
Task<Result<void>> Exchange::respond(Response response) {
  return connection_.respond(std::move(response));
}
Task<Result<void>> Exchange::start_stream(int status, Headers headers) {
  return connection_.start_stream(status, std::move(headers));
}
Task<Result<void>> Exchange::write(std::string_view data) {
  return connection_.write(data);
}
Task<Result<void>> Exchange::finish() {
  return connection_.finish();
}
void Exchange::abort() {
  connection_.abort();
}
bool Exchange::responded() const {
  return connection_.responded();
}

}  // namespace gatehouse::net
