// What an upstream says while a large request is still being sent.
#include <gmock/gmock.h>

#include "unit/net/client_fixture.h"

namespace gatehouse::net::test {
namespace {

using std::chrono::milliseconds;

class ClientSendingTest : public ClientTest {
 protected:
  /// More than the kernel's buffers take.
  static Call large(const ScriptedServer& server) {
    Call call = to(server);
    call.body = std::string(40'000'000, 'b');
    call.deadlines = {20'000, 20'000, 20'000, 60'000};
    return call;
  }
};

void answer_once(Wire& wire) {
  if (!ScriptedServer::take_request(wire).empty()) wire.send(ScriptedServer::answer("ok"));
}

TEST_F(ClientSendingTest, TakesTheAnswerOfAnUpstreamThatDoesNotReadOn) {
  ScriptedServer server({[](Wire& wire) {
    wire.receive();
    wire.send("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
    wire.end_sending();
    wire.receive_all(500);
  }});
  Call call = to(server);
  call.body = std::string(8'000'000, 'b');
  const Outcome out = run(call);
  ASSERT_TRUE(out.body) << out.body.error().reason;
  EXPECT_EQ(out.status, 413);
}

TEST_F(ClientSendingTest, AnEarlyRefusalEndsTheSending) {
  for (const bool closes : {false, true}) {
    for (const bool used : {false, true}) {
      std::promise<void> over;
      const auto refuses = [&](Wire& wire) {
        if (used) answer_once(wire);
        wire.receive();
        wire.send("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
        if (closes) wire.close();
        over.get_future().wait();
      };
      ScriptedServer server({refuses, answer_once});
      if (used) {
        EXPECT_TRUE(run(to(server)).body);
      }
      const auto start = std::chrono::steady_clock::now();
      const Outcome out = run(large(server));
      EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(10'000));
      over.set_value();
      ASSERT_TRUE(out.body) << out.body.error().reason;
      EXPECT_EQ(out.status, 413);
      EXPECT_EQ(*out.body, "no");
      EXPECT_EQ(out.reused, used);
      EXPECT_FALSE(out.fate.delivered);
      const Outcome next = run(to(server));
      ASSERT_TRUE(next.body) << next.body.error().reason;
      EXPECT_FALSE(next.reused);
    }
  }
}

TEST_F(ClientSendingTest, WhatIsNoRefusalDoesNotEndTheSending) {
  const std::pair<const char*, const char*> answers[] = {
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\na: b\r\n\r\n",
       "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", "ok"}};
  for (const auto& [early, late] : answers) {
    std::atomic<size_t> taken{0};
    ScriptedServer server({[&, first = early, last = late](Wire& wire) {
      taken += wire.receive().size();
      wire.send(first);
      std::this_thread::sleep_for(milliseconds(50));
      while (taken < 40'000'000) {
        const size_t more = wire.receive().size();
        if (more == 0) return;
        taken += more;
      }
      wire.send(last);
      wire.receive_all(300);
    }});
    const Outcome out = run(large(server));
    ASSERT_TRUE(out.body) << out.body.error().reason << " after " << taken;
    EXPECT_EQ(out.status, 200);
    EXPECT_EQ(*out.body, "ok");
  }
}

TEST_F(ClientSendingTest, TakesAsLongAsTheUpstreamReads) {
  ScriptedServer server({[](Wire& wire) {
    size_t taken = 0;
    for (size_t pause = 0; taken < 40'000'000; ++pause) {
      const size_t more = wire.receive().size();
      if (more == 0) return;
      taken += more;
      if (pause % 24 == 0) std::this_thread::sleep_for(milliseconds(100));
    }
    wire.send(ScriptedServer::answer("ok"));
    wire.receive_all(300);
  }});
  Call call = large(server);
  call.deadlines.first_byte_ms = 1000;
  const Outcome out = run(call);
  ASSERT_TRUE(out.body) << out.body.error().reason;
  EXPECT_EQ(*out.body, "ok");
}

TEST_F(ClientSendingTest, GivesUpOnAnUpstreamThatReadsNoMore) {
  std::promise<void> over;
  ScriptedServer server({[&](Wire& wire) {
    wire.receive();
    over.get_future().wait();
  }});
  Call call = large(server);
  call.deadlines.first_byte_ms = 200;
  const Outcome out = run(call);
  over.set_value();
  ASSERT_FALSE(out.body);
  EXPECT_EQ(out.body.error().code, "upstream_timeout");
  EXPECT_THAT(out.body.error().reason, testing::HasSubstr("send to 127.0.0.1"));
  EXPECT_FALSE(out.fate.delivered);
}

TEST_F(ClientSendingTest, GarbageOrTheEndIsAnErrorAtOnce) {
  const std::pair<const char*, const char*> rows[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "upstream_malformed"},
      {"HTTP/1.1 413 Too", "upstream_cut"},
      {"", "upstream_unreachable"}};
  for (const auto& [says, code] : rows) {
    std::promise<void> over;
    ScriptedServer server({[&, text = says](Wire& wire) {
      wire.receive();
      wire.send(text);
      wire.end_sending();
      over.get_future().wait();
    }});
    const auto start = std::chrono::steady_clock::now();
    const Outcome out = run(large(server));
    EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(10'000));
    over.set_value();
    ASSERT_FALSE(out.body);
    EXPECT_EQ(out.body.error().code, code);
    EXPECT_FALSE(out.fate.delivered);
  }
}

}  // namespace
}  // namespace gatehouse::net::test
