#include "settlement/settlement.h"

#include <csignal>
#include <thread>

#include <sys/resource.h>

#include "core/ids.h"
#include "core/json.h"
#include "settlement/explain.h"
#include "settlement/verify.h"
#include "unit/settlement/support.h"

namespace gatehouse::settlement {
namespace {

using test::TempDir;

std::unique_ptr<Settlement> open(const std::filesystem::path& data, OnAuditFailure on_failure) {
  SettlementOptions options;
  options.data_dir = data;
  options.loops = 2;
  options.on_audit_failure = on_failure;
  auto opened = Settlement::open(options, Clock::system(), Random::system());
  EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().reason);
  return opened ? std::move(*opened) : nullptr;
}

/// A disk that is full: no file may grow beyond `bytes` while this lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

template <typename Condition>
bool eventually(const Condition& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Settlement, OneCallRecordsAndCounts) {
  TempDir data;
  {
    const auto settlement = open(data.path(), OnAuditFailure::refuse);
    ASSERT_TRUE(settlement->loop(1).accepting().has_value());
    ASSERT_TRUE(settlement->loop(1).settle(test::simple_record("req_a")).has_value());
    const std::string metrics = settlement->scrape();
    EXPECT_NE(metrics.find("gatehouse_requests_total{tenant=\"demo\""), std::string::npos);
    EXPECT_NE(metrics.find("gatehouse_audit_records_total 1\n"), std::string::npos) << metrics;
    EXPECT_NE(metrics.find("gatehouse_audit_healthy 1\n"), std::string::npos);
  }
  const auto found = find_record(data.path(), "req_a");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->stream, "loop-1");
}

TEST(Settlement, AFullDiskFailsClosedAndLosesNothing) {
  TempDir data;
  uint64_t records = 0;
  {
    const auto settlement = open(data.path(), OnAuditFailure::refuse);
    LoopSettlement& loop = settlement->loop(0);
    {
      const FullDisk full(2 << 20);
      bool refused = false;
      while (!refused && records < 20000) {
        refused = !loop.settle(test::simple_record("req_" + std::to_string(++records)));
      }
      ASSERT_TRUE(refused);
      const auto accepting = loop.accepting();
      ASSERT_FALSE(accepting.has_value());
      EXPECT_EQ(accepting.error().code, "audit_unavailable");
      EXPECT_EQ(accepting.error().status(), 503);
      // Requests that were under way still end; their records wait.
      for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(loop.settle(test::simple_record("req_" + std::to_string(++records))));
      }
      EXPECT_NE(settlement->scrape().find(
                    "gatehouse_audit_failure_decisions_total{mode=\"closed\"} 12\n"),
                std::string::npos)
          << settlement->scrape();
    }
    EXPECT_TRUE(eventually([&] { return loop.accepting().has_value(); }));
    ASSERT_TRUE(loop.settle(test::simple_record("req_" + std::to_string(++records))).has_value());
    EXPECT_EQ(settlement->audit().stream(0).stats().lost, 0U);
  }
  const auto report = verify_audit({.dir = data.path(), .public_key = {}, .anchor = {}});
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->ok()) << report_text(*report);
  EXPECT_EQ(report->records(), records);
}

TEST(Settlement, AFullDiskFailsOpenWhereThePolicySaysSo) {
  TempDir data;
  const auto settlement = open(data.path(), OnAuditFailure::continue_);
  LoopSettlement& loop = settlement->loop(0);
  const FullDisk full(2 << 20);
  for (int i = 0; i < 6000; ++i) {
    ASSERT_TRUE(loop.accepting().has_value());
    ASSERT_TRUE(loop.settle(test::simple_record("req_" + std::to_string(i))).has_value());
  }
  const std::string metrics = settlement->scrape();
  EXPECT_EQ(metrics.find("mode=\"open\"} 0\n"), std::string::npos);
  EXPECT_NE(metrics.find("gatehouse_audit_healthy 0\n"), std::string::npos);
}

