#include "settlement/verify.h"

#include <algorithm>

#include "core/json.h"
#include "unit/settlement/support.h"

namespace gatehouse::settlement {
namespace {

using test::TempDir;

class Verify : public ::testing::Test {
 protected:
  void write_log(size_t records, size_t streams = 1) {
    const auto audit = test::open_audit(test::audit_options(data_.path(), streams));
    ASSERT_NE(audit, nullptr);
    for (size_t i = 0; i < streams; ++i) test::append_records(*audit, i, 1, records);
  }
  AuditReport verify(const std::string& anchor = {}) {
    auto report = verify_audit({.dir = data_.path(), .public_key = {}, .anchor = anchor});
    EXPECT_TRUE(report.has_value());
    return report ? *report : AuditReport{};
  }
  std::filesystem::path file(std::string_view name = "loop-0.00000001.log") const {
    return data_.path() / "audit" / name;
  }
  static bool has(const AuditReport& report, AuditIssueKind kind, uint64_t seq) {
    return std::any_of(report.issues.begin(), report.issues.end(), [&](const AuditIssue& issue) {
      return issue.kind == kind && issue.seq == seq;
    });
  }

  TempDir data_;
};

TEST_F(Verify, UntouchedLogHolds) {
  write_log(20, 3);
  const AuditReport report = verify();
  EXPECT_TRUE(report.ok()) << report_text(report);
  EXPECT_EQ(report.records(), 60U);
  EXPECT_EQ(report.unsealed(), 0U);
  EXPECT_EQ(report.streams.size(), 4U);  // and the control stream
  EXPECT_TRUE(report.key_checked);
}

// A changed bit in the low, the middle and the high part of a byte, by turns: the first makes a
// neighbouring digit, the second changes the case of a letter, the third leaves ASCII.
char flipped(char c, size_t i) {
  constexpr char kMasks[] = {'\x01', '\x20', '\x80'};
  return static_cast<char>(c ^ kMasks[i % 3]);
}

TEST_F(Verify, FindsEveryFlippedByteAndSaysWhere) {
  write_log(5);
  const std::string good = test::read_file(file());
  ASSERT_GT(good.size(), 1000U);
  uint64_t line = 1;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = flipped(bad[i], i);
    test::write_file(file(), bad);
    const AuditReport report = verify();
    ASSERT_FALSE(report.ok()) << "byte " << i << " of line " << line;
    // The place is that line, or the end that is missing when the last line break is gone.
    ASSERT_TRUE(report.issues[0].seq == line || report.issues[0].line == line)
        << "byte " << i << " of line " << line << ": " << report_text(report);
    if (good[i] == '\n') ++line;
  }
}

TEST_F(Verify, FindsEveryFlippedByteOfTheHead) {
  write_log(3);
  const std::string good = test::read_file(file("head.json"));
  for (size_t i = 0; i < good.size(); ++i) {
    for (size_t mask = 0; mask < 3; ++mask) {
      std::string bad = good;
      bad[i] = flipped(bad[i], mask);
      test::write_file(file("head.json"), bad);
      ASSERT_FALSE(verify().ok()) << "byte " << i;
    }
  }
}

TEST_F(Verify, FindsEveryDroppedRecord) {
  write_log(8);
  const auto good = test::lines_of(test::read_file(file()));
  for (size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
    test::write_file(file(), test::join(bad));
    const AuditReport report = verify();
    const bool last = i + 1 == good.size();
    EXPECT_EQ(report.issue_count, 1U) << report_text(report);
    EXPECT_TRUE(has(report, last ? AuditIssueKind::truncated : AuditIssueKind::missing, i + 1))
        << report_text(report);
  }
}

TEST_F(Verify, FindsEveryRepeatedRecord) {
  write_log(6);
  const auto good = test::lines_of(test::read_file(file()));
  for (size_t i = 0; i < good.size(); ++i) {
    for (size_t at = 0; at <= good.size(); ++at) {
      auto bad = good;
      bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(at), good[i]);
      test::write_file(file(), test::join(bad));
      const AuditReport report = verify();
      EXPECT_EQ(report.issue_count, 1U) << i << " at " << at << "\n" << report_text(report);
      EXPECT_TRUE(has(report, AuditIssueKind::out_of_place, i + 1)) << report_text(report);
    }
  }
}

