#include "settlement/trace.h"

#include <gtest/gtest.h>

namespace gatehouse::settlement {
namespace {

constexpr std::string_view kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view kParent = "b7ad6b7169203331";
const std::string kValid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TraceContext accept(std::string_view traceparent, std::string_view tracestate = {},
                    std::string_view baggage = {}) {
  SeededRandom random(5);
  SpanIds ids(random);
  return TraceContext::accept(traceparent, tracestate, baggage, ids);
}

TEST(Trace, ContinuesTheCallersTrace) {
  const TraceContext context = accept(kValid, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
  EXPECT_EQ(context.trace_id(), kTrace);
  EXPECT_EQ(context.parent_id(), kParent);
  EXPECT_NE(context.span_id(), kParent);
  EXPECT_TRUE(context.sampled());
  EXPECT_EQ(context.tracestate(), "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
  EXPECT_TRUE(is_valid_traceparent(context.traceparent()));
  EXPECT_EQ(context.traceparent().substr(3, 32), kTrace);
  EXPECT_EQ(context.traceparent().substr(36, 16), context.span_id());
}

TEST(Trace, BeginsOneWithoutAValidHeaderAndDropsItsState) {
  for (const std::string_view header : {"", "garbage"}) {
    const TraceContext context = accept(header, "congo=t61rcWkgMzE");
    EXPECT_TRUE(is_valid_traceparent(context.traceparent())) << context.traceparent();
    EXPECT_TRUE(context.parent_id().empty());
    EXPECT_TRUE(context.tracestate().empty());
  }
}

TEST(Trace, KeepsTheSampledFlagAlone) {
  const std::string base = kValid.substr(0, 53);
  EXPECT_EQ(accept(base + "00").traceparent().substr(53), "00");
  EXPECT_EQ(accept(base + "03").traceparent().substr(53), "01");
  EXPECT_EQ(accept(base + "fe").traceparent().substr(53), "00");
  EXPECT_EQ(accept(base + "ff").traceparent().substr(53), "01");
}

TEST(Trace, TraceparentAsTheStandardSays) {
  EXPECT_TRUE(is_valid_traceparent(kValid));
  EXPECT_TRUE(is_valid_traceparent("cc" + kValid.substr(2)));
  EXPECT_TRUE(is_valid_traceparent("cc" + kValid.substr(2) + "-what-the-future-brings"));
  for (const std::string& bad :
       {std::string(), kValid.substr(1), kValid + "-", kValid + "x", "ff" + kValid.substr(2),
        "cc" + kValid.substr(2) + ".x", "0A" + kValid.substr(2), " " + kValid,
        std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
        std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
        std::string("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),
        std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x"),
        std::string("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        std::string("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"),
        std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01")}) {
    EXPECT_FALSE(is_valid_traceparent(bad)) << bad;
  }
}

TEST(Trace, TracestateAsTheStandardSays) {
  for (const std::string& good :
       {std::string("a=1"), std::string("a=1, b=2 ,c=3"), std::string("a=1,,b=2,"),
        std::string("fw529a3039@dt=FfAAAA"), std::string("0t@v=x"), std::string("a*/-_=!~")}) {
    EXPECT_TRUE(is_valid_tracestate(good)) << good;
  }
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "k" : ",k") + std::to_string(i) + "=v";
  for (const std::string& bad :
       {std::string(), std::string("a"), std::string("=1"), std::string("a="), std::string("A=1"),
        std::string("1a=1"), std::string("a=1,a=2"), std::string("a=b=c"), std::string("a@=1"),
        std::string("a@1=1"), std::string("a@b@c=1"), std::string("a=\x01"), std::string("a=\xc3"),
        std::string("a@") + std::string(15, 'x') + "=1", std::string(257, 'a') + "=1",
        "a=" + std::string(257, 'v'), many, std::string(600, 'a')}) {
    EXPECT_FALSE(is_valid_tracestate(bad)) << bad;
  }
}

TEST(Trace, BaggageAsTheStandardSays) {
  for (const std::string& good :
       {std::string("userId=alice"), std::string("a=1,b=2;prop;p2=x , c=%20"),
        std::string("k1 = v1 ; p = q"), std::string("a=")}) {
    EXPECT_TRUE(is_valid_baggage(good)) << good;
    EXPECT_EQ(accept(kValid, {}, good).baggage(), good);
  }
  for (const std::string& bad :
       {std::string(), std::string("a"), std::string("a=1,,b=2"), std::string("a=x y"),
        std::string("a=\"x\""), std::string("a b=1"), std::string("a=1;"), std::string("=1"),
        std::string("a=\\"), "a=" + std::string(9000, 'v')}) {
    EXPECT_FALSE(is_valid_baggage(bad)) << bad;
    EXPECT_TRUE(accept(kValid, {}, bad).baggage().empty());
  }
}

TEST(Trace, SpanIdsAreNeverZeroAndDiffer) {
  SpanIds ids(Random::system());
  uint64_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t next = ids.next();
    EXPECT_NE(next, 0U);
    EXPECT_NE(next, last);
    last = next;
  }
}

}  // namespace
}  // namespace gatehouse::settlement
