#include "core/log.h"

#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/json.h"

namespace gatehouse::log {
namespace {

/// A pipe whose reading end the test holds.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int in() const { return ends_[1]; }
  std::string read_all() {
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(ends_[0], buffer, sizeof buffer)) > 0;) {
      out.append(buffer, static_cast<size_t>(n));
    }
    return out;
  }

 private:
  int ends_[2];
};

TEST(Log, OneJsonObjectALine) {
  Pipe pipe;
  Logger logger({.fd = pipe.in()});
  logger.write(Level::warn, "upstream_failed",
               {{"request_id", "req_1"},
                {"attempt", 2},
                {"ratio", 0.5},
                {"last", true},
                {"hostile", std::string("\"\\\n\x1b\xff")}});
  ASSERT_TRUE(logger.flush(std::chrono::seconds(5)));
  const std::string line = pipe.read_all();
  ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
  json::Parser parser;
  const auto root = parser.parse_copy(line);
  ASSERT_TRUE(root.has_value()) << line;
  EXPECT_EQ(std::string_view((*root)["level"]), "warn");
  EXPECT_EQ(std::string_view((*root)["event"]), "upstream_failed");
  EXPECT_EQ(std::string_view((*root)["ts"]).size(), 24U);
  EXPECT_EQ(int64_t((*root)["attempt"]), 2);
  EXPECT_TRUE(bool((*root)["last"]));
  EXPECT_EQ(std::string_view((*root)["hostile"]), "\"\\\n\x1b\xef\xbf\xbd");
}

TEST(Log, LevelsAreKept) {
  Pipe pipe;
  Logger logger({.fd = pipe.in(), .level = Level::warn});
  logger.write(Level::info, "no", {});
  logger.write(Level::error, "yes", {});
  logger.set_level(Level::debug);
  logger.write(Level::debug, "now", {});
  logger.write(Level::off, "never", {});
  ASSERT_TRUE(logger.flush(std::chrono::seconds(5)));
  const std::string out = pipe.read_all();
  EXPECT_EQ(out.find("\"no\""), std::string::npos);
  EXPECT_EQ(out.find("\"never\""), std::string::npos);
  EXPECT_NE(out.find("\"yes\""), std::string::npos);
  EXPECT_NE(out.find("\"now\""), std::string::npos);
  EXPECT_EQ(parse_level("warn"), Level::warn);
  EXPECT_EQ(parse_level("loud"), std::nullopt);
}

TEST(Log, TextForPeopleStaysOneLineAndSteersNoTerminal) {
  Pipe pipe;
  Logger logger({.fd = pipe.in(), .format = Format::text});
  logger.write(Level::info, "started", {{"port", 8080}, {"name", "a b"}, {"evil", "\x1b[2J\n"}});
  ASSERT_TRUE(logger.flush(std::chrono::seconds(5)));
  const std::string out = pipe.read_all();
  EXPECT_NE(out.find("started port=8080 name=\"a b\" evil=\"\\u001b[2J\\n\"\n"), std::string::npos)
      << out;
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
}

TEST(Log, AReaderThatStallsNeverStallsTheWriters) {
  Pipe pipe;  // nobody reads: the pipe takes 64 KiB, the queue as much again
  {
    Logger logger({.fd = pipe.in(), .queue_bytes = 64 << 10});
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 20000; ++i) logger.write(Level::info, "flood", {{"i", i}});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_GT(logger.dropped(), 0U);
    // Once somebody reads again, the loss is told.
    std::string out;
    for (int i = 0; i < 500 && out.find("log_lines_dropped") == std::string::npos; ++i) {
      out += pipe.read_all();
      logger.write(Level::info, "again", {});
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_NE(out.find("log_lines_dropped"), std::string::npos);
    EXPECT_TRUE(logger.flush(std::chrono::seconds(5)));
  }
}

TEST(Log, LinesOfManyThreadsAreNeverMixed) {
  Pipe pipe;
  Logger logger({.fd = pipe.in()});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&logger, t] {
      for (int i = 0; i < 100; ++i) logger.write(Level::info, "line", {{"thread", t}, {"i", i}});
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(logger.flush(std::chrono::seconds(5)));
  const std::string out = pipe.read_all();
  size_t lines = 0;
  json::Parser parser;
  for (size_t at = 0; at < out.size(); ++lines) {
    const size_t end = out.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    ASSERT_TRUE(parser.parse_copy(out.substr(at, end - at)).has_value());
    at = end + 1;
  }
  EXPECT_EQ(lines, 400U);
}

}  // namespace
}  // namespace gatehouse::log
