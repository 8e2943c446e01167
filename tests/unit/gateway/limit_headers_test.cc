#include "gateway/limit_headers.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

admission::LimitFigures figures() {
  admission::LimitFigures figures;
  figures.requests = {60, 59, std::chrono::milliseconds(1500)};
  return figures;
}

TEST(LimitHeaders, HaveTheNamesOfTheClientsApi) {
  const ManualClock clock(WallTime{} + std::chrono::hours(1));
  net::Headers openai;
  add_limit_headers(openai, api::Dialect::openai, figures(), clock);
  EXPECT_EQ(openai.get("x-ratelimit-limit-requests"), "60");
  EXPECT_EQ(openai.get("x-ratelimit-remaining-requests"), "59");
  EXPECT_EQ(openai.get("x-ratelimit-reset-requests"), "2s");
  EXPECT_EQ(openai.get("x-ratelimit-limit-tokens"), "");
  net::Headers anthropic;
  add_limit_headers(anthropic, api::Dialect::anthropic, figures(), clock);
  EXPECT_EQ(anthropic.get("anthropic-ratelimit-requests-remaining"), "59");
  EXPECT_EQ(anthropic.get("anthropic-ratelimit-requests-reset"), "1970-01-01T01:00:01.500Z");
}

}  // namespace
}  // namespace gatehouse::gateway
