#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inference/local/output_text.h"

namespace gatehouse::inference::local {
namespace {

// All that is shown of `text` when it comes in pieces of the given sizes.
std::string shown(const std::string& text, std::vector<std::string> stops, size_t piece,
                  std::string* stop = nullptr) {
  OutputText output(std::move(stops));
  std::string all;
  for (size_t at = 0; at < text.size() && !output.stopped(); at += piece) {
    output.add(std::string_view(text).substr(at, piece), all);
  }
  output.finish(all);
  if (stop != nullptr && output.stopped()) *stop = output.stop_sequence();
  return all;
}

TEST(OutputText, NeverShowsHalfACharacter) {
  const std::string text = "a\u00e9\u20ac\U0001F600z";
  OutputText output({});
  std::string all;
  for (const char byte : text) {
    output.add(std::string_view(&byte, 1), all);
    const bool whole = all.empty() || all.size() == 1 || all.size() == 3 || all.size() == 6 ||
                       all.size() == 10 || all.size() == 11;
    EXPECT_TRUE(whole) << all.size();
  }
  EXPECT_EQ(all, text);
}

TEST(OutputText, ReplacesWhatIsNoCharacter) {
  EXPECT_EQ(shown("a\xff\xc0z", {}, 1), "a\uFFFD\uFFFDz");
  EXPECT_EQ(shown("\xed\xa0\x80", {}, 1), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(shown("tail\xe2\x82", {}, 1), "tail\uFFFD");          // cut by the end
}

TEST(OutputText, FindsStopsAtEverySplit) {
  const std::string text = "The end.\n\nUser: more";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    std::string stop;
    EXPECT_EQ(shown(text, {"\n\nUser:", "###"}, piece, &stop), "The end.") << piece;
    EXPECT_EQ(stop, "\n\nUser:");
  }
}

TEST(OutputText, TakesTheFirstStopOfSeveral) {
  std::string stop;
  EXPECT_EQ(shown("one two three", {"three", "two"}, 3, &stop), "one ");
  EXPECT_EQ(stop, "two");
}

TEST(OutputText, ShowsWhatOnlyLookedLikeAStop) {
  EXPECT_EQ(shown("aab aac", {"aad"}, 1), "aab aac");
  EXPECT_EQ(shown("ends with aa", {"aad"}, 1), "ends with aa");
}

TEST(OutputText, HoldsBackNoMoreThanAStopNeeds) {
  OutputText output({"STOP"});
  std::string all;
  output.add("hello ST", all);
  EXPECT_EQ(all, "hello ");
  output.add("AR", all);
  EXPECT_EQ(all, "hello STAR");
}

TEST(OutputText, StopsOfSeveralBytesPerCharacter) {
  const std::string text = "\u65e5\u672c\u8a9e\u3002\u7d42";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    EXPECT_EQ(shown(text, {"\u3002"}, piece), "\u65e5\u672c\u8a9e") << piece;
  }
}

}  // namespace
}  // namespace gatehouse::inference::local
