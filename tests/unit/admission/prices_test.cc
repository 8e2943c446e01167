#include "admission/prices.h"

#include <gtest/gtest.h>

#include "admission/budgets.h"

namespace gatehouse::admission {
namespace {

PriceSpec spec(std::string upstream, std::string model, const char* from, const char* input,
               const char* output, const char* cached = nullptr) {
  PriceSpec spec{
      std::move(upstream),  std::move(model), *parse_date(from), *Price::parse(input), {}, {},
      *Price::parse(output)};
  if (cached != nullptr) spec.cached_input = Price::parse(cached);
  return spec;
}

TEST(Money, ReadsDecimalsExactlyOrNotAtAll) {
  EXPECT_EQ(Money::parse("0")->nanos, 0);
  EXPECT_EQ(Money::parse("12")->nanos, 12'000'000'000);
  EXPECT_EQ(Money::parse("0.075")->nanos, 75'000'000);
  EXPECT_EQ(Money::parse("1.000000001")->nanos, 1'000'000'001);
  EXPECT_EQ(Money::parse("1.50000000000")->nanos, 1'500'000'000);
  EXPECT_EQ(Money::parse("9223372036.854775807")->nanos, INT64_MAX);
  for (const char* wrong :
       {"", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "1,000", "0x10", "1.0000000001",
        "9223372036.854775808", "99999999999999999999", "1.2.3", "nan"}) {
    EXPECT_FALSE(Money::parse(wrong)) << wrong;
  }
}

TEST(Money, WritesWhatItReads) {
  for (const char* text : {"0", "1", "0.5", "12.34", "0.000000001", "9223372036.854775807"}) {
    EXPECT_EQ(Money::parse(text)->to_string(), text);
  }
  EXPECT_EQ(Money{-1'500'000'000}.to_string(), "-1.5");
  EXPECT_EQ(Money{INT64_MIN}.to_string(), "-9223372036.854775808");
}

TEST(Money, StopsAtTheEndsInsteadOfWrapping) {
  EXPECT_EQ(Money::max() + Money{1}, Money::max());
  EXPECT_EQ((Money{INT64_MIN} - Money{1}).nanos, INT64_MIN);
  EXPECT_EQ((Money{INT64_MIN} + Money{-1}).nanos, INT64_MIN);
}

TEST(ModelPrice, RoundsUpOncePerRequest) {
  const ModelPrice price{{150'000'000}, {75'000'000}, {187'500'000}, {600'000'000}};
  EXPECT_EQ(price.cost({1000, 0, 500}).nanos, 150'000 + 300'000);
  EXPECT_EQ(price.cost({1000, 400, 0}).nanos, 600 * 150 + 400 * 75);
  EXPECT_EQ(price.cost({.input = 1000, .cached_input = 400, .cache_write_input = 500}).nanos,
            100 * 150 + 400 * 75 + 93'750);
  const ModelPrice odd{{1}, {1}, {1}, {1}};
  EXPECT_EQ(odd.cost({1, 0, 1}).nanos, 1) << "two millionths of a nano-dollar";
  EXPECT_EQ(odd.cost({}).nanos, 0);
}

TEST(ModelPrice, TakesNonsenseForTheNearestSense) {
  const ModelPrice price{{1'000'000}, {0}, {3'000'000}, {2'000'000}};
  EXPECT_EQ(price.cost({-5, 3, -7}).nanos, 0);
  EXPECT_EQ(price.cost({10, 100, 0}).nanos, 0) << "no more cached than there is";
  EXPECT_EQ(price.cost({.input = 10, .cached_input = 4, .cache_write_input = 100}).nanos, 6 * 3);
  const ModelPrice dear{{INT64_MAX}, {INT64_MAX}, {INT64_MAX}, {INT64_MAX}};
  EXPECT_EQ(dear.cost({INT64_MAX, 0, INT64_MAX}), Money::max());
}

TEST(PriceTable, TheEntryOfTheDateCounts) {
  const PriceTable table({spec("openai", "gpt-4o", "2026-03-01", "3", "12"),
                          spec("openai", "gpt-4o", "2025-01-01", "5", "15", "2.5")});
  EXPECT_EQ(table.find("openai", "gpt-4o", *parse_date("2024-12-31")), nullptr);
  const ModelPrice* old = table.find("openai", "gpt-4o", *parse_date("2025-01-01"));
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->input.nanos_per_million, 5'000'000'000);
  EXPECT_EQ(old->cached_input.nanos_per_million, 2'500'000'000);
  const WallTime before = *parse_date("2026-03-01") - std::chrono::nanoseconds(1);
  EXPECT_EQ(table.find("openai", "gpt-4o", before), old);
  const ModelPrice* now = table.find("openai", "gpt-4o", *parse_date("2026-11-24"));
  EXPECT_EQ(now->output.nanos_per_million, 12'000'000'000);
  EXPECT_EQ(now->cached_input, now->input) << "no price of its own";
  EXPECT_EQ(now->cache_write_input, now->input) << "likewise";
}

TEST(PriceTable, TheNarrowestEntryCounts) {
  const PriceTable table({spec("*", "*", "1970-01-01", "9", "9"),
                          spec("openai", "gpt-*", "1970-01-01", "3", "3"),
                          spec("openai", "gpt-4*", "1970-01-01", "2", "2"),
                          spec("openai", "gpt-4o", "1970-01-01", "1", "1")});
  const auto input = [&](const char* upstream, const char* model) {
    return table.find(upstream, model, *parse_date("2026-01-01"))->input.nanos_per_million /
           1'000'000'000;
  };
  EXPECT_EQ(input("openai", "gpt-4o"), 1);
  EXPECT_EQ(input("openai", "gpt-4-turbo"), 2);
  EXPECT_EQ(input("openai", "gpt-3"), 3);
  EXPECT_EQ(input("openai", "o1"), 9);
  EXPECT_EQ(input("local", "small"), 9);
  EXPECT_EQ(PriceTable().find("a", "b", {}), nullptr);
}

TEST(Dates, AreThoseOfTheCalendar) {
  EXPECT_EQ(parse_date("1970-01-02"), WallTime{std::chrono::hours(24)});
  for (const char* wrong : {"2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "26-01-01",
                            "2026-01-01T", "2026/01/01", "", "----------", "20a6-01-01"}) {
    EXPECT_FALSE(parse_date(wrong)) << wrong;
  }
  EXPECT_TRUE(parse_date("2028-02-29"));
  const Periods periods = periods_at(*parse_date("2026-11-24"));
  EXPECT_EQ(period_name(Period::day, periods.day), "2026-11-24");
  EXPECT_EQ(period_name(Period::month, periods.month), "2026-11");
  EXPECT_EQ(periods_at(*parse_date("2026-12-01") - std::chrono::nanoseconds(1)).month,
            periods.month);
  EXPECT_EQ(periods_at(*parse_date("2026-12-01")).month, periods.month + 1);
}

TEST(Bounds, NoTextOfThatLengthHasMoreTokens) {
  const TokenBound bound = upper_bound(1000, 2, 100, 3);
  EXPECT_EQ(bound.input, 1000 + kTemplateTokens + 2 * kImageTokens);
  EXPECT_EQ(bound.output, 300);
  EXPECT_LT(estimate_tokens(1000, 0, 100, 1), upper_bound(1000, 0, 100, 1).total());
  const TokenBound absurd = upper_bound(INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX);
  EXPECT_GT(absurd.total(), 0) << "no overflow";
  const TokenBound negative = upper_bound(-1, -1, -1, -1);
  EXPECT_EQ(negative.input, kTemplateTokens);
  EXPECT_EQ(negative.output, 0);
}

}  // namespace
}  // namespace gatehouse::admission
