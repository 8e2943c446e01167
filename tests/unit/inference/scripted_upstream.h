#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/loop.h"
#include "net/server.h"

namespace gatehouse::inference::test {

/// What a ScriptedUpstream does with one request.
struct Script {
  enum class End { clean, cut, stall };

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                 // a whole answer
  std::vector<std::string> chunks;  // or a stream, one write each
  End end = End::clean;             // of the stream
};

/// A test double of an upstream: answers each request as the next script says, over a real socket,
/// and remembers what it was asked.
class ScriptedUpstream {
 public:
  struct Asked {
    std::string method, target, body;
    std::map<std::string, std::string> headers;
  };

  ScriptedUpstream() : loops_(1) {
    loops_.start();
    auto server = net::Server::start(loops_, {},
                                     [this](net::Exchange& exchange) { return answer(exchange); });
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  ~ScriptedUpstream() {
    server_.reset();
    loops_.stop();
    loops_.join();
  }

  std::string url() const { return server_->url(); }
  void will(Script script) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(script));
  }
  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// Requests whose client left before the end.
  int abandoned() const { return abandoned_; }

 private:
  Script take(net::Exchange& exchange) {
    const std::lock_guard lock(mutex_);
    Asked& asked = asked_.emplace_back();
    net::Request& request = exchange.request();
    asked.method = request.method();
    asked.target = request.target();
    asked.body = request.body();
    for (const net::Header& header : request.headers()) {
      asked.headers[std::string(header.name)] = header.value;
    }
    if (scripts_.empty()) return Script{500, {}, "no script", {}, Script::End::clean};
    Script script = std::move(scripts_.front());
    scripts_.pop_front();
    return script;
  }

  Task<void> answer(net::Exchange& exchange) {
    const Script script = take(exchange);
    net::Headers headers;
    for (const auto& [name, value] : script.headers) headers.add(name, value);
    if (script.chunks.empty() && script.end == Script::End::clean) {
      net::Response response;
      response.status = script.status;
      response.headers = std::move(headers);
      response.body = script.body;
      co_await exchange.respond(std::move(response));
      co_return;
    }
    Result<void> sent = co_await exchange.start_stream(script.status, std::move(headers));
    for (const std::string& chunk : script.chunks) {
      if (sent) sent = co_await exchange.write(chunk);
    }
    if (script.end == Script::End::stall) {
      while (!exchange.cancellation().cancelled()) {
        co_await exchange.loop().sleep_for(std::chrono::milliseconds(5));
      }
      ++abandoned_;
    }
    if (script.end == Script::End::clean && sent) {
      co_await exchange.finish();
    } else {
      exchange.abort();
    }
  }

  net::LoopGroup loops_;
  std::unique_ptr<net::Server> server_;
  mutable std::mutex mutex_;
  std::deque<Script> scripts_;
  std::vector<Asked> asked_;
  std::atomic<int> abandoned_{0};
};

}  // namespace gatehouse::inference::test
