#include "store/append_log.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/random.h"
#include "unit/child_program.h"

namespace gatehouse::store {
namespace {

namespace fs = std::filesystem;

AppendLogOptions log_options(const fs::path& dir, uint64_t segment_bytes) {
  AppendLogOptions options;
  options.dir = dir;
  options.name = "audit-0";
  options.segment_bytes = segment_bytes;
  options.reserve_bytes = 64 << 10;
  options.sync_every = std::chrono::milliseconds(2);
  return options;
}

class AppendLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/gatehouse-log-XXXXXX";
    dir_ = ::mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(dir_); }
  /// A death test's process made a folder of its own.
  [[noreturn]] void exit_with(int status) {
    TearDown();
    ::_exit(status);
  }

  AppendLogOptions options(uint64_t segment_bytes = 1 << 20) const {
    return log_options(dir_, segment_bytes);
  }
  std::vector<std::string> read_all(LogPosition from = {}) {
    AppendLogReader reader(dir_, "audit-0", from);
    std::vector<std::string> records;
    while (reader.next()) records.emplace_back(reader.record());
    end_ = reader.end();
    torn_ = reader.torn_bytes();
    end_position_ = reader.end_position();
    resume_position_ = reader.resume_position();
    return records;
  }
  fs::path segment(uint64_t number) const { return segment_path(dir_, "audit-0", number); }
  void overwrite(const fs::path& path, uint64_t offset, std::string_view bytes) const {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  fs::path dir_;
  AppendLogReader::End end_{};
  uint64_t torn_ = 0;
  LogPosition end_position_;
  LogPosition resume_position_;
};

std::string record_of(int i, size_t bytes) {
  std::string record = "record " + std::to_string(i) + " ";
  record.resize(std::max(bytes, record.size()), 'x');
  return record;
}

TEST_F(AppendLogTest, ReadsBackWhatWasAppendedOverManySegments) {
  auto log = AppendLog::open(options(64 << 10));
  ASSERT_TRUE(log) << log.error().reason;
  std::vector<std::string> written;
  std::vector<LogPosition> positions;
  for (int i = 0; i < 500; ++i) {
    written.push_back(record_of(i, static_cast<size_t>(100 + i * 7 % 900)));
    const auto at = (*log)->append(written.back());
    ASSERT_TRUE(at) << at.error().reason;
    positions.push_back(*at);
  }
  EXPECT_EQ(read_all(), written) << "while the log is open";
  EXPECT_EQ(end_, AppendLogReader::End::clean);
  log->reset();
  EXPECT_EQ(read_all(), written);
  EXPECT_GT(list_segments(dir_, "audit-0").size(), 3U);
  for (const uint64_t number : list_segments(dir_, "audit-0")) {
    std::ifstream file(segment(number), std::ios::binary);
    file.seekg(-1, std::ios::end);
    EXPECT_EQ(file.get(), '\n') << "space allocated ahead is given back, segment " << number;
  }
  EXPECT_EQ(read_all(positions[200]),
            std::vector<std::string>(written.begin() + 200, written.end()));
}

TEST_F(AppendLogTest, GoesOnBehindTheLastRecordAndGivesBackReservedSpace) {
  for (int round = 0; round < 3; ++round) {
    auto log = AppendLog::open(options());
    ASSERT_TRUE(log);
    ASSERT_TRUE((*log)->append("round " + std::to_string(round)));
    EXPECT_EQ((*log)->recovery().torn_bytes, 0U);
  }
  EXPECT_EQ(read_all(), (std::vector<std::string>{"round 0", "round 1", "round 2"}));
  EXPECT_EQ(fs::file_size(segment(1)), 24U);
}

TEST_F(AppendLogTest, CutsNothingOffBeforeARecordThatIsKnownToBeThere) {
  LogPosition last;
  {
    auto log = AppendLog::open(options());
    ASSERT_TRUE(log);
    for (int i = 0; i < 20; ++i) last = *(*log)->append(record_of(i, 300));
  }
  const auto whole = fs::file_size(segment(1));
  overwrite(segment(1), 700, std::string(1, '\0'));
  auto known = options();
  known.floor = last;
  const auto refused = AppendLog::open(known);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "log_damaged");
  EXPECT_EQ(fs::file_size(segment(1)), whole);
  for (const auto& entry : fs::directory_iterator(dir_)) {
    EXPECT_EQ(entry.path().string().find(".torn-"), std::string::npos) << entry.path();
  }
  // Behind the record, an unfinished one is cut off as ever.
  overwrite(segment(1), 700, "x");
  overwrite(segment(1), whole, "unfinished");
  const auto log = AppendLog::open(known);
  ASSERT_TRUE(log) << log.error().reason;
  EXPECT_EQ((*log)->recovery().torn_bytes, 10U);
}

