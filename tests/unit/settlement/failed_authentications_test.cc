#include "settlement/failed_authentications.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gatehouse::settlement {
namespace {

using std::chrono::seconds;

/// Failures of callers, as a loop would settle them.
class Failures : public testing::Test {
 protected:
  Failures() {
    refusal_.kind = ErrorKind::authentication;
    refusal_.code = "invalid_api_key";
  }

  bool folds(std::string_view client, SteadyTime now = {}) {
    RequestRecord record;
    record.client = client;
    record.request_id = "req_1";
    record.error = &refusal_;
    EXPECT_TRUE(FailedAuthentications::is_one(record));
    return failed_.folds(record, now);
  }
  int folded_of(int count, std::string_view client) {
    int folded = 0;
    for (int i = 0; i < count; ++i) folded += folds(client) ? 1 : 0;
    return folded;
  }
  /// "client count", of each record.
  std::vector<std::string> settled(SteadyTime now, bool all = false) {
    std::vector<std::string> records;
    failed_.settle(now, all, [&](const RequestRecord& record) {
      EXPECT_EQ(record.request_id, "req_1");
      EXPECT_NE(record.error->reason.find(std::to_string(record.folded)), std::string::npos);
      records.push_back(std::string(record.client) + " " + std::to_string(record.folded));
    });
    return records;
  }

  Refusal refusal_;
  FailedAuthentications failed_;
};

TEST_F(Failures, TheFirstTenOfAMinuteAreToldOneByOne) {
  EXPECT_EQ(folded_of(1000, "10.0.0.1"), 990);
  EXPECT_EQ(folded_of(10, "10.0.0.2"), 0);
  EXPECT_TRUE(settled(SteadyTime{seconds(59)}).empty());
  EXPECT_EQ(settled(SteadyTime{seconds(60)}), std::vector<std::string>{"10.0.0.1 990"});
  EXPECT_FALSE(folds("10.0.0.1", SteadyTime{seconds(61)}));
  EXPECT_TRUE(settled(SteadyTime{seconds(62)}, /*all=*/true).empty());
}

TEST_F(Failures, AHostOfIpv6IsItsNetwork) {
  EXPECT_EQ(folded_of(6, "2001:db8:1:2::1"), 0);
  EXPECT_EQ(folded_of(6, "2001:db8:1:2:ffff::9"), 2);
  EXPECT_EQ(folded_of(6, "2001:db8:1:3::1"), 0);
  EXPECT_EQ(folded_of(12, "::ffff:10.0.0.1"), 2);
  EXPECT_EQ(settled({}, /*all=*/true),
            (std::vector<std::string>{"2001:db8:1:2::/64 2", "::ffff:10.0.0.1 2"}));
}

TEST_F(Failures, WhatTheTableHasNoRoomForIsCountedTogether) {
  for (int i = 0; i < 200; ++i) folded_of(1, "10.0.1." + std::to_string(i));
  const auto records = settled({}, /*all=*/true);
  EXPECT_EQ(records, std::vector<std::string>{
                         " " + std::to_string(200 - FailedAuthentications::kAddresses)});
  EXPECT_FALSE(folds("10.0.1.199"));
}

TEST(FailedAuthentications, AreOnlyThoseWithoutAValidKey) {
  Refusal refusal;
  refusal.kind = ErrorKind::authentication;
  RequestRecord record;
  EXPECT_FALSE(FailedAuthentications::is_one(record));
  record.error = &refusal;
  EXPECT_TRUE(FailedAuthentications::is_one(record));
  record.key_id = "gh_ab12cd";  // revoked while it streamed
  EXPECT_FALSE(FailedAuthentications::is_one(record));
  record.key_id = {};
  refusal.kind = ErrorKind::unavailable;
  EXPECT_FALSE(FailedAuthentications::is_one(record));
}

}  // namespace
}  // namespace gatehouse::settlement
