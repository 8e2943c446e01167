#include "net/server.h"

#include <gmock/gmock.h>

#include "unit/net/server_fixture.h"

namespace gatehouse::net::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nhost: x\r\nX-test:  seen \r\n\r\n";

std::string post(std::string_view path, std::string_view body, std::string_view extra = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n" + std::string(extra) +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  serve();
  Wire wire = connect();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(wire.send(kGet));
    const std::string answer = wire.receive_answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\ndate: "));
    EXPECT_THAT(answer,
                HasSubstr("\r\nx-method: GET\r\nx-target: /a?b=c\r\nx-peer: 127.0.0.1\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nx-seen: seen\r\n"));
    EXPECT_THAT(answer, EndsWith("content-length: 0\r\n\r\n"));
    const std::string body = "body " + std::to_string(i);
    ASSERT_TRUE(wire.send(post("/echo", body)));
    EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\n" + body));
  }
  EXPECT_EQ(server().stats().connections_accepted, 1U);
  EXPECT_EQ(server().stats().requests, 100U);
}

TEST_F(ServerTest, ReadsBodiesOfAnySizeAndSplit) {
  serve();
  Wire wire = connect();
  for (const size_t size :
       {1UL, 100UL, 3900UL, 4096UL, 5000UL, 70'000UL, 1'000'000UL, 5'000'000UL}) {
    std::string body(size, 'x');
    for (size_t i = 0; i < size; i += 97) body[i] = static_cast<char>('a' + i % 23);
    std::thread sender([&] { wire.send(post("/echo", body)); });
    const std::string answer = wire.receive_answer();
    sender.join();
    ASSERT_THAT(answer.size(), testing::Gt(size));
    EXPECT_TRUE(answer.ends_with(body)) << size;
  }
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  serve();
  Wire wire = connect();
  for (const char byte : post("/echo", "by bytes")) ASSERT_TRUE(wire.send({&byte, 1}));
  EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nby bytes"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  serve();
  Wire wire = connect();
  std::string many = post("/slow?ms=60", "");
  for (int i = 0; i < 300; ++i) many += post("/echo", "number " + std::to_string(i));
  std::thread sender([&] { wire.send(many); });
  EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nslow"));
  for (int i = 0; i < 300; ++i) {
    EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nnumber " + std::to_string(i)));
  }
  sender.join();
}

TEST_F(ServerTest, AnswersAPipelinedRequestWhoseBodyComesLater) {
  serve();
  Wire wire = connect();
  const std::string second = post("/echo", std::string(9000, 'z'));
  ASSERT_TRUE(wire.send(post("/slow?ms=50", "") + second.substr(0, 200)));
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(wire.send(second.substr(200, 3000)));
  EXPECT_THAT(wire.receive_answer(), EndsWith("slow"));
  ASSERT_TRUE(wire.send(second.substr(3200)));
  EXPECT_THAT(wire.receive_answer(), EndsWith(std::string(9000, 'z')));
}

TEST_F(ServerTest, TakesTargetsInAbsoluteForm) {
  serve();
  const auto asked = [&](const std::string& target, const std::string& host) {
    return ask("GET " + target + " HTTP/1.1\r\nconnection: close\r\nhost: " + host + "\r\n\r\n");
  };
  EXPECT_THAT(asked("http://x/v1/models?a=b", "x:80"), HasSubstr("x-target: /v1/models?a=b\r\n"));
  EXPECT_THAT(asked("HTTPS://[::1]:8080/a", "[::1]:8080"), HasSubstr("x-target: /a\r\n"));
  EXPECT_THAT(asked("http://x", ""), HasSubstr("x-target: /\r\n"));
  EXPECT_THAT(asked("http", "x"), HasSubstr("x-target: http\r\n"));
  EXPECT_THAT(asked("/v1?url=http://x/", "a_b.example"), HasSubstr("x-target: /v1?url=http://x/"));
}

TEST_F(ServerTest, DecodesChunkedBodies) {
  serve();
  Wire wire = connect();
  const std::string head = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
  const std::string body =
      "5;name=value\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n";
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(wire.send(head + body + post("/echo", "next")));
    EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nhello 0123456789"));
    EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nnext"));
  }
  for (const char byte : head + body) ASSERT_TRUE(wire.send({&byte, 1}));
  EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nhello 0123456789"));
  std::string large = head;
  std::string expected;
  for (int i = 0; i < 400; ++i) {
    large += "3e8\r\n" + std::string(1000, static_cast<char>('a' + i % 26)) + "\r\n";
    expected += std::string(1000, static_cast<char>('a' + i % 26));
  }
  std::thread sender([&] { wire.send(large + "0\r\n\r\n"); });
  EXPECT_TRUE(wire.receive_answer().ends_with(expected));
  sender.join();
}

