#include "inference/local/generation.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse::inference::local {
namespace {

namespace asio = boost::asio;
constexpr asio::use_awaitable_t<LoopExecutor> use_task{};

Refusal client_gone() {
  Refusal refusal;
  refusal.kind = ErrorKind::client_gone;
  refusal.layer = Layer::inference;
  refusal.code = "client_gone";
  refusal.message = "The request was cancelled.";
  return refusal;
}

}  // namespace

// Parks the reader's coroutine until the engine (or a cancellation) wakes it.
struct Generation::Waiting {
  Generation& generation;
  LoopExecutor loop;

  template <typename Handler>
  void operator()(Handler&& handler) {
    auto kept = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    std::function<void()> resume = [loop = loop, kept] {
      asio::post(loop, [kept] { std::move (*kept)(); });
    };
    std::unique_lock lock(generation.guard_);
    const bool ready = !generation.pieces_.empty() || generation.error_ ||
                       generation.open_choices_ == 0 || generation.cancelled();
    if (!ready) {
      generation.waiter_ = std::move(resume);
      return;
    }
    lock.unlock();
    resume();
  }
};

void Generation::wake(std::unique_lock<std::mutex>& lock) {
  std::function<void()> waiter = std::exchange(waiter_, nullptr);
  lock.unlock();
  if (waiter) waiter();
}

void Generation::deliver(api::ChoiceDelta delta) {
  std::unique_lock lock(guard_);
  if (delta.finish_reason != api::FinishReason::none) --open_choices_;
  pieces_.push_back(std::move(delta));
  taken_.store(false, std::memory_order_release);
  wake(lock);
}

void Generation::fail(Refusal refusal) {
  std::unique_lock lock(guard_);
  if (error_) return;
  error_ = std::move(refusal);
  failed_.store(true, std::memory_order_release);
  wake(lock);
}

void Generation::count_input(int64_t tokens, int64_t cached) {
  std::lock_guard lock(guard_);
  usage_.input += tokens;
  usage_.cached_input += cached;
}

void Generation::count_output(int64_t tokens) {
  std::lock_guard lock(guard_);
  usage_.output += tokens;
}

api::Usage Generation::usage() const {
  std::lock_guard lock(guard_);
  return usage_;
}

void Generation::cancel() {
  std::unique_lock lock(guard_);
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  wake(lock);
  if (on_cancel) on_cancel();
}

Task<Result<Generation::Batch>> Generation::next(Cancellation& cancellation) {
  if (cancellation.cancelled()) {
    cancel();
    co_return refuse(client_gone());
  }
  const LoopExecutor loop = co_await asio::this_coro::executor;
  Cancellation::Hook hook(cancellation, [this] { cancel(); });
  Waiting waiting{*this, loop};
  co_await asio::async_initiate<decltype(use_task), void()>(waiting, use_task);
  if (cancelled()) co_return refuse(client_gone());

  Batch batch;
  std::unique_lock lock(guard_);
  // What was generated before the error is shown first.
  if (pieces_.empty() && error_) co_return refuse(*error_);
  batch.deltas = std::move(pieces_);
  pieces_.clear();
  batch.over = open_choices_ == 0;
  batch.usage = usage_;
  taken_.store(true, std::memory_order_release);
  lock.unlock();
  co_return batch;
}

}  // namespace gatehouse::inference::local
