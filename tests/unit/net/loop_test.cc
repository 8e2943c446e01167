#include "net/loop.h"

#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

Task<void> wait_then_note(Loop& loop, std::string& order, char name) {
  co_await loop.turn_over();
  order += name;
}

/// Runs what was posted together, then stops.
void run_all(Loop& loop) {
  loop.post([&loop] { loop.post([&loop] { loop.post([&loop] { loop.stop(); }); }); });
  loop.run();
}

TEST(LoopTurn, EndsAfterAllThatWasReadyTogether) {
  Loop loop;
  std::string order;
  loop.spawn(wait_then_note(loop, order, 'x'));
  loop.post([&order] { order += '1'; });
  loop.spawn(wait_then_note(loop, order, 'y'));
  loop.post([&order] { order += '2'; });
  run_all(loop);
  EXPECT_EQ(order, "12xy");
}

TEST(LoopTurn, WhoWaitsAgainWaitsForTheNextOne) {
  Loop loop;
  std::string order;
  const auto twice = [](Loop& on, std::string& notes) -> Task<void> {
    co_await on.turn_over();
    notes += 'a';
    co_await on.turn_over();
    notes += 'b';
  };
  loop.spawn(twice(loop, order));
  loop.spawn(wait_then_note(loop, order, 'x'));
  run_all(loop);
  EXPECT_EQ(order, "axb");
}

struct Witness {
  explicit Witness(bool& gone) : gone_(gone) {}
  ~Witness() { gone_ = true; }
  bool& gone_;
};

Task<void> never_resumed(Loop& loop, bool& gone) {
  const Witness witness(gone);
  co_await loop.turn_over();
  ADD_FAILURE() << "the loop had stopped";
}

TEST(LoopTurn, ALoopThatEndsEndsWhoWaits) {
  bool gone = false;
  {
    Loop loop;
    loop.spawn(never_resumed(loop, gone));
    loop.post([&loop] { loop.stop(); });
    loop.run();
    EXPECT_FALSE(gone);
  }
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace gatehouse::net
