#include "core/worker_pool.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse {
namespace {

namespace asio = boost::asio;
constexpr asio::use_awaitable_t<LoopExecutor> use_task{};

/// Starts the job on the pool and completes the awaiting coroutine on its own loop.
struct StartJob {
  asio::thread_pool& pool;
  LoopExecutor loop;
  std::function<void()> job;

  template <typename Handler>
  void operator()(Handler&& handler) {
    asio::post(pool, [loop = loop, job = std::move(job),
                      resume = std::forward<Handler>(handler)]() mutable {
      job();
      asio::post(loop, std::move(resume));
    });
  }
};

}  // namespace

WorkerPool::WorkerPool(size_t threads, size_t queue_limit)
    : pool_(threads), queue_limit_(queue_limit) {}

WorkerPool::~WorkerPool() {
  pool_.join();
}

Task<Result<void>> WorkerPool::run(std::function<void()> job) {
  if (pending_.fetch_add(1, std::memory_order_relaxed) >= queue_limit_) {
    pending_.fetch_sub(1, std::memory_order_relaxed);
    Refusal refusal;
    refusal.kind = ErrorKind::unavailable;
    refusal.layer = Layer::net;
    refusal.code = "overloaded";
    refusal.message = "Gatehouse is busy; try again in a moment.";
    refusal.reason = "the worker pool's queue is full";
    refusal.retry_after = std::chrono::milliseconds(1000);
    co_return refuse(std::move(refusal));
  }
  const LoopExecutor loop = co_await asio::this_coro::executor;
  StartJob start{pool_, loop, std::move(job)};
  co_await asio::async_initiate<decltype(use_task), void()>(std::move(start), use_task);
  pending_.fetch_sub(1, std::memory_order_relaxed);
  co_return Result<void>{};
}

}  // namespace gatehouse
