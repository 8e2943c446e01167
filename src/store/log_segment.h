#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

#include "core/result.h"

/// Internal to the append log.
namespace gatehouse::store {

/// `errno` as a Refusal that says what could not be done to which file.
Refusal storage_error(std::string_view what, const std::filesystem::path& path, int error);

/// One file of a log, allocated a piece ahead of the writer. The writer appends; any other thread
/// may extend, flush and seal.
class LogSegment {
 public:
  /// Makes or opens the file, to hold `capacity` bytes at most. `written` bytes of it are records.
  static Result<std::shared_ptr<LogSegment>> open(const std::filesystem::path& path,
                                                  uint64_t number, uint64_t capacity,
                                                  uint64_t written);
  ~LogSegment();
  LogSegment(const LogSegment&) = delete;
  LogSegment& operator=(const LogSegment&) = delete;

  /// Appends `record` and '\n'. Only within what is allocated.
  Result<void> append(std::string_view record);

  /// Allocates at least `bytes` behind what is written, as far as the capacity goes.
  Result<void> extend(uint64_t bytes);
  /// Writes to disk what was appended before the call.
  Result<void> flush();
  /// Gives back what was allocated ahead and flushes. Nothing may be appended afterwards.
  Result<void> seal();

  uint64_t number() const { return number_; }
  void set_number(uint64_t number) { number_ = number; }  // before it is shared
  uint64_t capacity() const { return capacity_; }
  uint64_t written() const { return written_.load(std::memory_order_acquire); }
  uint64_t allocated() const { return allocated_.load(std::memory_order_acquire); }
  uint64_t synced() const { return synced_.load(std::memory_order_acquire); }

 private:
  LogSegment(std::filesystem::path path, int fd, uint64_t number, uint64_t capacity,
             uint64_t written);

  const std::filesystem::path path_;  // for messages; a spare's is the one it was made under
  const int fd_;
  uint64_t number_;
  const uint64_t capacity_;
  std::atomic<uint64_t> written_;
  std::atomic<uint64_t> allocated_;
  std::atomic<uint64_t> synced_;
  std::mutex extend_mutex_;
};

}  // namespace gatehouse::store
