#include "core/worker_pool.h"

#include <latch>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

namespace gatehouse {
namespace {

namespace asio = boost::asio;

struct Outcome {
  bool ran = false;
  bool resumed_on_loop = false;
  Result<void> result;
};

Task<void> use(WorkerPool& pool, std::thread::id loop_thread, Outcome& outcome, std::latch* gate) {
  std::function<void()> job = [&outcome, gate] {
    if (gate) gate->wait();
    outcome.ran = true;
  };
  outcome.result = co_await pool.run(std::move(job));
  outcome.resumed_on_loop = std::this_thread::get_id() == loop_thread;
}

TEST(WorkerPool, RunsTheJobAndComesBackToTheLoop) {
  asio::io_context loop;
  WorkerPool pool(1, 4);  // ends first: its threads still wake the loop that they post to
  auto work = asio::make_work_guard(loop);
  Outcome outcome;
  asio::co_spawn(loop.get_executor(), use(pool, std::this_thread::get_id(), outcome, nullptr),
                 [&work](std::exception_ptr) { work.reset(); });
  loop.run();
  EXPECT_TRUE(outcome.ran);
  EXPECT_TRUE(outcome.resumed_on_loop);
  EXPECT_TRUE(outcome.result.has_value());
}

TEST(WorkerPool, RefusesWhenItsQueueIsFull) {
  asio::io_context loop;
  WorkerPool pool(1, 1);  // ends first: its threads still wake the loop that they post to
  auto work = asio::make_work_guard(loop);
  std::latch gate(1);
  Outcome busy, refused;
  asio::co_spawn(loop.get_executor(), use(pool, {}, busy, &gate),
                 [&work](std::exception_ptr) { work.reset(); });
  asio::co_spawn(loop.get_executor(), use(pool, {}, refused, nullptr), asio::detached);
  loop.poll();
  ASSERT_FALSE(refused.result.has_value());
  EXPECT_EQ(refused.result.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(refused.ran);
  gate.count_down();
  loop.run();
  EXPECT_TRUE(busy.ran);
}

}  // namespace
}  // namespace gatehouse
