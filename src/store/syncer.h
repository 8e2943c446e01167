#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/append_log.h"
#include "store/log_segment.h"

/// Internal to the append log.
namespace gatehouse::store {

/// What the writer of a log and the background thread both use.
struct AppendLog::Shared {
  ~Shared();

  AppendLogOptions options;
  int lock_fd = -1;

  std::mutex mutex;  // of the pointers, never held over a system call
  std::shared_ptr<LogSegment> current;
  std::shared_ptr<LogSegment> spare;                  // the next segment, made ahead
  std::vector<std::shared_ptr<LogSegment>> finished;  // still to be sealed, oldest first

  std::atomic<bool> healthy{true};
  std::chrono::steady_clock::time_point next_try;  // the writer's

  std::mutex service_mutex;                         // one service at a time
  bool closed = false;                              // guarded by service_mutex
  std::chrono::steady_clock::time_point due;        // the syncer's
  std::chrono::steady_clock::time_point flush_due;  // the syncer's

  /// Seals finished segments, writes dirty pages to disk if it is time, allocates ahead, makes the
  /// spare segment, and sets `healthy` by how that went.
  Result<void> service(bool flush);
  /// The last service: everything to disk, nothing kept ahead.
  void close();
  void set_healthy(bool now, const std::string& reason);

 private:
  Result<void> service_locked(bool flush);
  Result<void> seal_finished();
  Result<void> make_spare(const LogSegment& segment);
};

/// The thread that services all logs of the program. Real time, not the injectable clock: it waits
/// for disks.
class Syncer {
 public:
  static Syncer& instance();
  void add(std::shared_ptr<AppendLog::Shared> log);
  /// No service of `log` is running or starts once this returns.
  void remove(const std::shared_ptr<AppendLog::Shared>& log);

 private:
  Syncer();
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<AppendLog::Shared>> logs_;
  std::thread thread_;
};

}  // namespace gatehouse::store
