#include "store/syncer.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "core/log.h"
#include "store/file.h"
#include "store/log_files.h"

namespace gatehouse::store {

using std::chrono::steady_clock;

namespace {

/// How often a log is looked after apart from flushes: space must be ahead of a busy writer.
constexpr std::chrono::milliseconds kLookEvery{20};

}  // namespace

void AppendLog::Shared::set_healthy(bool now, const std::string& reason) {
  if (healthy.exchange(now, std::memory_order_relaxed) == now) return;
  if (now) {
    log::info("storage_recovered", {{"log", options.name}});
  } else {
    log::error("storage_failed", {{"log", options.name}, {"reason", reason}});
  }
}

Result<void> AppendLog::Shared::service(bool flush) {
  const std::lock_guard lock(service_mutex);
  if (closed) return {};  // the background thread may still have it on its list
  auto done = service_locked(flush);
  set_healthy(done.has_value(), done ? std::string() : done.error().reason);
  return done;
}

Result<void> AppendLog::Shared::service_locked(bool flush) {
  if (auto sealed = seal_finished(); !sealed) return sealed;
  std::shared_ptr<LogSegment> segment;
  {
    const std::lock_guard lock(mutex);
    segment = current;
  }
  // First what was acknowledged, then space for more: a full disk must not keep records from it.
  if (flush) {
    if (auto flushed = segment->flush(); !flushed) return flushed;
  }
  const uint64_t ahead = segment->allocated() - segment->written();
  if (ahead < options.reserve_bytes) {
    // Twice the reserve, so that this is not done at every round.
    if (auto room = segment->extend(2 * options.reserve_bytes); !room) {
      const auto reserve = segment->extend(options.reserve_bytes);
      if (!reserve) return reserve;
    }
  }
  return make_spare(*segment);
}

Result<void> AppendLog::Shared::seal_finished() {
  while (true) {
    std::shared_ptr<LogSegment> oldest;
    {
      const std::lock_guard lock(mutex);
      if (finished.empty()) return {};
      oldest = finished.front();
    }
    if (auto sealed = oldest->seal(); !sealed) return sealed;
    if (auto synced = sync_dir(options.dir); !synced) return synced;
    const std::lock_guard lock(mutex);
    finished.erase(finished.begin());
  }
}

Result<void> AppendLog::Shared::make_spare(const LogSegment& segment) {
  if (segment.written() < segment.capacity() / 2) return {};
  {
    const std::lock_guard lock(mutex);
    if (spare) return {};
  }
  auto made = LogSegment::open(spare_path(options.dir, options.name), 0, options.segment_bytes, 0);
  if (!made) return refuse(made.error());
  if (auto room = (*made)->extend(options.reserve_bytes); !room) return room;
  const std::lock_guard lock(mutex);
  if (current.get() == &segment) spare = *made;  // else the writer has made its own; next time
  return {};
}

void AppendLog::Shared::close() {
  const std::lock_guard lock(service_mutex);
  if (auto sealed = seal_finished(); !sealed) set_healthy(false, sealed.error().reason);
  if (auto sealed = current->seal(); !sealed) set_healthy(false, sealed.error().reason);
  spare.reset();
  ::unlink(spare_path(options.dir, options.name).c_str());
  closed = true;
  ::close(std::exchange(lock_fd, -1));  // now, not when the background thread lets go
}

Syncer& Syncer::instance() {
  // Never destroyed: logs may be closed by other objects' destructors at exit.
  static Syncer* const syncer = new Syncer;
  return *syncer;
}

Syncer::Syncer() : thread_(&Syncer::run, this) {}

void Syncer::add(std::shared_ptr<AppendLog::Shared> log) {
  const std::lock_guard lock(mutex_);
  logs_.push_back(std::move(log));
  wake_.notify_one();
}

void Syncer::remove(const std::shared_ptr<AppendLog::Shared>& log) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(logs_, log);
  }
  const std::lock_guard running(log->service_mutex);
}

void Syncer::run() {
  struct Due {
    std::shared_ptr<AppendLog::Shared> log;
    bool flush;
  };
  std::vector<Due> due;
  while (true) {
    due.clear();
    {
      std::unique_lock lock(mutex_);
      while (logs_.empty()) wake_.wait(lock);
      auto next = steady_clock::time_point::max();
      for (const auto& log : logs_) next = std::min(next, log->due);
      const auto now = steady_clock::now();
      if (next > now) {
        wake_.wait_until(lock, next);
        continue;
      }
      for (const auto& log : logs_) {
        if (log->due > now) continue;
        log->due = now + std::min(log->options.sync_every, kLookEvery);
        const bool flush = log->flush_due <= now;
        if (flush) log->flush_due = now + log->options.sync_every;
        due.push_back({log, flush});
      }
    }
    for (const auto& [log, flush] : due) {
      // A failed one is tried again at leisure: each try is a system call that fails.
      if (auto done = log->service(flush); !done) {
        const std::lock_guard lock(mutex_);
        log->due =
            steady_clock::now() + std::max(log->options.sync_every, std::chrono::milliseconds(50));
      }
    }
  }
}

}  // namespace gatehouse::store
