#include "inference/local/engine.h"

#include <utility>

#include "core/log.h"
#include "inference/local/scheduler.h"

namespace gatehouse::inference::local {
namespace {

Refusal not_available(std::string code, std::string message) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::inference;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  refusal.retry_after = std::chrono::seconds(1);
  return refusal;
}

}  // namespace

Engine::Engine(EngineOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), thread_([this] { run(); }) {}

Engine::~Engine() {
  {
    std::lock_guard lock(guard_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<const Model*> Engine::wait_ready(SteadyTime deadline) {
  std::unique_lock lock(guard_);
  changed_.wait_until(lock, deadline, [&] { return loaded_ || load_error_ || stopping_; });
  if (load_error_) return refuse(*load_error_);
  if (!loaded_) {
    return refuse(not_available("model_loading", "The embedded model is still being loaded."));
  }
  return model_.get();
}

Result<bool> Engine::ready() const {
  std::lock_guard lock(guard_);
  if (load_error_) return refuse(*load_error_);
  return loaded_;
}

Result<void> Engine::submit(std::vector<Work> work) {
  {
    std::lock_guard lock(guard_);
    if (stopping_) return refuse(not_available("draining", "Gatehouse is shutting down."));
    if (queued_ + work.size() > static_cast<size_t>(options_.queue_limit)) {
      Refusal full = not_available("overloaded", "The embedded model is busy; try again shortly.");
      full.reason = "the engine's queue is full";
      return refuse(std::move(full));
    }
    queued_ += work.size();
    for (Work& item : work) inbox_.push_back(std::move(item));
  }
  changed_.notify_all();
  return {};
}

void Engine::nudge() {
  {
    std::lock_guard lock(guard_);
    nudged_ = true;
  }
  changed_.notify_all();
}

EngineStats Engine::stats() const {
  std::lock_guard lock(guard_);
  return stats_;
}

bool Engine::collect(std::vector<Work>& out, bool idle) {
  std::unique_lock lock(guard_);
  if (idle) changed_.wait(lock, [&] { return stopping_ || nudged_ || !inbox_.empty(); });
  nudged_ = false;
  for (Work& item : inbox_) out.push_back(std::move(item));
  inbox_.clear();
  return !stopping_;
}

void Engine::run() {
  const SteadyTime began = clock_.steady();
  int told = -1;
  auto loaded = Model::load(options_.model_path, [&](float share) {
    const int percent = static_cast<int>(share * 100) / 25 * 25;
    if (std::exchange(told, percent) != percent) {
      log::debug("model_loading", {{"file", options_.model_path}, {"percent", percent}});
    }
  });
  std::unique_ptr<Scheduler> scheduler;
  std::optional<Refusal> error;
  if (loaded) {
    auto made = Scheduler::make(**loaded, options_, clock_);
    if (made) {
      scheduler = std::move(*made);
    } else {
      error = std::move(made).error();
    }
  } else {
    error = std::move(loaded).error();
  }
  {
    std::lock_guard lock(guard_);
    if (loaded) model_ = std::move(*loaded);
    loaded_ = !error;
    load_error_ = error;
  }
  changed_.notify_all();
  if (error) {
    log::error("model_failed",
               {{"code", error->code}, {"reason", error->reason}, {"help", error->message}});
    return;
  }
  log::info(
      "model_loaded",
      {{"model", model_->id()},
       {"ms",
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - began).count()}});
  std::vector<Work> fresh;
  while (collect(fresh, scheduler->idle())) {
    for (Work& item : fresh) scheduler->enqueue(std::move(item));
    fresh.clear();
    scheduler->step();
    std::lock_guard lock(guard_);
    stats_ = scheduler->stats();
    queued_ = stats_.waiting + inbox_.size();
  }
  for (Work& item : fresh) scheduler->enqueue(std::move(item));
  scheduler->fail_all(not_available("draining", "Gatehouse is shutting down."));
}

}  // namespace gatehouse::inference::local
