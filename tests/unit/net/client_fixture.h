#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "net/client.h"
#include "unit/net/sockets.h"

namespace gatehouse::net::test {

struct Outcome {
  Result<std::string> body = std::string();
  int status = 0;
  bool reused = false;
  ClientRequest::Fate fate;
  std::vector<std::string> pieces;
  std::string content_type;
};

struct Call {
  Endpoint endpoint;
  std::string method = "POST";
  std::string path = "/v1/chat";
  std::string body = "{}";
  Headers headers{{"x-test", "1"}};
  Deadlines deadlines{500, 500, 500, 3000};
  size_t limit = 64 << 20;
  bool in_pieces = false;
  std::chrono::milliseconds cancel_after{0};
};

inline Task<void> cancel_later(Loop& loop, std::chrono::milliseconds after,
                               std::shared_ptr<Cancellation> cancellation) {
  co_await loop.sleep_for(after);
  cancellation->cancel();
}

inline Task<void> read_pieces(ClientResponse& answer, Outcome& out) {
  std::string whole;
  while (true) {
    const Result<std::string_view> piece = co_await answer.read_some();
    if (!piece) {
      out.body = refuse(piece.error());
      co_return;
    }
    if (piece->empty()) break;
    out.pieces.emplace_back(*piece);
    whole += *piece;
  }
  out.content_type = answer.header("Content-Type");
  out.body = whole;
}

inline Task<void> perform(Loop& loop, Client& client, const Call& call,
                          std::promise<Outcome>& done) {
  Outcome out;
  const auto cancellation = std::make_shared<Cancellation>();
  if (call.cancel_after.count() > 0)
    loop.spawn(cancel_later(loop, call.cancel_after, cancellation));
  ClientRequest request;
  request.method = call.method;
  request.path = call.path;
  request.headers = &call.headers;
  request.body = call.body;
  request.fate = &out.fate;
  {
    auto answer = co_await client.send(call.endpoint, request, call.deadlines, *cancellation);
    if (!answer) {
      out.body = refuse(answer.error());
    } else {
      ClientResponse& response = **answer;
      out.status = response.status();
      out.reused = response.reused();
      if (call.in_pieces) {
        co_await read_pieces(response, out);
      } else {
        out.body = co_await response.read_all(call.limit);
        out.content_type = response.header("Content-Type");
      }
    }
  }
  done.set_value(std::move(out));
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() { make({}); }
  ~ClientTest() override { stop(); }

  void make(ClientOptions options) {
    stop();
    loops_ = std::make_unique<LoopGroup>(1);
    client_ = std::make_unique<Client>((*loops_)[0], options);
    loops_->start();
  }
  void stop() {
    if (!loops_) return;
    std::promise<void> closed;
    (*loops_)[0].post([&] {
      client_.reset();
      closed.set_value();
    });
    closed.get_future().wait();
    loops_->stop();
    loops_.reset();
  }

  std::future<Outcome> begin(const Call& call) {
    calls_.push_back(std::make_unique<std::pair<Call, std::promise<Outcome>>>());
    auto& [kept, promise] = *calls_.back();
    kept = call;
    (*loops_)[0].spawn(perform((*loops_)[0], *client_, kept, promise));
    return promise.get_future();
  }
  Outcome run(const Call& call) { return begin(call).get(); }

  static Call to(const ScriptedServer& server) {
    Call call;
    call.endpoint = Endpoint::parse(server.url() + "/base/").value();
    return call;
  }
  Client::Stats stats() {
    std::promise<Client::Stats> promise;
    (*loops_)[0].post([&] { promise.set_value(client_->stats()); });
    return promise.get_future().get();
  }

 private:
  std::unique_ptr<LoopGroup> loops_;
  std::unique_ptr<Client> client_;
  std::vector<std::unique_ptr<std::pair<Call, std::promise<Outcome>>>> calls_;
};

}  // namespace gatehouse::net::test