class Explain : public ::testing::Test {
 protected:
  void write() {
    auto options = test::audit_options(data_.path(), 2);
    options.segment_bytes = 16 << 10;
    const auto audit = test::open_audit(options);
    const ManualClock clock;
    IdMaker ids(clock, Random::system());
    for (int i = 0; i < 60; ++i) {
      const std::string id = ids.make("req_");
      if (i == 30) wanted_ = id;
      DecisionTrail trail(clock);
      trail.score(Layer::firewall, "injection", 0.03, 0.8, "linear/3");
      trail.number(Layer::admission, "budget_reserve", 500000, "nano_usd", "month 2027-01");
      RequestRecord record = test::simple_record(id);
      record.policy = "default";
      record.policy_version = "8f3e";
      record.trail = &trail;
      record.user = "al\x1b[31mice";
      record.verdicts.push_back({.direction = "input",
                                 .category = "pii",
                                 .action = "redact",
                                 .detector = "checksum/1",
                                 .rule = "pii.card",
                                 .score = 1,
                                 .threshold = 0.5,
                                 .count = 2});
      ASSERT_TRUE(audit->stream(static_cast<size_t>(i % 2)).append(record).has_value());
    }
    ASSERT_TRUE(
        audit
            ->note(
                {.action = "key.create", .actor = "cli", .tenant = "demo", .target = "gh_ab12cd"})
            .has_value());
  }
  TempDir data_;
  std::string wanted_;
};

TEST_F(Explain, TellsAStoryWithEveryNumber) {
  write();
  const auto found = find_record(data_.path(), wanted_);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_TRUE(found->hash_holds);
  EXPECT_TRUE(found->sealed);
  EXPECT_EQ(found->seq, 16U);
  const auto story = explain_text(*found);
  ASSERT_TRUE(story.has_value());
  for (const std::string_view part :
       {"Key gh_ab12cd of tenant demo, user al?[31mice, asked for smollm2 (chat, openai API)",
        "injection", "0.03 under the threshold 0.80 (linear/3)", "500000 nano_usd (month 2027-01)",
        "Policy default, version 8f3e",
        "In the input: pii (pii.card) in 2 places, found by checksum/1, score 1.00 reaches the "
        "threshold 0.50: redact.",
        "SmolLM2-135M of upstream local answered", "21 tokens in, 41 tokens out", "310 ms",
        "$0.000001234", "completed, status 200", "Its hash holds"}) {
    EXPECT_NE(story->find(part), std::string::npos) << part << "\n" << *story;
  }
  EXPECT_EQ(story->find('\x1b'), std::string::npos);
  json::Parser parser;
  const auto root = parser.parse_copy(explain_json(*found));
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(std::string_view((*root)["record"]["id"]), wanted_);
}

TEST_F(Explain, FindsEveryRecordAndSaysWhereAHashDoesNotHold) {
  write();
  size_t lines = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data_.path() / "audit")) {
    if (entry.path().extension() != ".log") continue;
    for (const std::string& line : test::lines_of(test::read_file(entry.path()))) {
      const auto parsed = parse_chain_line(line);
      ASSERT_TRUE(parsed.has_value());
      const auto found = find_record(data_.path(), parsed->id);
      ASSERT_TRUE(found.has_value()) << line;
      EXPECT_EQ(found->line, line);
      EXPECT_TRUE(found->hash_holds) << found->file << ":" << found->line_number;
      EXPECT_TRUE(explain_text(*found).has_value());
      ++lines;
    }
  }
  EXPECT_EQ(lines, 61U);
  const auto before = find_record(data_.path(), wanted_);
  const auto file = data_.path() / "audit" / before->file;
  std::string text = test::read_file(file);
  const size_t at = text.find(wanted_);
  text.replace(text.find("\"demo\"", at), 6, "\"evil\"");
  test::write_file(file, text);
  const auto after = find_record(data_.path(), wanted_);
  ASSERT_TRUE(after.has_value());
  EXPECT_FALSE(after->hash_holds);
  EXPECT_NE(explain_text(*after)->find("ITS HASH DOES NOT HOLD"), std::string::npos);
}

TEST_F(Explain, SaysWhenThereIsNoSuchRecord) {
  write();
  for (const std::string_view id : {"req_nope", "", "\"", "req_01hzx3k5v7m9q2w4e6r8t0y1p3"}) {
    const auto found = find_record(data_.path(), id);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, "record_not_found");
  }
}

TEST(PromptHasher, SeparatesPartsTenantsAndKeys) {
  PromptHasher hasher("key one");
  const auto hash = [](PromptHasher& with, std::string_view tenant,
                       std::initializer_list<std::string_view> parts) {
    with.begin(tenant);
    for (const std::string_view part : parts) with.add(part);
    return std::string(with.finish());
  };
  const std::string base = hash(hasher, "demo", {"user", "hello"});
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(base, hash(hasher, "demo", {"user", "hello"}));
  EXPECT_NE(base, hash(hasher, "demo", {"userh", "ello"}));
  EXPECT_NE(base, hash(hasher, "demo", {"user", "hello", ""}));
  EXPECT_NE(base, hash(hasher, "other", {"user", "hello"}));
  PromptHasher other("key two");
  EXPECT_NE(base, hash(other, "demo", {"user", "hello"}));
}

}  // namespace
}  // namespace gatehouse::settlement