TEST_F(Verify, FindsEverySwap) {
  write_log(7);
  const auto good = test::lines_of(test::read_file(file()));
  for (size_t i = 0; i < good.size(); ++i) {
    for (size_t j = i + 1; j < good.size(); ++j) {
      auto bad = good;
      std::swap(bad[i], bad[j]);
      test::write_file(file(), test::join(bad));
      const AuditReport report = verify();
      EXPECT_FALSE(report.ok()) << i << " " << j;
      EXPECT_LE(report.issue_count, 4U) << report_text(report);
      EXPECT_GE(report.issues[0].line, 1U);
    }
  }
}

TEST_F(Verify, FindsATruncationAtEveryByte) {
  write_log(4);
  const std::string good = test::read_file(file());
  for (size_t size = 0; size < good.size(); size += 1) {
    test::write_file(file(), std::string_view(good).substr(0, size));
    ASSERT_FALSE(verify().ok()) << "cut to " << size << " of " << good.size();
  }
}

TEST_F(Verify, TellsAnAlteredHashFromAnAlteredRecord) {
  write_log(5);
  const auto good = test::lines_of(test::read_file(file()));
  auto bad = good;
  bad[2][20] = bad[2][20] == 'a' ? 'b' : 'a';  // within the hash
  test::write_file(file(), test::join(bad));
  EXPECT_TRUE(has(verify(), AuditIssueKind::hash_altered, 3)) << report_text(verify());
  bad = good;
  bad[2].replace(bad[2].find("\"demo\""), 6, "\"evil\"");
  test::write_file(file(), test::join(bad));
  const AuditReport report = verify();
  EXPECT_EQ(report.issue_count, 1U);
  EXPECT_TRUE(has(report, AuditIssueKind::altered, 3)) << report_text(report);
  EXPECT_EQ(report.issues[0].request_id, "req_0_3");
  EXPECT_EQ(report.issues[0].line, 3U);
}

TEST_F(Verify, FindsAForgedRecordPutInAndOneWithAForeignNumber) {
  write_log(5);
  const auto good = test::lines_of(test::read_file(file()));
  for (const std::string seq : {"1", "3", "4", "77", "18446744073709551615"}) {
    for (size_t at = 0; at <= good.size(); ++at) {
      auto bad = good;
      bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(at),
                 "{\"hash\":\"" + std::string(64, '0') + "\",\"seq\":" + seq + ",\"id\":\"x\"}");
      test::write_file(file(), test::join(bad));
      const AuditReport report = verify();
      EXPECT_FALSE(report.ok());
      EXPECT_LE(report.issue_count, 2U) << seq << " at " << at << "\n" << report_text(report);
    }
  }
}

TEST_F(Verify, FindsAChainThatWasWrittenAnew) {
  write_log(5);
  // Whoever may write the files can make a chain that holds; only the head gives them away.
  const AuditReport before = verify();
  Chain chain(chain_start("loop-0", before.public_key));
  std::vector<std::string> forged;
  for (int i = 1; i <= 5; ++i) {
    forged.emplace_back(
        chain.build("\"id\":\"req_0_" + std::to_string(i) + "\",\"tenant\":\"evil\""));
    chain.commit();
  }
  test::write_file(file(), test::join(forged));
  const AuditReport report = verify();
  EXPECT_EQ(report.issue_count, 1U) << report_text(report);
  EXPECT_TRUE(has(report, AuditIssueKind::rewritten, 5));
}

TEST_F(Verify, FindsWhatWasAddedAfterACleanStop) {
  write_log(5);
  const std::string good = test::read_file(file());
  const std::string forged = test::next_line(file(), "\"id\":\"req_x\"");
  test::write_file(file(), good + forged);
  EXPECT_EQ(verify().issue_count, 1U) << report_text(verify());
  EXPECT_TRUE(has(verify(), AuditIssueKind::added, 6)) << report_text(verify());
  test::write_file(file(), good + forged.substr(0, 30));
  EXPECT_FALSE(verify().ok()) << report_text(verify());
}

TEST_F(Verify, PromisesNothingOfWhatIsNewerThanTheHead) {
  const auto audit = test::open_audit(test::audit_options(data_.path()));
  ASSERT_NE(audit, nullptr);
  EXPECT_NE(report_text(verify()).find("added or reordered."), std::string::npos);
  test::append_records(*audit, 0, 1, 3);
  const AuditReport report = verify();
  EXPECT_TRUE(report.ok()) << report_text(report);
  EXPECT_NE(report_text(report).find("added or reordered up to the head."), std::string::npos);
}