TEST_F(ServerTest, StreamsInChunks) {
  serve();
  Wire wire = connect();
  ASSERT_TRUE(wire.send("GET /stream?n=3 HTTP/1.1\r\nhost: x\r\n\r\n"));
  const std::string answer = wire.receive_until("0\r\n\r\n");
  EXPECT_THAT(answer,
              HasSubstr("content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"));
  EXPECT_THAT(answer,
              EndsWith("\r\n\r\n8\r\nchunk 0\n\r\n8\r\nchunk 1\n\r\n8\r\nchunk 2\n\r\n0\r\n\r\n"));
  ASSERT_TRUE(wire.send(kGet));
  EXPECT_THAT(wire.receive_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, ABrokenStreamDoesNotLookWhole) {
  serve();
  for (const char* path : {"/abort", "/unfinished"}) {
    const std::string answer = ask("GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("half of it"));
    EXPECT_THAT(answer, Not(HasSubstr("\r\n0\r\n")));
    Wire old = connect();
    old.send("GET " + std::string(path) + " HTTP/1.0\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    char byte = 0;
    ssize_t n = 1;
    while (n > 0) n = ::recv(old.fd(), &byte, 1, 0);
    EXPECT_EQ(n, -1) << "an HTTP/1.0 client must see a reset";
  }
}

TEST_F(ServerTest, SpeaksHttp10) {
  serve();
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), HasSubstr("HTTP/1.0 200 OK"));
  const std::string streamed = ask("GET /stream?n=2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(streamed, EndsWith("\r\n\r\nchunk 0\nchunk 1\n"));
  EXPECT_THAT(streamed, HasSubstr("connection: close\r\n"));
  Wire wire = connect();
  for (int i = 0; i < 2; ++i) {
    wire.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    EXPECT_THAT(wire.receive_answer(), HasSubstr("connection: keep-alive\r\n"));
  }
}

TEST_F(ServerTest, LeavesTheBodyOutForHead) {
  serve();
  Wire wire = connect();
  wire.send("HEAD /slow?ms=1 HTTP/1.1\r\nhost: x\r\n\r\n");
  const std::string answer = wire.receive_until("\r\n\r\n");
  EXPECT_THAT(answer, EndsWith("content-length: 4\r\n\r\n"));
  wire.send(kGet);
  EXPECT_THAT(wire.receive_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, SaysContinueBeforeItReadsTheBody) {
  serve();
  Wire wire = connect();
  const std::string whole = post("/echo", "expected", "expect: 100-continue\r\n");
  wire.send(whole.substr(0, whole.size() - 8));
  EXPECT_EQ(wire.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.send("expected");
  EXPECT_THAT(wire.receive_answer(), EndsWith("\r\n\r\nexpected"));
}

TEST_F(ServerTest, ClosesWhenToldAndAnswersAHalfClosedClient) {
  serve();
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
              HasSubstr("connection: close\r\n"));
  Wire wire = connect();
  wire.send(post("/echo", "half"));
  wire.end_sending();
  EXPECT_THAT(wire.receive_all(), EndsWith("half"));
}

TEST_F(ServerTest, AHandlerThatDoesNotAnswerIsAnError) {
  serve();
  EXPECT_THAT(ask("GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST_F(ServerTest, AHandlerThatThrowsCostsOnlyItsOwnRequest) {
  serve();
  EXPECT_THAT(ask("GET /throw HTTP/1.1\r\nhost: x\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, AHandlersHeadersCannotSplitTheAnswer) {
  Headers headers;
  headers.add("x-a", "1\r\nx-b: 2");
  EXPECT_EQ(headers.wire(), "x-a: 1  x-b: 2\r\n");
}

TEST_F(ServerTest, WorksOnSeveralLoops) {
  serve({}, 3);
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        Wire wire = connect();
        for (int i = 0; i < 20; ++i) {
          wire.send(post("/echo", "several"));
          if (wire.receive_answer().ends_with("several")) ++good;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 1600);
  EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
}

TEST_F(ServerTest, AnAddressThatCannotBeBoundIsNamed) {
  serve();
  LoopGroup other(1);
  ServerOptions options;
  options.port = server().port();
  const auto taken = Server::start(other, options, [](Exchange& e) { return echo(e); });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "cannot listen on 127.0.0.1:" + std::to_string(options.port) +
                                       ": address already in use");
  options.address = "example";
  const auto wrong = Server::start(other, options, [](Exchange& e) { return echo(e); });
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("not an IPv4 or IPv6 literal"));
}

TEST_F(ServerTest, APortIsSharedAmongTheLoopsOfOneServerOnly) {
  const auto handler = [](Exchange& e) { return echo(e); };
  LoopGroup several(2);
  LoopGroup others(2);
  ServerOptions options;
  options.port = 0;
  const auto first = Server::start(several, options, handler);
  ASSERT_TRUE(first) << first.error().message;
  options.port = (*first)->port();
  const auto second = Server::start(others, options, handler);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("address already in use"));
}

}  // namespace
}  // namespace gatehouse::net::test
