#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/task.h"
#include "net/deadline.h"

namespace gatehouse::net {

/// One event loop on one thread. All members but `post`, `spawn` and `stop` are for that thread
/// only, or for when the loop does not run.
class Loop {
 public:
  explicit Loop(size_t index = 0, const Clock& clock = Clock::system(),
                Random& random = Random::system());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& context();
  LoopExecutor executor();
  const Clock& clock() const { return clock_; }
  size_t index() const { return index_; }
  IdMaker& ids() { return ids_; }
  DeadlineWheel& deadlines() { return wheel_; }

  /// Runs `work` on the loop, later. From any thread.
  void post(std::function<void()> work);
  /// Starts a coroutine on the loop. From any thread. It must not throw: what it throws is logged
  /// and ends the program.
  void spawn(Task<void> task);
  /// Waits at least `duration` and one tick of the deadline wheel (20 ms) longer at most. A loop
  /// that is destroyed meanwhile destroys the waiting coroutine.
  Task<void> sleep_for(std::chrono::milliseconds duration);

  /// Waits until everything that was ready together has been handled. Messages that are sent then
  /// go out side by side, and wake a peer that reads several of them once (decision 0024).
  Task<void> turn_over();

  /// Runs until `stop`, on the calling thread.
  void run();
  /// Whether `run` runs. From any thread.
  bool running() const { return running_.load(std::memory_order_acquire); }
  /// From any thread.
  void stop();

 private:
  struct Engine;
  void tick();
  void end_turn();

  const size_t index_;
  const Clock& clock_;
  IdMaker ids_;
  DeadlineWheel wheel_;
  std::atomic<bool> running_{false};
  std::unique_ptr<Engine> engine_;
};

/// The event loops of the program, one thread each.
class LoopGroup {
 public:
  /// `count` 0: one per core.
  explicit LoopGroup(size_t count = 0, const Clock& clock = Clock::system(),
                     Random& random = Random::system());
  /// Stops and joins.
  ~LoopGroup();

  size_t size() const { return loops_.size(); }
  Loop& operator[](size_t i) { return *loops_[i]; }

  /// Starts the threads.
  void start();
  /// From any thread, also from a loop.
  void stop();
  /// Waits for the threads after `stop`. Not from a loop.
  void join();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace gatehouse::net