TEST_F(Verify, FindsExchangedAndUnknownStreams) {
  write_log(4, 2);
  std::filesystem::rename(file("loop-0.00000001.log"), file("x"));
  std::filesystem::rename(file("loop-1.00000001.log"), file("loop-0.00000001.log"));
  std::filesystem::rename(file("x"), file("loop-1.00000001.log"));
  EXPECT_FALSE(verify().ok());
  std::filesystem::copy_file(file("loop-1.00000001.log"), file("loop-9.00000001.log"));
  const AuditReport report = verify();
  EXPECT_TRUE(has(report, AuditIssueKind::unknown_stream, 0)) << report_text(report);
}

TEST_F(Verify, FindsAMissingSegmentAndAMissingStream) {
  {
    auto options = test::audit_options(data_.path());
    options.segment_bytes = 16 << 10;
    const auto audit = test::open_audit(options);
    test::append_records(*audit, 0, 1, 120);
  }
  ASSERT_TRUE(verify().ok()) << report_text(verify());
  ASSERT_TRUE(std::filesystem::exists(file("loop-0.00000003.log")));
  for (const std::string_view name :
       {"loop-0.00000001.log", "loop-0.00000002.log", "loop-0.00000003.log"}) {
    std::filesystem::rename(file(name), file("kept"));
    const AuditReport report = verify();
    EXPECT_FALSE(report.ok());
    const bool named =
        std::any_of(report.issues.begin(), report.issues.end(), [&](const AuditIssue& issue) {
          return issue.kind == AuditIssueKind::segment_missing && issue.file == name;
        });
    EXPECT_TRUE(named || report.issues.back().kind == AuditIssueKind::truncated)
        << report_text(report);
    std::filesystem::rename(file("kept"), file(name));
  }
  for (const auto& entry : std::filesystem::directory_iterator(file("."))) {
    if (entry.path().filename().string().starts_with("loop-0")) std::filesystem::remove(entry);
  }
  EXPECT_TRUE(has(verify(), AuditIssueKind::truncated, 1)) << report_text(verify());
}

TEST_F(Verify, FindsAMissingHeadAndAHeadOfAnotherKey) {
  write_log(3);
  const std::string head = test::read_file(file("head.json"));
  std::filesystem::remove(file("head.json"));
  EXPECT_TRUE(has(verify(), AuditIssueKind::head_missing, 0));
  // A forger who may write everything but does not have the key signs with one of their own.
  TempDir other;
  const auto keys = make_audit_keys(other.path() / "key", Random::system());
  ASSERT_TRUE(keys.has_value());
  auto forged = parse_head(head);
  ASSERT_TRUE(forged.has_value());
  forged->streams[0].state.seq = 0;
  const auto text = sign_head(*forged, *keys);
  ASSERT_TRUE(text.has_value());
  test::write_file(file("head.json"), *text);
  EXPECT_TRUE(has(verify(), AuditIssueKind::key_mismatch, 0)) << report_text(verify());
}

TEST_F(Verify, AnOlderHeadShowsARollback) {
  write_log(5);
  const auto old_log = test::read_file(file());
  const auto old_head = test::read_file(file("head.json"));
  {
    const auto audit = test::open_audit(test::audit_options(data_.path()));
    test::append_records(*audit, 0, 6, 5);
  }
  const auto new_head = test::read_file(file("head.json"));
  EXPECT_TRUE(verify(old_head).ok()) << report_text(verify(old_head));
  // Everything put back to an older state is consistent in itself …
  test::write_file(file(), old_log);
  test::write_file(file("head.json"), old_head);
  EXPECT_TRUE(verify().ok());
  // … but not with a head that was kept elsewhere.
  EXPECT_TRUE(has(verify(new_head), AuditIssueKind::anchor_mismatch, 6));
}

TEST_F(Verify, SurvivesGarbage) {
  write_log(3);
  SeededRandom random(7);
  for (int round = 0; round < 50; ++round) {
    std::string garbage(static_cast<size_t>(random.next_u64() % 3000), '\0');
    random.fill({reinterpret_cast<unsigned char*>(garbage.data()), garbage.size()});
    if (round % 2 == 0) garbage += "\n";
    test::write_file(file(), garbage);
    const AuditReport report = verify();
    EXPECT_FALSE(report.ok());
    json::Parser parser;
    EXPECT_TRUE(parser.parse_copy(report_json(report)).has_value());
    test::write_file(file("head.json"), garbage);
    EXPECT_FALSE(verify().ok());
  }
}

TEST_F(Verify, RefusesAFolderWithoutALog) {
  const auto report = verify_audit({.dir = data_.path(), .public_key = {}, .anchor = {}});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, "no_audit_log");
}

}  // namespace
}  // namespace gatehouse::settlement
