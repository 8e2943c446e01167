#include "settlement/audit.h"

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/json.h"
#include "settlement/verify.h"
#include "unit/child_program.h"
#include "unit/settlement/support.h"

namespace gatehouse::settlement {
namespace {

using test::TempDir;

AuditReport verify(const std::filesystem::path& data) {
  auto report = verify_audit({.dir = data, .public_key = {}, .anchor = {}});
  EXPECT_TRUE(report.has_value());
  return report ? *report : AuditReport{};
}

TEST(Audit, ContinuesItsChainsAfterARestart) {
  TempDir data;
  for (size_t round = 0; round < 4; ++round) {
    const auto audit = test::open_audit(test::audit_options(data.path(), 2));
    ASSERT_NE(audit, nullptr);
    test::append_records(*audit, 0, round * 10, 10);
    test::append_records(*audit, 1, round * 5, 5);
    ASSERT_TRUE(audit->note({.action = "test.round", .actor = "system"}).has_value());
  }
  const AuditReport report = verify(data.path());
  EXPECT_TRUE(report.ok()) << report_text(report);
  EXPECT_EQ(report.records(), 64U);
  EXPECT_EQ(report.unsealed(), 0U);
}

TEST(Audit, MoreAndFewerLoopsThanBefore) {
  TempDir data;
  for (const size_t streams : {1U, 4U, 2U, 3U}) {
    const auto audit = test::open_audit(test::audit_options(data.path(), streams));
    ASSERT_NE(audit, nullptr);
    for (size_t i = 0; i < streams; ++i) test::append_records(*audit, i, 0, 3);
  }
  const AuditReport report = verify(data.path());
  EXPECT_TRUE(report.ok()) << report_text(report);
  EXPECT_EQ(report.records(), 30U);
}

TEST(Audit, RecordIsOneJsonObjectWithEverythingInIt) {
  TempDir data;
  const ManualClock clock;
  {
    const auto audit = test::open_audit(test::audit_options(data.path()));
    DecisionTrail trail(clock);
    trail.note(Layer::admission, "key", "accepted");
    trail.score(Layer::firewall, "injection", 0.03, 0.8, "linear/3");
    Refusal error = Refusal::internal(Layer::inference, "connection reset\n\x01 \xff");
    RequestRecord record = test::simple_record("req_1");
    record.user = "a\"b\\c\x1b[31m\xc3";  // hostile: quotes, control characters, half a character
    record.policy = "default";
    record.policy_version = "8f3e";
    record.verdicts.push_back({.direction = "input",
                               .category = "pii",
                               .action = "redact",
                               .detector = "checksum/1",
                               .rule = "pii.card",
                               .score = 1,
                               .threshold = 0.5,
                               .count = 2,
                               .shadow = true});
    record.first_token_time = std::chrono::milliseconds(85);
    record.outcome = Outcome::failed;
    record.status = 502;
    record.error = &error;
    record.trace_id = "0af7651916cd43dd8448eb211c80319c";
    record.trail = &trail;
    ASSERT_TRUE(audit->stream(0).append(record).has_value());
  }
  const auto lines = test::lines_of(test::read_file(data.path() / "audit" / "loop-0.00000001.log"));
  ASSERT_EQ(lines.size(), 1U);
  json::Parser parser;
  const auto root = parser.parse_copy(lines[0]);
  ASSERT_TRUE(root.has_value()) << lines[0];
  EXPECT_EQ(std::string_view((*root)["id"]), "req_1");
  EXPECT_EQ(uint64_t((*root)["seq"]), 1U);
  EXPECT_EQ(std::string_view((*root)["time"]), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(std::string_view((*root)["user"]), "a\"b\\c\x1b[31m\xef\xbf\xbd");
  EXPECT_EQ(std::string_view((*root)["verdicts"].at(0)["rule"]), "pii.card");
  EXPECT_TRUE(bool((*root)["verdicts"].at(0)["shadow"]));
  EXPECT_EQ(int64_t((*root)["usage"]["output_tokens"]), 41);
  EXPECT_EQ(int64_t((*root)["usage"]["cost_nano_usd"]), 1234);
  EXPECT_EQ(int64_t((*root)["us"]["first_token"]), 85000);
  EXPECT_EQ(std::string_view((*root)["error"]["layer"]), "inference");
  EXPECT_DOUBLE_EQ(double((*root)["trail"].at(1)["threshold"]), 0.8);
}

TEST(Audit, HugeFieldsStayBounded) {
  TempDir data;
  const std::string huge(1 << 20, 'x');
  {
    const auto audit = test::open_audit(test::audit_options(data.path()));
    Refusal error = Refusal::internal(Layer::api, huge);
    RequestRecord record = test::simple_record(huge);
    record.tenant = record.user = record.model_asked = record.policy = huge;
    record.verdicts.resize(1000);
    record.error = &error;
    ASSERT_TRUE(audit->stream(0).append(record).has_value());
  }
  EXPECT_LT(std::filesystem::file_size(data.path() / "audit" / "loop-0.00000001.log"), 65536U);
  EXPECT_TRUE(verify(data.path()).ok());
}

TEST(Audit, RefusesADamagedLogInsteadOfGoingOn) {
  const auto refused = [](const std::filesystem::path& data) {
    const auto audit = AuditLog::open(test::audit_options(data), Clock::system(), Random::system());
    EXPECT_FALSE(audit.has_value());
    if (audit) return std::string();
    EXPECT_EQ(audit.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(audit.error().code, "audit_unavailable");
    return audit.error().reason;
  };
  const auto make = [](const std::filesystem::path& data) {
    const auto audit = test::open_audit(test::audit_options(data));
    test::append_records(*audit, 0, 1, 5);
  };
  {  // the last sealed record is gone
    TempDir data;
    make(data.path());
    const auto file = data.path() / "audit" / "loop-0.00000001.log";
    auto lines = test::lines_of(test::read_file(file));
    lines.pop_back();
    test::write_file(file, test::join(lines));
    EXPECT_NE(refused(data.path()).find("stream loop-0 ends before its last sealed record 5"),
              std::string::npos);
  }
  {  // a byte of a sealed record is gone: what lies behind it must not be cut off
    TempDir data;
    make(data.path());
    const auto file = data.path() / "audit" / "loop-0.00000001.log";
    auto text = test::read_file(file);
    text[text.size() / 2] = '\0';
    test::write_file(file, text);
    EXPECT_NE(refused(data.path()).find("loop-0.00000001.log"), std::string::npos);
    EXPECT_EQ(test::read_file(file), text);
  }
  {  // a record that holds in its chain, added after a clean stop
    TempDir data;
    make(data.path());
    const auto file = data.path() / "audit" / "loop-0.00000001.log";
    test::write_file(file, test::read_file(file) + test::next_line(file, "\"id\":\"req_x\""));
    EXPECT_NE(refused(data.path()).find("was added after the clean stop"), std::string::npos);
  }
  {  // the head is gone
    TempDir data;
    make(data.path());
    std::filesystem::remove(data.path() / "audit" / "head.json");
    EXPECT_NE(refused(data.path()).find("holds records of stream loop-0"), std::string::npos);
  }
  {  // the key is gone: a new one must not be made silently
    TempDir data;
    make(data.path());
    std::filesystem::remove(data.path() / "audit.key");
    EXPECT_NE(refused(data.path()).find("audit.key"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(data.path() / "audit.key"));
  }
  {  // somebody else can read the key
    TempDir data;
    make(data.path());
    std::filesystem::permissions(data.path() / "audit.key", std::filesystem::perms(0644));
    EXPECT_NE(refused(data.path()).find("chmod 600"), std::string::npos);
  }
  {  // a forged record behind the head
    TempDir data;
    make(data.path());
    const auto file = data.path() / "audit" / "loop-0.00000001.log";
    test::write_file(file, test::read_file(file) + "{\"hash\":\"" + std::string(64, 'a') +
                               "\",\"seq\":6,\"id\":\"req_x\"}\n");
    EXPECT_NE(refused(data.path()).find("record 6"), std::string::npos);
  }
  {  // the head was altered
    TempDir data;
    make(data.path());
    const auto file = data.path() / "audit" / "head.json";
    auto text = test::read_file(file);
    text.replace(text.find("\"seq\":5"), 7, "\"seq\":4");
    test::write_file(file, text);
    EXPECT_NE(refused(data.path()).find("signature"), std::string::npos);
  }
}

TEST(Audit, ACleanStopCoversTheStreamsOfLoopsThatAreNoMore) {
  TempDir data;
  const auto file = data.path() / "audit" / "loop-1.00000001.log";
  std::string head;
  {
    const auto audit = test::open_audit(test::audit_options(data.path(), 2));
    head = test::read_file(data.path() / "audit" / "head.json");
    test::append_records(*audit, 1, 1, 3);
  }
  // As a crash leaves it: three records behind a head that is not closed.
  test::write_file(data.path() / "audit" / "head.json", head);
  test::open_audit(test::audit_options(data.path(), 1));
  const AuditReport report = verify(data.path());
  EXPECT_TRUE(report.ok()) << report_text(report);
  EXPECT_EQ(report.unsealed(), 0U);
}

TEST(Audit, AKillWhileTheKeyIsMadeLeavesNoHalfOfIt) {
  TempDir data;
  const auto file = data.path() / "audit.key";
  const pid_t child = ::fork();
  if (child == 0) {
    // The first byte that it writes kills it.
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setrlimit(RLIMIT_FSIZE, &none);
    std::signal(SIGXFSZ, SIG_DFL);
    (void)make_audit_keys(file, Random::system());
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_TRUE(make_audit_keys(file, Random::system()).has_value());
  EXPECT_TRUE(read_audit_keys(file).has_value());
  EXPECT_FALSE(make_audit_keys(file, Random::system()).has_value()) << "it is there already";
}

TEST(Audit, KeyFileIsForItsOwnerAlone) {
  TempDir data;
  test::open_audit(test::audit_options(data.path()));
  const auto mode = std::filesystem::status(data.path() / "audit.key").permissions();
  EXPECT_EQ(mode & std::filesystem::perms(0077), std::filesystem::perms::none);
}

TEST(Audit, SecondWriterIsRefused) {
  TempDir data;
  const auto first = test::open_audit(test::audit_options(data.path()));
  const auto second =
      AuditLog::open(test::audit_options(data.path()), Clock::system(), Random::system());
  EXPECT_FALSE(second.has_value());
}

TEST(Audit, SealerWritesHeadsWhileLoopsAppend) {
  TempDir data;
  auto options = test::audit_options(data.path(), 2);
  options.seal_every = std::chrono::milliseconds(2);
  options.segment_bytes = 64 << 10;  // rotates often
  {
    const auto audit = test::open_audit(options);
    std::vector<std::thread> loops;
    for (size_t i = 0; i < 2; ++i) {
      loops.emplace_back([&audit, i] { test::append_records(*audit, i, 1, 2000); });
    }
    for (int i = 0; i < 20; ++i) {
      const AuditReport report = verify(data.path());  // beside the running writers
      EXPECT_TRUE(report.ok()) << report_text(report);
    }
    for (auto& loop : loops) loop.join();
    EXPECT_GT(audit->seals(), 1U);
    EXPECT_TRUE(audit->healthy());
  }
  const AuditReport report = verify(data.path());
  EXPECT_TRUE(report.ok()) << report_text(report);
  EXPECT_EQ(report.records(), 4000U);
}

AuditOptions child_options(const std::filesystem::path& data) {
  auto options = test::audit_options(data);
  options.seal_every = std::chrono::milliseconds(5);
  options.segment_bytes = 64 << 10;
  return options;
}

// The child of the test below: appends and tells each record that was accepted over a pipe, until
// it is killed. Does nothing in the program that starts it.
TEST(AuditChild, AppendsUntilItIsKilled) {
  const char* const dir = std::getenv(testing::kChildDir);
  if (dir == nullptr) return;
  auto audit = AuditLog::open(child_options(dir), Clock::system(), Random::system());
  if (!audit) {
    std::fprintf(stderr, "child: %s\n", audit.error().reason.c_str());
    _exit(1);
  }
  for (uint64_t i = 1;; ++i) {
    const std::string id = "req_" + std::to_string(i);
    if (auto done = (*audit)->stream(0).append(test::simple_record(id)); !done) {
      std::fprintf(stderr, "child: %s\n", done.error().reason.c_str());
      _exit(2);
    }
    if (::write(testing::kChildFd, "x", 1) != 1) _exit(3);
  }
}

TEST(Audit, KillLosesNoAcceptedRecord) {
  TempDir data;
  uint64_t accepted = 0;
  SeededRandom random(11);
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = testing::start_child("AuditChild.*", data.path(), ends[1]);
    ::close(ends[1]);
    const uint64_t wanted = 1 + random.next_u64() % 400;
    char buffer[4096];
    uint64_t seen = 0;
    while (seen < wanted) {
      const ssize_t n = ::read(ends[0], buffer, std::min<uint64_t>(wanted - seen, sizeof buffer));
      int ended = 0;
      if (n <= 0) ::waitpid(child, &ended, 0);
      ASSERT_GT(n, 0) << "the child ended by itself in round " << round << ", wait status "
                      << ended;
      seen += static_cast<uint64_t>(n);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
      seen += static_cast<uint64_t>(n);
    }
    ::close(ends[0]);
    accepted += seen;
    const AuditReport report = verify(data.path());
    ASSERT_TRUE(report.ok()) << "round " << round << "\n" << report_text(report);
    // A record may be in the log whose acceptance the child could not tell any more.
    ASSERT_GE(report.records(), accepted) << "round " << round;
    ASSERT_LE(report.records(), accepted + 1) << "round " << round;
    accepted = report.records();
  }
}

TEST(PublishedEnd, IsNeverReadHalf) {
  PublishedEnd end;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (uint64_t i = 1; !stop; ++i) {
      PublishedEnd::End next;
      next.state.seq = i;
      next.state.hash.fill(static_cast<unsigned char>(i));
      next.last = {.segment = i, .offset = i};
      end.publish(next);
    }
  });
  for (int i = 0; i < 20000; ++i) {
    const auto seen = end.read();
    ASSERT_EQ(seen.last.segment, seen.state.seq);
    ASSERT_EQ(seen.last.offset, seen.state.seq);
    for (const unsigned char byte : seen.state.hash) {
      ASSERT_EQ(byte, static_cast<unsigned char>(seen.state.seq));
    }
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace gatehouse::settlement
