#include <fstream>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "core/sanitizers.h"
#include "unit/net/server_fixture.h"

namespace gatehouse::net::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

ServerOptions quick() {
  ServerOptions options;
  options.header_timeout_ms = 150;
  options.body_timeout_ms = 300;
  options.idle_timeout_ms = 200;
  options.write_timeout_ms = 200;
  return options;
}

struct Bad {
  const char* bytes;
  const char* status;
  const char* code;
};

// Each row of docs/bad-input that the HTTP layer refuses.
const Bad kBad[] = {
    {"GET / HTTP/1.1\nhost: x\n\n", "400", "bad_line_end"},
    {"GET / HTTP/1.1\r\nhost: x\n\r\n", "400", "bad_line_end"},
    {"garbage\r\n\r\n", "400", "bad_start_line"},
    {"GET  / HTTP/1.1\r\nhost: x\r\n\r\n", "400", "bad_start_line"},
    {"GET / HTTP/1.1 \r\nhost: x\r\n\r\n", "400", "bad_start_line"},
    {"\x16\x03\x01\x02\r\n\r\n", "400", "bad_start_line"},
    {"GET / HTTP/2.0\r\nhost: x\r\n\r\n", "505", "http_version"},
    {"PRI * HTTP/2.0\r\n\r\n", "505", "http_version"},
    {"GET / HTTP/1.1\r\n\r\n", "400", "bad_host"},
    {"GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", "400", "bad_host"},
    {"GET / HTTP/1.1\r\nhost: a b@/c\r\n\r\n", "400", "bad_host"},
    {"GET / HTTP/1.1\r\nhost: x:8o\r\n\r\n", "400", "bad_host"},
    {"GET / HTTP/1.1\r\nhost: [::1\r\n\r\n", "400", "bad_host"},
    {"GET http://a@b/ HTTP/1.1\r\nhost: x\r\n\r\n", "400", "bad_host"},
    {"GET http:///v1 HTTP/1.1\r\nhost: x\r\n\r\n", "400", "bad_host"},
    {"GET / HTTP/1.1\r\nhost: x\r\nname : v\r\n\r\n", "400", "bad_header"},
    {"GET / HTTP/1.1\r\nhost: x\r\n: v\r\n\r\n", "400", "bad_header"},
    {"GET / HTTP/1.1\r\nhost: x\r\nn: a\r\n b\r\n\r\n", "400", "bad_header"},
    {"GET / HTTP/1.1\r\nhost: x\r\nn: a\rb\r\n\r\n", "400", "bad_header"},
    {"GET / HTTP/1.1\r\nhost: x\r\nn: a\x01z\r\n\r\n", "400", "bad_header"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na", "400",
     "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na", "400",
     "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 1\r\n\r\na", "400", "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\na", "400", "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\na", "400", "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x1\r\n\r\na", "400", "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\na", "400",
     "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", "400",
     "bad_transfer_encoding"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n", "400",
     "bad_content_length"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "501",
     "transfer_encoding"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n", "501",
     "transfer_encoding"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n", "501",
     "transfer_encoding"},
    {"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "400",
     "bad_transfer_encoding"},
    {"POST / HTTP/1.1\r\nhost: x\r\nexpect: magic\r\ncontent-length: 1\r\n\r\na", "417",
     "expectation"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "400", "bad_chunk"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n", "400",
     "bad_chunk"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\na\n0\n\n", "400",
     "bad_chunk"},
    {"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "400",
     "bad_chunk"},
    {"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n", "413", "body_too_large"},
};

TEST_F(ServerTest, RefusesWhatCouldBeReadInTwoWays) {
  serve();
  for (const Bad& bad : kBad) {
    const std::string answer = ask(bad.bytes);
    EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + bad.status + " ")) << bad.bytes;
    EXPECT_THAT(answer, HasSubstr(std::string("\"code\":\"") + bad.code + "\"")) << bad.bytes;
    EXPECT_THAT(answer, HasSubstr("connection: close\r\n")) << bad.bytes;
  }
  EXPECT_EQ(seen.started, 0);
  EXPECT_EQ(server().stats().malformed + server().stats().body_too_large, std::size(kBad));
}

