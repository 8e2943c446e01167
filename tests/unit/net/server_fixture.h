#pragma once

#include <atomic>
#include <charconv>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "net/server.h"
#include "unit/net/sockets.h"

namespace gatehouse::net::test {

/// What the test server's handler saw.
struct Seen {
  std::atomic<int> started{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> write_failures{0};
  std::atomic<int64_t> cancelled_after_ms{-1};
};

inline size_t number_of(std::string_view query) {
  size_t n = 0;
  const std::string_view digits = query.substr(query.find('=') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return n;
}

inline Task<void> echo(Exchange& exchange) {
  Request& request = exchange.request();
  Response response;
  response.headers.add("content-type", "text/plain");
  response.headers.add("x-method", request.method());
  response.headers.add("x-target", request.target());
  response.headers.add("x-peer", request.peer_address());
  response.headers.add("x-seen", request.header("X-Test"));
  response.body = std::move(request.body());
  co_await exchange.respond(std::move(response));
}

/// /stream?n=N: N chunks.
inline Task<void> stream(Exchange& exchange, Seen& seen) {
  Headers headers{{"content-type", "text/event-stream"}};
  const size_t n = number_of(exchange.request().query());
  Result<void> sent = co_await exchange.start_stream(200, std::move(headers));
  for (size_t i = 0; i < n && sent; ++i) {
    const std::string chunk = "chunk " + std::to_string(i) + "\n";
    sent = co_await exchange.write(chunk);
  }
  if (sent) sent = co_await exchange.finish();
  if (!sent) ++seen.write_failures;
}

/// /flood: writes until the client does not take it any more.
inline Task<void> flood(Exchange& exchange, Seen& seen) {
  const std::string chunk(256 * 1024, 'f');
  Headers headers;
  Result<void> sent = co_await exchange.start_stream(200, std::move(headers));
  for (int i = 0; i < 1000 && sent; ++i) sent = co_await exchange.write(chunk);
  if (!sent) ++seen.write_failures;
}

/// /slow?ms=N: answers after a while, unless the client leaves.
inline Task<void> slow(Exchange& exchange, Seen& seen) {
  const auto limit = std::chrono::milliseconds(number_of(exchange.request().query()));
  const Clock& clock = exchange.loop().clock();
  const SteadyTime start = clock.steady();
  while (clock.steady() - start < limit && !exchange.cancellation().cancelled()) {
    co_await exchange.loop().sleep_for(std::chrono::milliseconds(1));
  }
  if (exchange.cancellation().cancelled()) {
    ++seen.cancelled;
    seen.cancelled_after_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  clock.steady() - exchange.received_at())
                                  .count();
  }
  Response response;
  response.body = "slow";
  co_await exchange.respond(std::move(response));
}

/// /slow_stream?ms=N: a head at once, the rest after a while.
inline Task<void> slow_stream(Exchange& exchange) {
  Headers headers;
  const std::string text = "streamed";
  co_await exchange.start_stream(200, std::move(headers));
  co_await exchange.loop().sleep_for(
      std::chrono::milliseconds(number_of(exchange.request().query())));
  co_await exchange.write(text);
  co_await exchange.finish();
}

inline Task<void> broken_stream(Exchange& exchange) {
  Headers headers;
  const std::string half = "half of it";
  co_await exchange.start_stream(200, std::move(headers));
  co_await exchange.write(half);
  if (exchange.request().path() == "/abort") exchange.abort();
}

inline Task<void> handle(Exchange& exchange, Seen& seen) {
  ++seen.started;
  const std::string_view path = exchange.request().path();
  if (path == "/stream") {
    co_await stream(exchange, seen);
  } else if (path == "/flood") {
    co_await flood(exchange, seen);
  } else if (path == "/slow_stream") {
    co_await slow_stream(exchange);
  } else if (path == "/slow") {
    co_await slow(exchange, seen);
  } else if (path == "/abort" || path == "/unfinished") {
    co_await broken_stream(exchange);
  } else if (path == "/throw") {
    throw std::runtime_error("a handler's mistake");
  } else if (path != "/nothing") {
    co_await echo(exchange);
  }
}

class ServerTest : public testing::Test {
 protected:
  void serve(ServerOptions options = {}, size_t loops = 1) {
    loops_ = std::make_unique<LoopGroup>(loops);
    loops_->start();
    auto server = Server::start(*loops_, std::move(options),
                                [this](Exchange& exchange) { return handle(exchange, seen); });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void TearDown() override {
    server_.reset();
    if (loops_) loops_->stop();
    loops_.reset();
  }

  Wire connect() const { return Wire::to(server_->port()); }
  Server& server() { return *server_; }

  /// Sends bytes on a connection of their own and takes all that comes.
  std::string ask(std::string_view bytes) const {
    Wire wire = connect();
    wire.send(bytes);
    return wire.receive_all();
  }

  template <typename Condition>
  static bool eventually(Condition condition, int limit_ms = 3000) {
    for (int i = 0; i < limit_ms; i += 5) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
  }

  Seen seen;

 private:
  std::unique_ptr<LoopGroup> loops_;
  std::unique_ptr<Server> server_;
};

}  // namespace gatehouse::net::test
