#pragma once

#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/task.h"

namespace gatehouse::net {

inline constexpr boost::asio::use_awaitable_t<LoopExecutor> use_task{};

/// Parks one coroutine until something on the same loop wakes it. Not a counter: a `notify` without
/// a waiter is lost.
class LoopEvent {
 public:
  bool waiting() const { return resume_.has_value(); }

  /// At most one coroutine waits at a time.
  Task<void> wait() {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<LoopExecutor>, void()>(
        Park{this}, use_task);
  }

  /// Runs the waiter on the caller's stack; it may destroy this event.
  void notify() {
    if (!resume_) return;
    Resume resume = std::move(*resume_);
    resume_.reset();
    resume();
  }

 private:
  using Resume =
      boost::asio::async_result<boost::asio::use_awaitable_t<LoopExecutor>, void()>::handler_type;
  struct Park {
    LoopEvent* event;
    void operator()(Resume&& resume) const { event->resume_.emplace(std::move(resume)); }
  };

  std::optional<Resume> resume_;
};

}  // namespace gatehouse::net