TEST_F(ServerTest, BoundsHeaders) {
  ServerOptions options;
  options.max_header_bytes = 2000;
  options.max_headers = 10;
  options.max_body_bytes = 1000;
  serve(options);
  EXPECT_THAT(ask("GET /" + std::string(3000, 'a')), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nhost: x\r\na: " + std::string(3000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nhost: x\r\n";
  for (int i = 0; i < 10; ++i) many += "a: b\r\n";
  EXPECT_THAT(ask(many + "\r\n"), HasSubstr("too_many_headers"));
  const std::string chunked = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
  EXPECT_THAT(ask(chunked + "400\r\n" + std::string(1024, 'a')), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask(chunked + "1;" + std::string(2000, 'a') + "\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask(chunked + "0\r\n" + std::string(9000, 'a') + "\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(seen.started, 0);
}

TEST_F(ServerTest, BoundsTheBodiesOfAllRequestsTogether) {
  ServerOptions options;
  options.max_body_bytes = 400'000;
  options.max_body_bytes_in_flight = 600'000;
  serve(options);
  const auto head = [](size_t length, const std::string& more = {}) {
    return "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: " + std::to_string(length) + "\r\n" +
           more + "\r\n";
  };
  const std::string body(400'000, 'b');
  Wire first = connect();
  first.send(head(400'000) + body.substr(0, 399'999));
  Wire promising = connect();
  promising.send(head(400'000));
  // What is taken is known when the bytes were read.
  std::string refused;
  ASSERT_TRUE(eventually([&] {
    refused = ask(head(400'000, "expect: 100-continue\r\nconnection: close\r\n"));
    return refused.starts_with("HTTP/1.1 503 ");
  }));
  EXPECT_THAT(refused, HasSubstr("retry-after: 1\r\n"));
  EXPECT_THAT(refused, HasSubstr("too_many_bodies"));
  EXPECT_GE(server().stats().bodies_full, 1U);
  EXPECT_THAT(
      ask("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n61a80\r\n" + body),
      StartsWith("HTTP/1.1 503 "));
  promising.send(body);
  EXPECT_THAT(promising.receive_answer(), StartsWith("HTTP/1.1 503 "));
  Wire small = connect();
  small.send(head(60'000) + body.substr(0, 60'000));
  EXPECT_THAT(small.receive_answer(), StartsWith("HTTP/1.1 200 "));
  first.send("b");
  EXPECT_THAT(first.receive_answer(), StartsWith("HTTP/1.1 200 "));
  Wire after = connect();
  after.send(head(400'000) + body);
  EXPECT_THAT(after.receive_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ARefusedBodyIsDrainedSoThatTheAnswerArrives) {
  serve();
  Wire wire = connect();
  wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n");
  wire.send(std::string(300'000, 'b'));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_THAT(wire.receive_answer(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, ARefusedBodyIsDrainedForClientsThatWriteItWhole) {
  serve();
  Wire wire = connect();
  ASSERT_TRUE(wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 20000000\r\n\r\n"));
  ASSERT_TRUE(wire.send(std::string(20'000'000, 'b')));
  EXPECT_THAT(wire.receive_answer(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, CutsOffSlowClients) {
  serve(quick());
  Wire slow_head = connect();
  slow_head.send("GET / HTTP/1.1\r\nhost: x\r\n");
  Wire slow_body = connect();
  slow_body.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc");
  Wire slow_chunks = connect();
  slow_chunks.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n");
  Wire silent = connect();
  // Slow-loris: a byte now and then does not prolong the head's limit.
  Wire loris = connect();
  loris.send("GET / HTTP/1.1\r\n");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    loris.send("a: b\r\n");
    std::this_thread::sleep_for(milliseconds(25));
  }
  EXPECT_THAT(loris.receive_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1000));
  EXPECT_THAT(slow_head.receive_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(slow_body.receive_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(slow_chunks.receive_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
  EXPECT_EQ(server().stats().read_timeouts, 4U);
  EXPECT_EQ(server().stats().idle_timeouts, 1U);
}

TEST_F(ServerTest, ABodyThatArrivesFastHasALimitToo) {
  ServerOptions options = quick();
  options.max_body_bytes = size_t{1} << 30;
  serve(options);
  Wire wire = connect();
  wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n");
  // There is always something to read when the limit passes, and nothing ever after.
  const std::string piece(65'536, 'a');
  const auto until = std::chrono::steady_clock::now() + milliseconds(400);
  while (std::chrono::steady_clock::now() < until) {
    if (::send(wire.fd(), piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
      std::this_thread::yield();
    }
  }
  EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
  EXPECT_EQ(server().stats().read_timeouts, 1U);
}

TEST_F(ServerTest, ABodyMustKeepARate) {
  ServerOptions options;
  options.min_body_bytes_per_second = 1'000'000;
  serve(options);
  Wire wire = connect();
  wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n");
  const auto start = std::chrono::steady_clock::now();
  std::thread drip([&] {
    for (int i = 0; i < 100 && wire.send("x"); ++i) std::this_thread::sleep_for(milliseconds(100));
  });
  EXPECT_THAT(wire.receive_answer(9000), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(8000));
  ::shutdown(wire.fd(), SHUT_RDWR);
  drip.join();
}

TEST_F(ServerTest, AClientThatDoesNotReadIsClosed) {
  serve(quick());
  Wire wire = connect();
  wire.send("GET /flood HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return seen.write_failures == 1; }));
  EXPECT_EQ(server().stats().write_timeouts, 1U);
}

TEST_F(ServerTest, NoticesWithin100MillisecondsThatTheClientLeft) {
  serve();
  for (const bool reset : {false, true}) {
    for (const bool pipelined : {false, true}) {
      seen.cancelled = 0;
      Wire wire = connect();
      wire.send("GET /slow?ms=3000 HTTP/1.1\r\nhost: x\r\n\r\n");
      if (pipelined) {  // more than the server takes while a request is in flight
        const std::string more(30'000, 'p');
        ::send(wire.fd(), more.data(), more.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      }
      std::this_thread::sleep_for(milliseconds(60));
      ASSERT_EQ(seen.cancelled, 0);
      const auto left = std::chrono::steady_clock::now();
      reset ? wire.reset() : wire.close();
      ASSERT_TRUE(eventually([&] { return seen.cancelled == 1; })) << reset << pipelined;
      EXPECT_LT(std::chrono::steady_clock::now() - left, milliseconds(150)) << reset << pipelined;
    }
  }
  EXPECT_EQ(server().stats().client_gone, 4U);
}

TEST_F(ServerTest, BoundsConnections) {
  ServerOptions options;
  options.max_connections_per_address = 3;
  serve(options);
  std::vector<Wire> wires;
  for (int i = 0; i < 3; ++i) {
    wires.push_back(connect());
    wires.back().send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    EXPECT_THAT(wires.back().receive_answer(), StartsWith("HTTP/1.1 200 "));
  }
  const std::string refused = connect().receive_all();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(refused, HasSubstr("too_many_connections"));
  EXPECT_EQ(server().stats().rejected_connections_per_address, 1U);
  wires.pop_back();
  EXPECT_TRUE(eventually([&] {
    Wire wire = connect();
    wire.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    return wire.receive_answer().starts_with("HTTP/1.1 200 ");
  }));
}

TEST_F(ServerTest, BoundsRequestsOfAConnection) {
  ServerOptions options;
  options.max_requests_per_connection = 2;
  options.max_connections = 1;
  serve(options);
  Wire wire = connect();
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server().stats().rejected_connections_total, 1U);
  wire.send("GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_THAT(wire.receive_all(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
}

TEST_F(ServerTest, DrainsWithoutDroppingARequest) {
  serve({}, 2);
  std::vector<Wire> busy;
  for (int i = 0; i < 8; ++i) {
    busy.push_back(connect());
    busy.back().send("GET /slow?ms=150 HTTP/1.1\r\nhost: x\r\n\r\n");
  }
  Wire idle = connect();
  idle.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  idle.receive_answer();
  ASSERT_TRUE(eventually([&] { return seen.started == 9; }));
  const uint16_t port = server().port();
  std::thread drain([&] { server().drain(milliseconds(5000)); });
  EXPECT_TRUE(idle.closes_within(1000));
  for (Wire& wire : busy) {
    const std::string answer = wire.receive_all();
    EXPECT_THAT(answer, HasSubstr("connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("slow"));
  }
  drain.join();
  EXPECT_FALSE(Wire::to(port).connected());
  EXPECT_EQ(server().stats().connections_open, 0U);
}

TEST_F(ServerTest, ADrainEndsWithTheStreamsThatItFound) {
  serve();
  const std::string request = "GET /slow_stream?ms=200 HTTP/1.1\r\nhost: x\r\n\r\n";
  Wire wire = connect();
  Wire pipelining = connect();
  for (Wire* each : {&wire, &pipelining}) {
    each->send(request);
    ASSERT_THAT(each->receive_until("\r\n\r\n"), HasSubstr("chunked"));
  }
  pipelining.send("GET /next HTTP/1.1\r\nhost: x\r\n\r\n");
  const auto start = std::chrono::steady_clock::now();
  server().drain(milliseconds(5000));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  EXPECT_THAT(wire.receive_all(), testing::EndsWith("\r\n0\r\n\r\n"));
  EXPECT_THAT(pipelining.receive_all(), HasSubstr("x-target: /next"));
}

TEST_F(ServerTest, ADrainThatRunsOutOfTimeCancels) {
  serve();
  Wire wire = connect();
  wire.send("GET /slow?ms=10000 HTTP/1.1\r\nhost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return seen.started == 1; }));
  const auto start = std::chrono::steady_clock::now();
  server().drain(milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1500));
  EXPECT_EQ(seen.cancelled, 1);
  EXPECT_EQ(server().stats().connections_open, 0U);
}

size_t resident_kb() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

TEST_F(ServerTest, TenThousandIdleConnectionsCostLittle) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const size_t count = std::min<size_t>(10'000, (files.rlim_cur - 200) / 2);
  ServerOptions options;
  options.max_connections = options.max_connections_per_address = count + 10;
  serve(options);
  const size_t before = resident_kb();
  std::vector<Wire> wires;
  for (size_t i = 0; i < count; ++i) {
    wires.push_back(connect());
    ASSERT_TRUE(wires.back().connected()) << i;
    if (i % 2 == 0) {  // half of them have been used
      wires.back().send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc");
      ASSERT_THAT(wires.back().receive_answer(), StartsWith("HTTP/1.1 200 "));
    }
  }
  ASSERT_TRUE(eventually([&] { return server().stats().connections_open == count; }, 10'000));
  std::this_thread::sleep_for(milliseconds(1500));
  const size_t each = (resident_kb() - std::min(before, resident_kb())) * 1024 / count;
  RecordProperty("bytes_per_idle_connection", static_cast<int>(each));
  if constexpr (!kSanitized) {
    EXPECT_LT(each, 4096U);
  }
  for (size_t i = 0; i < count; i += 1000) {
    wires[i].send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    EXPECT_THAT(wires[i].receive_answer(), StartsWith("HTTP/1.1 200 "));
  }
}

}  // namespace
}  // namespace gatehouse::net::test
