// The parts that need no socket: deadlines, chunks, headers, the loop.
#include <atomic>
#include <future>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/chunked.h"
#include "net/deadline.h"
#include "net/head.h"
#include "net/http.h"
#include "net/loop.h"

namespace gatehouse::net {
namespace {

using std::chrono::milliseconds;

struct Alarm {
  explicit Alarm(DeadlineWheel& wheel)
      : deadline(wheel, this, [](void* self) { ++static_cast<Alarm*>(self)->rung; }) {}
  int rung = 0;
  Deadline deadline;
};

TEST(DeadlineTest, RingsOnceAndNeverEarly) {
  const SteadyTime start{};
  DeadlineWheel wheel(start);
  std::mt19937 random(1);
  std::vector<std::unique_ptr<Alarm>> alarms;
  std::vector<milliseconds> due;
  for (int i = 0; i < 500; ++i) {
    alarms.push_back(std::make_unique<Alarm>(wheel));
    due.emplace_back(1 + random() % 60'000);  // some are further away than the wheel is long
    alarms.back()->deadline.set(start + due.back());
  }
  for (milliseconds now{0}; now < milliseconds(61'000); now += milliseconds(7)) {
    wheel.advance(start + now);
    for (size_t i = 0; i < alarms.size(); ++i) {
      ASSERT_TRUE(now >= due[i] || alarms[i]->rung == 0);
      ASSERT_TRUE(now <= due[i] + milliseconds(30) || alarms[i]->rung == 1);
    }
  }
  EXPECT_EQ(wheel.linked(), 0U);
}

TEST(DeadlineTest, MovesAndClears) {
  const SteadyTime start{};
  DeadlineWheel wheel(start);
  Alarm alarm(wheel);
  for (int i = 0; i < 100; ++i) {  // kept alive
    alarm.deadline.set(start + milliseconds(10 * i + 100));
    wheel.advance(start + milliseconds(10 * i));
  }
  EXPECT_EQ(alarm.rung, 0);
  alarm.deadline.set(start + milliseconds(1'000));  // earlier
  wheel.advance(start + milliseconds(1'020));
  EXPECT_EQ(alarm.rung, 1);
  alarm.deadline.set(start + milliseconds(2'000));
  alarm.deadline.clear();
  wheel.advance(start + milliseconds(200'000));
  EXPECT_EQ(alarm.rung, 1);
  alarm.deadline.set(start);  // already past
  wheel.advance(start + milliseconds(200'020));
  EXPECT_EQ(alarm.rung, 2);
}

TEST(DeadlineTest, MayBeDestroyedByAnother) {
  const SteadyTime start{};
  DeadlineWheel wheel(start);
  struct Killer {
    std::unique_ptr<Deadline> self;
    std::unique_ptr<Deadline> other;
    int rung = 0;
  } killer;
  const auto kill = [](void* k) {
    auto& it = *static_cast<Killer*>(k);
    ++it.rung;
    it.self.reset();
    it.other.reset();
  };
  killer.self = std::make_unique<Deadline>(wheel, &killer, kill);
  killer.other = std::make_unique<Deadline>(wheel, &killer, kill);
  killer.self->set(start + milliseconds(5));
  killer.other->set(start + milliseconds(5));
  wheel.advance(start + milliseconds(40));
  EXPECT_EQ(killer.rung, 1);
  EXPECT_EQ(wheel.linked(), 0U);
}

std::string decode(std::string_view text, size_t step, bool& ended, std::string* rest = nullptr) {
  ChunkDecoder decoder;
  std::string body;
  ended = false;
  while (!text.empty()) {
    std::string_view input = text.substr(0, step);
    text.remove_prefix(input.size());
    ChunkDecoder::Status status = ChunkDecoder::Status::data;
    while (status == ChunkDecoder::Status::data) {
      std::string_view piece;
      status = decoder.next(input, piece);
      body += piece;
    }
    if (status == ChunkDecoder::Status::error) return "error";
    if (status == ChunkDecoder::Status::end) {
      ended = true;
      if (rest != nullptr) *rest = std::string(input) + std::string(text);
      break;
    }
  }
  return body;
}

TEST(ChunkedTest, DecodesAtAnySplit) {
  const std::string text =
      "4\r\nWiki\r\n06;a=b;c\r\npedia \r\nE \t;c\r\nin \r\n\r\nchunks.\r\n"
      "0\r\nTrailer: x\r\nOther: y\r\n\r\nNEXT";
  for (size_t step = 1; step <= text.size(); ++step) {
    bool ended = false;
    std::string rest;
    EXPECT_EQ(decode(text, step, ended, &rest), "Wikipedia in \r\n\r\nchunks.");
    EXPECT_TRUE(ended);
    EXPECT_EQ(rest, "NEXT");
  }
}

TEST(ChunkedTest, RefusesWhatIsNotExact) {
  for (const char* text : {"\r\n",
                           "g\r\n",
                           "-1\r\n",
                           "0x1\r\n",
                           " 1\r\na\r\n",
                           "1\na\r\n",
                           "1\r\nab\r\n",
                           "1\r\na\n0\r\n\r\n",
                           "1\r\r\na\r\n",
                           "1;\n\r\n",
                           "1;\x01\r\n",
                           "1234567890123456\r\n",
                           "0\r\na\nb\r\n\r\n",
                           "0\r\n\r\r",
                           "0\r\na: b\r\r\n",
                           "5f zz\r\n",
                           "5 \tz\r\n",
                           "0\r\nno colon\r\n\r\n",
                           "0\r\nname\r\n\r\n",
                           "0\r\n: b\r\n\r\n",
                           "0\r\na b: c\r\n\r\n"}) {
    bool ended = false;
    EXPECT_EQ(decode(text, 1, ended), "error") << text;
    EXPECT_EQ(decode(text, 1000, ended), "error") << text;
  }
}

TEST(HeadersTest, AreListsOfLines) {
  Headers headers{{"content-type", "text/plain"}, {"x-a", "1"}};
  headers.add("x-n", 42);
  headers.add("X-A", "2");
  EXPECT_EQ(headers.get("x-A"), "1");
  EXPECT_EQ(headers.get("x-n"), "42");
  EXPECT_FALSE(headers.has("x-b"));
  headers.set("x-a", "3");
  EXPECT_EQ(headers.wire(), "content-type: text/plain\r\nx-n: 42\r\nx-a: 3\r\n");
  headers.add("x-empty", "");
  EXPECT_TRUE(headers.has("x-empty"));
  headers.remove("content-type");
  std::string names;
  headers.for_each([&](const Header& header) { names += std::string(header.name) + " "; });
  EXPECT_EQ(names, "x-n x-a x-empty ");
}

TEST(RequestTest, CanBeMadeForTests) {
  Request request;
  request.assign("POST", "/v1/x?y=z", {{"Content-Type", "a"}, {"x-empty", ""}}, "body");
  EXPECT_EQ(request.method(), "POST");
  EXPECT_EQ(request.path(), "/v1/x");
  EXPECT_EQ(request.query(), "y=z");
  EXPECT_EQ(request.header("content-type"), "a");
  EXPECT_EQ(request.body(), "body");
  EXPECT_GE(request.body().capacity(), 4U + 64U);
  EXPECT_EQ(request.peer_address(), "127.0.0.1");
  EXPECT_FALSE(request.client_certificate_subject());
}

TEST(HeadScannerTest, LooksAtEachByteOnce) {
  const std::string head = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
  HeadScanner scanner;
  size_t length = 0;
  for (size_t n = 0; n < head.size(); ++n) {
    ASSERT_EQ(scanner.scan(std::string_view(head).substr(0, n), length),
              HeadScanner::Verdict::more);
  }
  ASSERT_EQ(scanner.scan(head, length), HeadScanner::Verdict::found);
  EXPECT_EQ(length, head.size());
}

Task<void> nap(Loop& loop, milliseconds duration, std::promise<SteadyTime>& woke) {
  co_await loop.sleep_for(duration);
  woke.set_value(loop.clock().steady());
}

TEST(LoopTest, SleepsAndTakesWorkFromOtherThreads) {
  LoopGroup loops(2);
  loops.start();
  const SteadyTime start = Clock::system().steady();
  std::promise<SteadyTime> woke;
  loops[1].spawn(nap(loops[1], milliseconds(50), woke));
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) loops[static_cast<size_t>(i) % 2].post([&] { ++sum; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  const SteadyTime end = woke.get_future().get();
  EXPECT_GE(end - start, milliseconds(50));
  for (int i = 0; i < 1000 && sum < 4000; ++i) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(sum, 4000);
  std::promise<SteadyTime> never;
  loops[0].spawn(nap(loops[0], milliseconds(60'000), never));  // destroyed with the loop
}

}  // namespace
}  // namespace gatehouse::net
