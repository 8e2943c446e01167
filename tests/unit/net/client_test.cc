#include "net/client.h"

#include <gmock/gmock.h>

#include "unit/net/client_fixture.h"

namespace gatehouse::net::test {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

void answer_all(Wire& wire, std::string_view answer) {
  while (!ScriptedServer::take_request(wire).empty()) wire.send(answer);
}

TEST_F(ClientTest, SendsARequestAndReadsItsAnswer) {
  std::string seen;
  ScriptedServer server({[&](Wire& wire) {
    seen = ScriptedServer::take_request(wire);
    wire.send(ScriptedServer::answer("hello", "Content-Type: text/plain\r\n"));
    wire.receive_all(200);
  }});
  const Outcome out = run(to(server));
  ASSERT_TRUE(out.body) << out.body.error().reason;
  EXPECT_EQ(*out.body, "hello");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.content_type, "text/plain");
  EXPECT_EQ(seen,
            "POST /base/v1/chat HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nx-test: 1\r\ncontent-length: 2\r\n\r\n{}");
}

TEST_F(ClientTest, ReusesAConnectionAfterAWholeAnswer) {
  ScriptedServer server({[](Wire& wire) { answer_all(wire, ScriptedServer::answer("again")); }});
  for (int i = 0; i < 20; ++i) {
    const Outcome out = run(to(server));
    ASSERT_TRUE(out.body) << out.body.error().reason;
    EXPECT_EQ(out.reused, i > 0);
  }
  EXPECT_EQ(stats().connects, 1U);
  EXPECT_EQ(stats().idle, 1U);
  EXPECT_EQ(stats().active, 0U);
}

TEST_F(ClientTest, DoesNotReuseWhatMayNotBe) {
  const auto script = [](const char* answer) {
    return [answer](Wire& wire) {
      ScriptedServer::take_request(wire);
      wire.send(answer);
      wire.receive_all(300);
    };
  };
  ScriptedServer server(
      {script("HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\na"),
       script("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na"),
       script("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na+more than asked"),
       script("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na")});
  for (int i = 0; i < 4; ++i) {
    const Outcome out = run(to(server));
    ASSERT_TRUE(out.body) << out.body.error().reason;
    EXPECT_EQ(*out.body, "a");
    EXPECT_FALSE(out.reused);
  }
}

TEST_F(ClientTest, ReadsEveryFraming) {
  const std::string large(3'000'000, 'L');
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
       "abcde"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\na: b\r\n\r\nHTTP/1.1 201 Created\r\n"
       "content-length: 2\r\n\r\nok",
       "ok"},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + large, large},
  };
  for (const auto& [answer, body] : answers) {
    for (const bool in_pieces : {false, true}) {
      for (const bool by_byte : {false, true}) {
        if (by_byte && answer.size() > 1000) continue;
        ScriptedServer server({[&, text = answer](Wire& wire) {
          ScriptedServer::take_request(wire);
          if (!by_byte) wire.send(text);
          for (size_t i = 0; by_byte && i < text.size(); ++i) wire.send({&text[i], 1});
          wire.end_sending();
          wire.receive_all(500);
        }});
        Call call = to(server);
        call.in_pieces = in_pieces;
        const Outcome out = run(call);
        ASSERT_TRUE(out.body) << out.body.error().reason << answer.substr(0, 60);
        EXPECT_TRUE(*out.body == body) << answer.substr(0, 60);
      }
    }
  }
}

TEST_F(ClientTest, HandsOutPiecesAsTheyArrive) {
  ScriptedServer server({[](Wire& wire) {
    ScriptedServer::take_request(wire);
    wire.send(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n");
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(milliseconds(30));
      wire.send("6\r\npiece" + std::to_string(i) + "\r\n");
    }
    wire.send("0\r\n\r\n");
    wire.receive_all(300);
  }});
  Call call = to(server);
  call.in_pieces = true;
  const Outcome out = run(call);
  ASSERT_TRUE(out.body);
  EXPECT_THAT(out.pieces, testing::ElementsAre("piece0", "piece1", "piece2", "piece3", "piece4"));
  EXPECT_EQ(out.content_type, "text/event-stream");
}