// The child of the test below: appends, and tells each record's number over a pipe. Does nothing in
// the program that starts it.
TEST(AppendLogChild, AppendsUntilItIsKilled) {
  const char* const dir = std::getenv(testing::kChildDir);
  if (dir == nullptr) return;
  auto log = AppendLog::open(log_options(dir, 128 << 10));
  for (int i = 0;; ++i) {
    if (!log || !(*log)->append(record_of(i, 300))) ::_exit(1);
    if (::write(testing::kChildFd, &i, sizeof i) != sizeof i) ::_exit(2);
  }
}

TEST_F(AppendLogTest, KilledProcessLosesNoAcknowledgedRecord) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = testing::start_child("AppendLogChild.*", dir_, ends[1]);
  ::close(ends[1]);
  int acknowledged = -1;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), 4);
  }
  ::kill(child, SIGKILL);
  int i = 0;
  while (::read(ends[0], &i, sizeof i) == sizeof i) acknowledged = i;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);

  auto log = AppendLog::open(options(128 << 10));
  ASSERT_TRUE(log) << log.error().reason;
  const auto records = read_all();
  ASSERT_GT(records.size(), static_cast<size_t>(acknowledged));
  for (size_t n = 0; n < records.size(); ++n) {
    ASSERT_EQ(records[n], record_of(static_cast<int>(n), 300));
  }
}

TEST_F(AppendLogTest, CutsOffATornTailAtEveryLengthAndKeepsACopy) {
  const std::string last = "the last record";
  for (size_t kept = 0; kept <= last.size(); ++kept) {
    fs::remove_all(dir_);
    fs::create_directory(dir_);
    {
      std::ofstream file(segment(1), std::ios::binary);
      file << "first\n" << last.substr(0, kept) << std::string(5000, '\0');
    }
    auto log = AppendLog::open(options());
    ASSERT_TRUE(log);
    EXPECT_EQ((*log)->recovery().torn_bytes, kept);
    if (kept > 0) {
      EXPECT_EQ((*log)->recovery().torn_at, (LogPosition{1, 6}));
      EXPECT_EQ(fs::file_size((*log)->recovery().kept_in), kept);
    }
    ASSERT_TRUE((*log)->append("next"));
    log->reset();
    EXPECT_EQ(read_all(), (std::vector<std::string>{"first", "next"}));
  }
}

TEST_F(AppendLogTest, RecoveryStopsBeforeAHoleLeftByALossOfPower) {
  {
    std::ofstream file(segment(1), std::ios::binary);
    file << "first\n" << std::string(4096, '\0') << "rest of second\nthird\n";
  }
  read_all();
  EXPECT_EQ(end_, AppendLogReader::End::corrupt);
  EXPECT_EQ(end_position_, (LogPosition{1, 6}));
  auto log = AppendLog::open(options());
  ASSERT_TRUE(log);
  EXPECT_EQ((*log)->recovery().torn_bytes, 4096U + 21U);
  EXPECT_EQ(read_all(), (std::vector<std::string>{"first"}));
}

