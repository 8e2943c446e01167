#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gatehouse::store {

/// Where a record starts: the number of its segment (from 1) and the byte in that segment's file.
struct LogPosition {
  uint64_t segment = 0;
  uint64_t offset = 0;
  auto operator<=>(const LogPosition&) const = default;
};

struct AppendLogOptions {
  std::filesystem::path dir;  // made (0700) if it is not there
  std::string name;           // of letters, digits, '-' and '_'; files are NAME.00000001.log, …
  uint64_t segment_bytes = uint64_t{64} << 20;  // a segment is never longer than this
  /// Disk space that is allocated beyond the last record, so that what must be written when the
  /// disk has just become full (the settlements of requests in flight) still finds room.
  uint64_t reserve_bytes = uint64_t{1} << 20;
  std::chrono::milliseconds sync_every{100};  // group commit against loss of power
  /// Records go into a segment of at least this number: above the last one that the owner has
  /// taken in and deleted.
  uint64_t first_segment = 1;
  /// Whole records behind a hole of zero bytes stay in the log, whose reader tells the hole; else
  /// the log ends before the hole. For records that stand each for itself.
  bool keep_behind_holes = false;
  /// Where a record begins that the owner knows to be in the log: `open` refuses a log that is
  /// damaged before that record's end, and leaves its files as they are. Nothing if segment is 0.
  LogPosition floor = {};
};

/// What `AppendLog::open` found at the end of the last segment: bytes of a record that a crash cut
/// short. They are cut off the file (the record was never acknowledged).
struct LogRecovery {
  uint64_t torn_bytes = 0;
  LogPosition torn_at;
  std::filesystem::path kept_in;  // a copy of the torn bytes, for people; empty if there are none
};

class LogSegment;
class Syncer;

/// An append-only log of lines in segment files.
///
/// `append` writes the record into the page cache, at a place that is allocated already, before it
/// returns, so that `kill -9` loses no acknowledged record; a background thread (one for all logs
/// of the program) writes dirty pages to disk now and then, so that a loss of power loses
/// at most `sync_every` plus one disk flush. It also allocates space ahead and makes the next
/// segment, so that one pwrite(2) is all that the writer does in the steady state. (Why not through
/// a mapping: decision 0040.)
///
/// One writer thread for `append` and `rotate`; `healthy`, `position`,
/// `synced_position` and `sync` from any thread. The directory is locked against a second writer of
/// the same name in any process.
class AppendLog {
 public:
  /// A record's longest length in bytes; also at most a quarter of `segment_bytes`.
  static constexpr size_t kMaxRecordBytes = size_t{4} << 20;

  /// Opens the log behind its last whole record. Refuses (`unavailable`) if the directory can't be
  /// written, another writer has it, or the log does not reach the options' floor ("log_damaged").
  static Result<std::unique_ptr<AppendLog>> open(const AppendLogOptions& options);
  /// Writes everything to disk and gives back the space that was allocated ahead.
  ~AppendLog();
  AppendLog(const AppendLog&) = delete;
  AppendLog& operator=(const AppendLog&) = delete;

  /// Appends one record: bytes without '\n' and without NUL (both are refused as `internal`).
  /// Returns its position. When the disk is full or broken: kind `unavailable`, code
  /// "storage_unavailable", and nothing of the record is in the log.
  Result<LogPosition> append(std::string_view record);

  /// False from the moment that space can't be allocated ahead or dirty pages can't be written,
  /// until that works again (tried by the background thread, with or without new appends).
  /// Callers that can refuse new work should do so while this is false; what they must still
  /// write fits into `reserve_bytes`.
  bool healthy() const;

  /// Where the next record goes; where what is not yet known to be on disk begins.
  LogPosition position() const;
  LogPosition synced_position() const;

  /// Waits until everything appended before the call is on disk. Not for event loops.
  Result<void> sync();

  /// Ends the segment; the next record starts a new one. Returns the position of that record.
  Result<LogPosition> rotate();
  const LogRecovery& recovery() const { return recovery_; }
  const AppendLogOptions& options() const;

  struct Shared;  // internal: what the writer and the background thread both use

 private:
  AppendLog(std::shared_ptr<Shared> shared, LogRecovery recovery);
  Result<void> make_room(size_t bytes);
  Result<void> next_segment();

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<LogSegment> segment_;  // the writer's
  LogRecovery recovery_;
};

/// Reads all records of all segments of a log in order, of a log that is being written too (it
/// then ends at what was written when it got there). Not thread-safe.
///
///   AppendLogReader reader(dir, "audit-0");
///   while (reader.next()) use(reader.record(), reader.position());
///   if (reader.end() != AppendLogReader::End::clean) …
class AppendLogReader {
 public:
  enum class End : unsigned char {
    clean,       // after the last whole record of the last segment
    torn,        // bytes of an unfinished record follow the last whole one, in the last segment
    corrupt,     // torn in the middle: a hole, or an unfinished record in an earlier segment
    missing,     // a segment between two others is not there
    unreadable,  // the file system gave an error
  };

  AppendLogReader(std::filesystem::path dir, std::string name, LogPosition from = {});
  ~AppendLogReader();
  AppendLogReader(const AppendLogReader&) = delete;
  AppendLogReader& operator=(const AppendLogReader&) = delete;

  /// Moves to the next record; false at the end, whose kind `end()` tells.
  bool next();
  /// Without its '\n'. Valid until the next call of `next`.
  std::string_view record() const { return record_; }
  LogPosition position() const { return position_; }

  End end() const { return end_; }
  /// Where the damage is, and how many bytes are lost there as far as one can tell.
  LogPosition end_position() const { return end_position_; }
  /// Where another reader goes on behind the damage: in the next segment, or, behind a hole of zero
  /// bytes, at what follows it.
  LogPosition resume_position() const { return resume_position_; }
  uint64_t torn_bytes() const { return torn_bytes_; }
  /// What is wrong, in words for the operator; empty if `clean`.
  const std::string& end_detail() const { return end_detail_; }

 private:
  bool open_segment();
  bool refill();
  bool end_of_segment(size_t unfinished);
  bool look_again();
  std::optional<uint64_t> next_non_zero(size_t from);
  bool finish(End end, uint64_t offset, std::string detail);
  bool finish_at_hole(uint64_t offset, uint64_t behind, std::string detail);

  std::filesystem::path dir_;
  std::string name_;
  std::vector<uint64_t> segments_;
  size_t next_segment_ = 0;
  LogPosition from_;
  int fd_ = -1;
  std::string buffer_;  // bytes of the open segment from buffer_offset_ on
  uint64_t buffer_offset_ = 0;
  size_t cursor_ = 0;    // in buffer_
  bool at_end_ = false;  // of the file
  std::string_view record_;
  LogPosition position_;
  End end_ = End::clean;
  bool finished_ = false;
  LogPosition end_position_;
  LogPosition resume_position_;
  LogPosition retried_at_;
  int retries_ = 0;
  uint64_t torn_bytes_ = 0;
  std::string end_detail_;
};

/// The numbers of a log's segments in order, and the path of one.
std::vector<uint64_t> list_segments(const std::filesystem::path& dir, std::string_view name);
std::filesystem::path segment_path(const std::filesystem::path& dir, std::string_view name,
                                   uint64_t segment);
/// Deletes the segments of a log before number `before`; never the last one. From any thread.
Result<void> remove_segments(const std::filesystem::path& dir, std::string_view name,
                             uint64_t before);

}  // namespace gatehouse::store
