#include "net/sse.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

using Events = std::vector<std::string>;

bool drain(SseParser& parser, Events& out) {
  while (true) {
    const auto event = parser.next();
    if (!event) return false;
    if (!*event) return true;
    out.push_back(std::string((*event)->event) + "|" + std::string((*event)->data) + "|" +
                  std::string((*event)->id));
  }
}

Events parse(std::string_view text) {
  SseParser parser;
  Events out;
  parser.feed(text);
  EXPECT_TRUE(drain(parser, out));
  return out;
}

TEST(SseTest, ReadsEvents) {
  EXPECT_EQ(parse("data: a\n\n"), Events{"|a|"});
  EXPECT_EQ(parse("data:a\ndata:  b\n\n"), Events{"|a\n b|"});
  EXPECT_EQ(parse("event: x\nid: 7\ndata: {}\n\ndata: y\n\n"), (Events{"x|{}|7", "|y|7"}));
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "data: bom\r\n\r\n"),
            Events{"|bom|"});
  EXPECT_EQ(parse("data: a\rdata: b\r\rdata: c\n\n"), (Events{"|a\nb|", "|c|"}));
  EXPECT_EQ(parse(": comment\n\nretry: 10\nother: x\ndata\n\n"), Events{"||"});
  EXPECT_EQ(parse("event: empty\n\ndata: z\n\n"), Events{"|z|"});
  EXPECT_EQ(parse(std::string_view("id: a\0b\ndata: z\n\n", 17)), Events{"|z|"});
  EXPECT_EQ(parse("data: cut off"), Events{});
}

TEST(SseTest, KnowsWhenAnEventWasCut) {
  SseParser parser;
  Events out;
  EXPECT_FALSE(parser.mid_event());
  parser.feed("data: [DONE]\n\n");
  EXPECT_TRUE(drain(parser, out));
  EXPECT_FALSE(parser.mid_event());
  parser.feed("data: hal");
  EXPECT_TRUE(drain(parser, out));
  EXPECT_TRUE(parser.mid_event());
  parser.feed("f\n");
  EXPECT_TRUE(drain(parser, out));
  EXPECT_TRUE(parser.mid_event());
  parser.feed("\n");
  EXPECT_TRUE(drain(parser, out));
  EXPECT_FALSE(parser.mid_event());
}

TEST(SseTest, BoundsAnEvent) {
  for (const std::string& text :
       {std::string(2000, 'x'), "data: " + std::string(1200, 'x') + "\n\n", [] {
          std::string many;
          for (int i = 0; i < 200; ++i) many += "data: 123456789\n";
          return many;
        }()}) {
    SseParser parser(1000);
    Events out;
    parser.feed(text);
    EXPECT_FALSE(drain(parser, out));
    parser.feed("\n\ndata: x\n\n");
    EXPECT_FALSE(drain(parser, out)) << "an error is final";
  }
  SseParser parser(1000);
  Events out;
  for (int i = 0; i < 100; ++i) {
    parser.feed("data: " + std::string(900, 'x') + "\n\n");
    ASSERT_TRUE(drain(parser, out));
  }
  EXPECT_EQ(out.size(), 100U);
}

// The events do not depend on where the chunks were cut.
TEST(SseTest, AnySplitGivesTheSameEvents) {
  std::mt19937 random(7);
  const std::string_view parts[] = {
      "data: ", "data:", "event: e", "id: 1", ":",        "\n",   "\r",        "\r\n",        "x",
      "[DONE]", "é",     " ",        "\n\n",  "\r\n\r\n", "data", "{\"a\":1}", "\xEF\xBB\xBF"};
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 3 == 0 ? "\xEF\xBB\xBF" : "";
    for (int i = 0; i < 25; ++i) text += parts[random() % std::size(parts)];
    const Events whole = parse(text);
    SseParser bytes;
    Events by_byte;
    for (const char& c : text) {
      bytes.feed({&c, 1});
      ASSERT_TRUE(drain(bytes, by_byte));
    }
    ASSERT_EQ(by_byte, whole) << text;
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      SseParser parser;
      Events split;
      parser.feed(std::string_view(text).substr(0, cut));
      ASSERT_TRUE(drain(parser, split));
      parser.feed(std::string_view(text).substr(cut));
      ASSERT_TRUE(drain(parser, split));
      ASSERT_EQ(split, whole) << text << " cut at " << cut;
    }
  }
}

TEST(SseTest, WritesWhatItReads) {
  std::string text;
  append_sse(text, "message_start", "{\"a\":1}");
  append_sse_comment(text, "keep\nalive");
  append_sse(text, "", "two\nlines\r\nthree");
  EXPECT_EQ(text,
            "event: message_start\ndata: {\"a\":1}\n\n: keep alive\n\n"
            "data: two\ndata: lines\ndata: three\n\n");
  EXPECT_EQ(parse(text), (Events{"message_start|{\"a\":1}|", "|two\nlines\nthree|"}));
}

}  // namespace
}  // namespace gatehouse::net