TEST_F(AppendLogTest, RecoveryStopsBeforeAHoleThatIsLongerThanItsBuffer) {
  {
    std::ofstream file(segment(1), std::ios::binary);
    file << "first\n" << std::string(4 * 65'536 - 6, '\0') << "rest of second\nthird\n";
  }
  auto log = AppendLog::open(options());
  ASSERT_TRUE(log);
  EXPECT_EQ((*log)->recovery().torn_at, (LogPosition{1, 6}));
  EXPECT_EQ(read_all(), (std::vector<std::string>{"first"}));
}

TEST_F(AppendLogTest, WhatStandsBehindAHoleIsKeptForAnOwnerThatWantsIt) {
  for (const std::string& hole : {std::string(1, '\0'), std::string(200'000, '\0')}) {
    {
      std::ofstream file(segment(1), std::ios::binary);
      file << "first\n" << hole << "rest of second\nthird\nunfin";
    }
    auto keeping = options();
    keeping.keep_behind_holes = true;
    auto log = AppendLog::open(keeping);
    ASSERT_TRUE(log);
    EXPECT_EQ((*log)->recovery().torn_bytes, 5U);
    log->reset();
    EXPECT_EQ(read_all(), (std::vector<std::string>{"first"}));
    EXPECT_EQ(end_, AppendLogReader::End::corrupt);
    EXPECT_EQ(resume_position_, (LogPosition{1, 6 + hole.size()}));
    EXPECT_EQ(read_all(resume_position_), (std::vector<std::string>{"rest of second", "third"}));
  }
}

TEST_F(AppendLogTest, ReaderTellsTornFromCorruptFromMissing) {
  {
    auto log = AppendLog::open(options());
    ASSERT_TRUE(log);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE((*log)->append(record_of(i, 40)));
      ASSERT_TRUE((*log)->rotate());
    }
    ASSERT_TRUE((*log)->append("end"));
  }
  EXPECT_EQ(read_all().size(), 4U);
  EXPECT_EQ(end_, AppendLogReader::End::clean);

  fs::resize_file(segment(4), 2);
  EXPECT_EQ(read_all().size(), 3U);
  EXPECT_EQ(end_, AppendLogReader::End::torn);
  EXPECT_EQ(torn_, 2U);
  EXPECT_EQ(end_position_, (LogPosition{4, 0}));

  fs::resize_file(segment(2), 20);
  EXPECT_EQ(read_all().size(), 1U);
  EXPECT_EQ(end_, AppendLogReader::End::corrupt);
  EXPECT_EQ(end_position_, (LogPosition{2, 0}));

  overwrite(segment(1), 10, std::string(1, '\0'));
  EXPECT_EQ(read_all().size(), 0U);
  EXPECT_EQ(end_, AppendLogReader::End::corrupt);

  fs::remove(segment(1));
  fs::remove(segment(2));
  EXPECT_EQ(read_all({2, 0}).size(), 0U);
  EXPECT_EQ(end_, AppendLogReader::End::missing);
}

TEST_F(AppendLogTest, RefusesRecordsThatAReaderWouldMistake) {
  auto log = AppendLog::open(options());
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->append("two\nlines"));
  EXPECT_FALSE((*log)->append(std::string("a\0b", 3)));
  EXPECT_FALSE((*log)->append(std::string(1 << 20, 'x'))) << "longer than a quarter segment";
  ASSERT_TRUE((*log)->append(""));
  EXPECT_EQ(read_all(), (std::vector<std::string>{""}));
  EXPECT_TRUE((*log)->healthy());
}

TEST_F(AppendLogTest, OneWriterAtATime) {
  auto log = AppendLog::open(options());
  ASSERT_TRUE(log);
  auto second = AppendLog::open(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "storage_in_use");
  log->reset();
  EXPECT_TRUE(AppendLog::open(options()));
}

TEST_F(AppendLogTest, SyncCoversWhatWasAppended) {
  auto log = AppendLog::open(options(64 << 10));
  ASSERT_TRUE(log);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE((*log)->append(record_of(i, 500)));
  ASSERT_TRUE((*log)->sync());
  EXPECT_EQ((*log)->synced_position(), (*log)->position());
  ASSERT_TRUE((*log)->append("more"));
  for (int i = 0; i < 1000 && (*log)->synced_position() < (*log)->position(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ((*log)->synced_position(), (*log)->position()) << "by the background thread";
}

/// The exit code of what runs in a process of its own, with a background thread of its own, since
/// the limit on file sizes is the process's.
int fill_disk(const AppendLogOptions& options) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto log = AppendLog::open(options);
  if (!log) return 1;
  rlimit limit{96 << 10, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  int whole = 0;
  while (true) {
    const auto done = (*log)->append(record_of(whole, 1000));
    if (!done) {
      if (done.error().kind != ErrorKind::unavailable) return 2;
      break;
    }
    if (++whole > 1000) return 3;
  }
  if ((*log)->healthy()) return 4;
  limit.rlim_cur = RLIM_INFINITY;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  for (int i = 0; i < 5000 && !(*log)->healthy(); ++i) ::usleep(1000);
  if (!(*log)->healthy()) return 6;
  if (!(*log)->append(record_of(whole, 1000))) return 7;
  log->reset();
  AppendLogReader reader(options.dir, options.name);
  int read = 0;
  while (reader.next()) {
    if (reader.record() != record_of(read++, 1000)) return 8;
  }
  return reader.end() == AppendLogReader::End::clean && read == whole + 1 ? 0 : 9;
}

int fill_up_to_the_reserve(const AppendLogOptions& options) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto log = AppendLog::open(options);
  if (!log) return 1;
  rlimit limit{80 << 10, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  // Past the point where the reserve can't be kept whole, well before the space is used up.
  for (int i = 0; i < 30; ++i) {
    if (!(*log)->append(record_of(i, 1000))) return 2;
  }
  for (int i = 0; i < 5000 && (*log)->healthy(); ++i) ::usleep(1000);
  if ((*log)->healthy()) return 3;
  for (int i = 30; i < 60; ++i) {
    if (!(*log)->append(record_of(i, 1000))) return 4;
  }
  return 0;
}

TEST_F(AppendLogTest, FullDiskIsARefusalAndHealthComesBack) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with(fill_disk(options())), ::testing::ExitedWithCode(0), "");
}

TEST_F(AppendLogTest, HealthFallsWhileReservedSpaceStillTakesRecords) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with(fill_up_to_the_reserve(options())), ::testing::ExitedWithCode(0), "");
}

