#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "settlement/chain.h"
#include "settlement/head.h"
#include "settlement/record.h"
#include "store/append_log.h"

/// The audit log: append-only, hash-chained, sealed.
///
/// Each event loop writes its own chain ("stream") of JSON lines, so that nothing is locked on the
/// way of a request. Once a second (the group commit) the ends of all streams are bound together in
/// one signed file, the head. What lies before the head can't be changed, dropped, added, reordered
/// or cut off without `verify_audit` finding it; what lies behind it (after a `kill -9`: up to a
/// second of records) is valid if its chain holds, but an end of it that was cut off leaves no
/// trace. See docs/decisions/0050-audit-chains.md.
namespace gatehouse::settlement {

struct AuditOptions {
  std::filesystem::path dir;       // made (0700) if it is not there
  std::filesystem::path key_file;  // made (0600) with a new key if there is no audit log yet
  size_t streams = 1;              // named "loop-0", "loop-1", …
  std::chrono::milliseconds seal_every{1000};
  uint64_t segment_bytes = uint64_t{64} << 20;
};

/// A change of the system itself: a key made or revoked, a policy loaded, a start, a stop.
struct ControlEvent {
  std::string_view action = {};  // "key.create", "config.reload"; dot-separated, snake_case
  std::string_view actor = {};   // who: "cli", a key id, "system"
  std::string_view tenant = {};  // empty if it concerns all
  std::string_view target = {};  // what was changed
  std::string_view detail = {};  // no secrets
  bool ok = true;
};

/// One chain. `append` belongs to one thread; `healthy` and the counters may be read from any.
class AuditStream {
 public:
  /// Records that wait in memory while the log can't be written, at most this many bytes.
  static constexpr size_t kMaxBacklogBytes = size_t{4} << 20;

  /// Appends a record. On an error (`unavailable`, code "audit_unavailable") the record waits in
  /// the backlog and is written by a later `append` or `retry`, unless the backlog is full: then it
  /// is lost and counted.
  Result<void> append(const RequestRecord& record);
  Result<void> append(const ControlEvent& event, const Clock& clock, std::string_view id);

  /// Tries to write what waits; true if nothing waits any more.
  bool retry();

  /// Whether records can be written now.
  bool healthy() const;

  struct Stats {
    uint64_t records = 0;  // written since the start
    uint64_t bytes = 0;
    uint64_t failures = 0;  // appends that failed at first
    uint64_t lost = 0;      // records that the backlog had no room for
    uint64_t backlog = 0;   // records waiting
  };
  Stats stats() const;

  const std::string& name() const { return name_; }

 private:
  friend class AuditLog;
  AuditStream(std::string name, std::unique_ptr<store::AppendLog> log, const ChainState& state,
              const store::LogPosition& last);

  Result<void> append_members_text();
  Result<void> write_line(std::string_view members);

  std::string name_;
  std::unique_ptr<store::AppendLog> log_;
  Chain chain_;
  PublishedEnd end_;
  std::string members_;  // of the record being written; reused
  std::deque<std::string> backlog_;
  size_t backlog_bytes_ = 0;

  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> failures_{0};
  std::atomic<uint64_t> lost_{0};
  std::atomic<uint64_t> waiting_{0};
};

/// All streams of one folder, and the thread that seals them.
class AuditLog {
 public:
  /// Opens the log and continues every chain behind its last whole record. Refuses (`unavailable`)
  /// if the folder can't be written, if its head is missing or not signed by its key, if records
  /// before the head are damaged, if those since the head don't hold, or if there are some since a
  /// clean stop: then `audit verify` tells what is wrong, and no file has been changed.
  static Result<std::unique_ptr<AuditLog>> open(const AuditOptions& options, const Clock& clock,
                                                Random& random);
  /// Seals and closes: says in the head that nothing follows. No thread may be appending.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  /// The stream of an event loop.
  AuditStream& stream(size_t index) { return *streams_[index]; }

  /// Appends to the stream "control". From any thread.
  Result<void> note(const ControlEvent& event);

  /// Waits until all that was appended before is on disk, and writes a new head. From any thread
  /// but an event loop.
  Result<void> seal();

  /// Whether records can be written and sealed now. From any thread.
  bool healthy() const;
  bool seal_works() const { return seal_works_.load(std::memory_order_relaxed); }
  uint64_t seals() const { return seals_.load(std::memory_order_relaxed); }
  uint64_t seal_failures() const { return seal_failures_.load(std::memory_order_relaxed); }
  const std::vector<std::unique_ptr<AuditStream>>& streams() const { return streams_; }

  /// The secret under which prompts are hashed; derived from the key file.
  const std::string& prompt_key() const { return keys_.prompt_key; }

 private:
  AuditLog(const AuditOptions& options, const Clock& clock, Random& random);
  Result<void> open_streams(const std::optional<Head>& head);
  Result<std::unique_ptr<AuditStream>> open_stream(const std::string& name);
  Result<void> recover_other_streams();
  void seal_loop();
  Result<void> seal_as(bool closed);
  Result<void> seal_locked(bool closed);

  AuditOptions options_;
  const Clock& clock_;
  Random& random_;
  AuditKeys keys_;
  Head head_;                  // the last one written
  bool head_written_ = false;  // since the start
  std::vector<std::unique_ptr<AuditStream>> streams_;
  std::unique_ptr<AuditStream> control_;
  std::mutex control_mutex_;  // guards control_
  std::mutex seal_mutex_;     // guards head_ and the file
  std::mutex stop_mutex_;     // guards stop_
  std::condition_variable stopped_;
  bool stop_ = false;
  std::atomic<bool> seal_works_{true};
  std::atomic<uint64_t> seals_{0};
  std::atomic<uint64_t> seal_failures_{0};
  std::thread sealer_;
};

}  // namespace gatehouse::settlement