/// Answers one request of a connection and swallows the next one; then `leave` says how it goes.
std::function<void(Wire&)> answers_once(std::atomic<int>& answered,
                                        std::function<void(Wire&)> leave) {
  return [&answered, leave = std::move(leave)](Wire& wire) {
    ScriptedServer::take_request(wire);
    ++answered;
    wire.send(ScriptedServer::answer("first"));
    ScriptedServer::take_request(wire);
    leave(wire);
  };
}

TEST_F(ClientTest, RetriesOnceWhatFailsOnAStaleConnection) {
  std::atomic<int> requests{0};
  const auto once = answers_once(requests, [](Wire& wire) { wire.reset(); });
  ScriptedServer server({once, once});
  EXPECT_TRUE(run(to(server)).body);
  const Outcome second = run(to(server));
  ASSERT_TRUE(second.body) << second.body.error().reason;
  EXPECT_FALSE(second.reused);
  EXPECT_TRUE(second.fate.repeated);
  EXPECT_FALSE(second.fate.delivered);
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(stats().stale_retries, 1U);
}

TEST_F(ClientTest, WhatWasDeliveredOnceStaysSoIfItCannotBeSentAgain) {
  std::atomic<int> requests{0};
  ScriptedServer* listening = nullptr;
  ScriptedServer server({answers_once(requests, [&](Wire& wire) {
    listening->stop_listening();
    wire.reset();
  })});
  listening = &server;
  EXPECT_TRUE(run(to(server)).body);
  const Outcome second = run(to(server));
  ASSERT_FALSE(second.body);
  EXPECT_THAT(second.body.error().reason, EndsWith("connection refused"));
  EXPECT_TRUE(second.fate.repeated);
  EXPECT_TRUE(second.fate.delivered);
}

TEST_F(ClientTest, DoesNotSendTwiceWhatAnUpstreamMayHaveWorkedOn) {
  std::atomic<int> requests{0};
  const auto once = answers_once(requests, [&](Wire&) {
    ++requests;
    std::this_thread::sleep_for(milliseconds(400));
  });
  ScriptedServer server({once, once});
  EXPECT_TRUE(run(to(server)).body);
  EXPECT_FALSE(run(to(server)).body);
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(stats().stale_retries, 0U);
}

TEST_F(ClientTest, AConnectionThatTheUpstreamClosedIsForgotten) {
  const auto once = [](Wire& wire) {
    ScriptedServer::take_request(wire);
    wire.send(ScriptedServer::answer("bye"));
  };
  ScriptedServer server({once, once});
  EXPECT_TRUE(run(to(server)).body);
  for (int i = 0; i < 400 && stats().idle > 0; ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(stats().idle, 0U);
  EXPECT_TRUE(run(to(server)).body);
  EXPECT_EQ(stats().stale_retries, 0U);
}

TEST_F(ClientTest, AFreshConnectionIsNotRetried) {
  std::atomic<int> connections{0};
  const auto cut = [&](Wire& wire) {
    ++connections;
    ScriptedServer::take_request(wire);
  };
  ScriptedServer server({cut, cut, cut});
  const Outcome out = run(to(server));
  ASSERT_FALSE(out.body);
  EXPECT_EQ(out.body.error().kind, ErrorKind::upstream_error);
  EXPECT_THAT(out.body.error().reason, EndsWith(" closed before it answered"));
  EXPECT_EQ(connections, 1);
}

TEST_F(ClientTest, SaysWhyItCannotConnect) {
  Call call;
  {
    const ScriptedServer server({});
    call = to(server);
  }
  const Outcome refused = run(call);
  ASSERT_FALSE(refused.body);
  EXPECT_EQ(refused.body.error().kind, ErrorKind::upstream_error);
  EXPECT_EQ(refused.body.error().reason,
            "connect to " + call.endpoint.authority() + ": connection refused");
  call.endpoint = Endpoint::parse("http://no-such-host.invalid:1/").value();
  call.deadlines.connect_ms = 3000;
  const Outcome unknown = run(call);
  ASSERT_FALSE(unknown.body);
  EXPECT_THAT(unknown.body.error().reason, StartsWith("resolve no-such-host.invalid: "));
}

TEST_F(ClientTest, ResolvesNames) {
  ScriptedServer server({[](Wire& wire) { answer_all(wire, ScriptedServer::answer("named")); }});
  Call call;
  call.endpoint = Endpoint::parse("http://localhost:" + std::to_string(server.port())).value();
  call.deadlines.connect_ms = 3000;
  EXPECT_TRUE(run(call).body);
  EXPECT_TRUE(run(call).reused);
}

TEST_F(ClientTest, KeepsEveryDeadline) {
  struct Row {
    const char* answer;
    Deadlines deadlines;
    const char* reason;
  };
  const Row rows[] = {
      {"", {500, 100, 500, 3000}, "first byte from 127.0.0.1"},
      {"HTTP/1.1 200 O", {500, 100, 500, 3000}, "first byte from 127.0.0.1"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", {500, 500, 100, 3000}, "next bytes from"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
       {500, 500, 100, 3000},
       "next bytes from"},
      {"HTTP/1.1 200 OK\r\n\r\nabc", {500, 500, 0, 150}, "the whole call took longer than 150 ms"},
  };
  for (const Row& row : rows) {
    for (const bool in_pieces : {false, true}) {
      ScriptedServer server({[&](Wire& wire) {
        ScriptedServer::take_request(wire);
        wire.send(row.answer);
        wire.receive_all(2000);  // until the client closes
      }});
      Call call = to(server);
      call.deadlines = row.deadlines;
      call.in_pieces = in_pieces;
      const auto start = std::chrono::steady_clock::now();
      const Outcome out = run(call);
      EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(400));
      ASSERT_FALSE(out.body) << row.answer;
      EXPECT_EQ(out.body.error().kind, ErrorKind::upstream_timeout) << row.answer;
      EXPECT_THAT(out.body.error().reason, HasSubstr(row.reason)) << row.answer;
    }
  }
}