TEST_F(AppendLogTest, ReaderBesideAWriterNeverSeesDamage) {
  auto log = AppendLog::open(options(256 << 10));
  ASSERT_TRUE(log);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop && i < 50'000; ++i) {
      if (!(*log)->append(record_of(i, 200))) return;
    }
  });
  size_t seen = 0;
  for (int round = 0; round < 20; ++round) {
    const auto records = read_all();
    EXPECT_NE(end_, AppendLogReader::End::corrupt);
    EXPECT_GE(records.size(), seen);
    seen = records.size();
  }
  stop = true;
  writer.join();
}

TEST_F(AppendLogTest, RemovesOldSegmentsAndKeepsNumbering) {
  {
    auto log = AppendLog::open(options());
    ASSERT_TRUE(log);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE((*log)->append("x"));
      ASSERT_TRUE((*log)->rotate());
    }
    ASSERT_TRUE(remove_segments(dir_, "audit-0", 100));
    EXPECT_EQ(list_segments(dir_, "audit-0"), (std::vector<uint64_t>{4}));
    EXPECT_EQ((*log)->append("y")->segment, 4U);
  }
  fs::remove(segment(4));
  auto later = options();
  later.first_segment = 9;
  auto log = AppendLog::open(later);
  ASSERT_TRUE(log);
  EXPECT_EQ((*log)->append("z")->segment, 9U);
}

}  // namespace
}  // namespace gatehouse::store
