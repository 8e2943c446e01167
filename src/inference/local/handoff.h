#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/cancellation.h"
#include "core/result.h"
#include "core/task.h"

namespace gatehouse::inference::local {

/// One result, made on another thread and awaited on an event loop. Shared by both sides.
template <typename T>
class Handoff {
 public:
  /// From any thread, once; later calls change nothing.
  void set(Result<T> result) {
    std::unique_lock lock(guard_);
    if (result_) return;
    result_.emplace(std::move(result));
    std::function<void()> waiter = std::exchange(waiter_, nullptr);
    lock.unlock();
    if (waiter) waiter();
  }

  /// Whether anybody still waits; the maker may save itself the work.
  bool done() const {
    std::lock_guard lock(guard_);
    return result_.has_value();
  }

  /// Once. Cancellation ends the wait with `client_gone`.
  Task<Result<T>> wait(Cancellation& cancellation) {
    const LoopExecutor loop = co_await boost::asio::this_coro::executor;
    if (cancellation.cancelled()) set(gone());
    Cancellation::Hook hook(cancellation, [this] { set(gone()); });
    Waiting waiting{*this, loop};
    constexpr boost::asio::use_awaitable_t<LoopExecutor> use_task{};
    co_await boost::asio::async_initiate<decltype(use_task), void()>(waiting, use_task);
    std::lock_guard lock(guard_);
    co_return std::move(*result_);
  }

 private:
  struct Waiting {
    Handoff& handoff;
    LoopExecutor loop;

    template <typename Handler>
    void operator()(Handler&& handler) {
      auto kept = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
      std::function<void()> resume = [at = loop, kept] {
        boost::asio::post(at, [kept] { std::move (*kept)(); });
      };
      std::unique_lock lock(handoff.guard_);
      if (!handoff.result_) {
        handoff.waiter_ = std::move(resume);
        return;
      }
      lock.unlock();
      resume();
    }
  };

  static Result<T> gone() {
    Refusal refusal;
    refusal.kind = ErrorKind::client_gone;
    refusal.layer = Layer::inference;
    refusal.code = "client_gone";
    refusal.message = "The request was cancelled.";
    return refuse(std::move(refusal));
  }

  mutable std::mutex guard_;
  std::optional<Result<T>> result_;
  std::function<void()> waiter_;
};

}  // namespace gatehouse::inference::local