TEST_F(ClientTest, ASlowStreamMayTakeLongerThanTheGapBetweenItsChunks) {
  ScriptedServer server({[](Wire& wire) {
    ScriptedServer::take_request(wire);
    wire.send("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n");
    for (int i = 0; i < 8; ++i) {
      std::this_thread::sleep_for(milliseconds(40));
      wire.send("x");
    }
  }});
  Call call = to(server);
  call.deadlines.between_chunks_ms = 120;
  EXPECT_TRUE(run(call).body);
}

TEST_F(ClientTest, ACutAnswerIsAnError) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 200 OK\r\na"}) {
    for (const bool reset : {false, true}) {
      for (const bool in_pieces : {false, true}) {
        ScriptedServer server({[&](Wire& wire) {
          ScriptedServer::take_request(wire);
          wire.send(answer);
          std::this_thread::sleep_for(milliseconds(20));
          if (reset) wire.reset();
        }});
        Call call = to(server);
        call.in_pieces = in_pieces;
        const Outcome out = run(call);
        ASSERT_FALSE(out.body) << answer;
        EXPECT_EQ(out.body.error().kind, ErrorKind::upstream_error) << answer;
        EXPECT_EQ(out.body.error().code, "upstream_cut") << answer;
      }
    }
  }
}

TEST_F(ClientTest, GarbageIsAnError) {
  const std::string endless = "HTTP/1.1 200 OK\r\na: " + std::string(100'000, 'a');
  for (const std::string& answer :
       {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string("HTTP/1.1 200 OK\nlength: 0\n\n"),
        std::string("HTTP/3.0 200 OK\r\n\r\n"), std::string("HTTP/1.1 20 OK\r\n\r\n"),
        std::string("HTTP/1.1 000 OK\r\n\r\n"), std::string("HTTP/1.1 600 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
        std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"),
        std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"), endless}) {
    ScriptedServer server({[&](Wire& wire) {
      ScriptedServer::take_request(wire);
      wire.send(answer);
      wire.receive_all(500);
    }});
    const Outcome out = run(to(server));
    ASSERT_FALSE(out.body) << answer.substr(0, 60);
    EXPECT_EQ(out.body.error().code, "upstream_malformed") << answer.substr(0, 60);
  }
}

TEST_F(ClientTest, BoundsWhatIsReadInWhole) {
  for (const char* framing : {"content-length: 1000\r\n", ""}) {
    ScriptedServer server({[&](Wire& wire) {
      ScriptedServer::take_request(wire);
      wire.send("HTTP/1.1 200 OK\r\n" + std::string(framing) + "\r\n" + std::string(1000, 'a'));
    }});
    Call call = to(server);
    call.limit = 999;
    const Outcome out = run(call);
    ASSERT_FALSE(out.body);
    EXPECT_EQ(out.body.error().code, "response_too_large");
  }
}

TEST_F(ClientTest, CancellationClosesTheConnectionAtOnce) {
  for (const char* answer : {"", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"}) {
    std::promise<std::chrono::steady_clock::time_point> closed;
    ScriptedServer server({[&](Wire& wire) {
      ScriptedServer::take_request(wire);
      wire.send(answer);
      wire.receive_all(3000);
      closed.set_value(std::chrono::steady_clock::now());
    }});
    Call call = to(server);
    call.cancel_after = milliseconds(60);
    call.deadlines = {3000, 3000, 3000, 3000};
    const auto start = std::chrono::steady_clock::now();
    const Outcome out = run(call);
    ASSERT_FALSE(out.body);
    EXPECT_EQ(out.body.error().kind, ErrorKind::client_gone);
    EXPECT_LT(closed.get_future().get() - start, milliseconds(60 + 100));
  }
}

TEST_F(ClientTest, BoundsTheConnectionsToAnEndpoint) {
  ClientOptions options;
  options.max_connections_per_endpoint = 2;
  make(options);
  const auto late = [](Wire& wire) {
    ScriptedServer::take_request(wire);
    std::this_thread::sleep_for(milliseconds(150));
    wire.send(ScriptedServer::answer("late"));
    wire.receive_all(200);
  };
  ScriptedServer server({late, late});
  auto first = begin(to(server));
  auto second = begin(to(server));
  std::this_thread::sleep_for(milliseconds(50));
  const Outcome third = run(to(server));
  ASSERT_FALSE(third.body);
  EXPECT_EQ(third.body.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(first.get().body);
  EXPECT_TRUE(second.get().body);
}

TEST_F(ClientTest, ClosesIdleConnectionsAfterAWhile) {
  ClientOptions options;
  options.idle_timeout_ms = 80;
  make(options);
  std::promise<void> closed;
  ScriptedServer server({[&](Wire& wire) {
    answer_all(wire, ScriptedServer::answer("idle"));
    closed.set_value();
  }});
  EXPECT_TRUE(run(to(server)).body);
  EXPECT_EQ(closed.get_future().wait_for(milliseconds(1000)), std::future_status::ready);
  EXPECT_EQ(stats().idle, 0U);
}

TEST(EndpointTest, ParsesUrls) {
  const Endpoint plain = Endpoint::parse("http://127.0.0.1:9101/v1/").value();
  EXPECT_EQ(plain.host, "127.0.0.1");
  EXPECT_EQ(plain.port, 9101);
  EXPECT_EQ(plain.base_path, "/v1");
  EXPECT_EQ(plain.host_header, "127.0.0.1:9101");
  EXPECT_FALSE(plain.tls);
  const Endpoint tls = Endpoint::parse("https://api.example.com").value();
  EXPECT_TRUE(tls.tls);
  EXPECT_EQ(tls.port, 443);
  EXPECT_EQ(tls.host_header, "api.example.com");
  EXPECT_EQ(tls.base_path, "");
  const Endpoint v6 = Endpoint::parse("http://[::1]:81/x").value();
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.host_header, "[::1]:81");
  EXPECT_EQ(v6.authority(), "[::1]:81");
}

TEST(EndpointTest, SaysWhatIsWrongWithAUrl) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "must begin with"},         {"ftp://x", "must begin with"},
      {"http://", "host is missing"},  {"http://:80", "host is missing"},
      {"http://a:b", "port must be"},  {"http://a:0", "port must be"},
      {"http://a:65536", "port must"}, {"http://a:80x", "port must be"},
      {"http://a b", "blank"},         {"http://a\r\nx: y", "blank"},
      {"http://u:p@a", "credentials"}, {"http://[::1", "']' is missing"},
      {"http://[g]", "malformed"},     {"http://a?x=1", "no query"},
      {"http://a,b", "malformed"},     {"http://a:", "port must be"},
  };
  for (const auto& [url, why] : rows) {
    const auto result = Endpoint::parse(url);
    ASSERT_FALSE(result) << url;
    EXPECT_THAT(result.error().message, HasSubstr(why)) << url;
  }
}

}  // namespace
}  // namespace gatehouse::net::test
