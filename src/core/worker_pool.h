#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include <boost/asio/thread_pool.hpp>

#include "core/result.h"
#include "core/task.h"

namespace gatehouse {

/// Threads for CPU-heavy work, so that a flood of it can't starve the event loops. Thread-safe.
class WorkerPool {
 public:
  /// At most `queue_limit` jobs wait or run at a time.
  WorkerPool(size_t threads, size_t queue_limit);
  /// Waits for the jobs that run.
  ~WorkerPool();

  /// Runs `job` on a thread of the pool and resumes the caller on its own event loop. Refuses with
  /// kind `unavailable` when the queue is full. `job` must not throw, and whatever it refers to
  /// must live in the awaiting coroutine.
  Task<Result<void>> run(std::function<void()> job);

  size_t pending() const { return pending_.load(std::memory_order_relaxed); }

 private:
  boost::asio::thread_pool pool_;
  const size_t queue_limit_;
  std::atomic<size_t> pending_{0};
};

}  // namespace gatehouse
