#include "store/append_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/file.h"
#include "store/log_files.h"
#include "store/log_segment.h"
#include "store/syncer.h"

namespace gatehouse::store {
namespace {

constexpr uint64_t kMinSegmentBytes = uint64_t{4} << 10;

Refusal unusable(std::string reason) {
  return Refusal::internal(Layer::settlement, std::move(reason));
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

/// Locks NAME.lock against other writers for as long as the descriptor is open.
Result<int> lock_log(const AppendLogOptions& options) {
  const auto path = options.dir / (options.name + ".lock");
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(storage_error("open", path, errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(fd);
    Refusal refusal = storage_error("lock", path, error);
    if (error == EWOULDBLOCK) {
      refusal.code = "storage_in_use";
      refusal.reason = "another process writes to " + path.string();
    }
    return refuse(std::move(refusal));
  }
  return fd;
}

}  // namespace

AppendLog::Shared::~Shared() {
  if (lock_fd >= 0) ::close(lock_fd);
}

Result<std::unique_ptr<AppendLog>> AppendLog::open(const AppendLogOptions& given) {
  AppendLogOptions options = given;
  if (!is_valid_name(options.name)) return refuse(unusable("invalid log name: " + options.name));
  options.segment_bytes = std::max(options.segment_bytes, kMinSegmentBytes);
  options.reserve_bytes = std::min(options.reserve_bytes, options.segment_bytes / 2);
  options.sync_every = std::max(options.sync_every, std::chrono::milliseconds(1));
  if (auto made = make_private_dir(options.dir); !made) return refuse(made.error());

  auto shared = std::make_shared<Shared>();
  const auto lock = lock_log(options);
  if (!lock) return refuse(lock.error());
  shared->lock_fd = *lock;

  auto tail = recover_tail(options.dir, options.name, options.keep_behind_holes, options.floor);
  if (!tail) return refuse(tail.error());
  uint64_t number =
      tail->segment == 0 ? std::max<uint64_t>(options.first_segment, 1) : tail->segment;
  uint64_t written = tail->bytes;
  if (tail->segment != 0 && written + options.segment_bytes / 4 >= options.segment_bytes) {
    // Too full to go on, or made with another segment size. What is unfinished behind its records
    // goes all the same: it would stand in the middle of the log from now on.
    const auto full = segment_path(options.dir, options.name, number);
    if (::truncate(full.c_str(), static_cast<off_t>(written)) != 0) {
      return refuse(storage_error("truncate", full, errno));
    }
    ++number;
    written = 0;
  }
  if (number < options.first_segment) {  // files of an older time than what the caller knows of
    number = options.first_segment;
    written = 0;
  }
  auto segment = LogSegment::open(segment_path(options.dir, options.name, number), number,
                                  options.segment_bytes, written);
  if (!segment) return refuse(segment.error());
  if (auto room = (*segment)->extend(options.reserve_bytes); !room) return refuse(room.error());
  if (auto synced = sync_dir(options.dir); !synced) return refuse(synced.error());

  shared->options = std::move(options);
  shared->current = *segment;
  Syncer::instance().add(shared);
  return std::unique_ptr<AppendLog>(new AppendLog(
      std::move(shared), LogRecovery{tail->torn_bytes, tail->torn_at, tail->kept_in}));
}

AppendLog::AppendLog(std::shared_ptr<Shared> shared, LogRecovery recovery)
    : shared_(std::move(shared)), segment_(shared_->current), recovery_(std::move(recovery)) {}

AppendLog::~AppendLog() {
  Syncer::instance().remove(shared_);
  shared_->close();
}

const AppendLogOptions& AppendLog::options() const {
  return shared_->options;
}

Result<LogPosition> AppendLog::append(std::string_view record) {
  if (std::memchr(record.data(), '\n', record.size()) != nullptr ||
      std::memchr(record.data(), '\0', record.size()) != nullptr) {
    return refuse(unusable("a record with a newline or NUL was appended to " + options().name));
  }
  const size_t bytes = record.size() + 1;
  if (segment_->written() + bytes > segment_->allocated()) {
    if (auto room = make_room(bytes); !room) return refuse(room.error());
  }
  const LogPosition at{segment_->number(), segment_->written()};
  if (auto done = segment_->append(record); !done) {
    shared_->set_healthy(false, done.error().reason);
    return refuse(done.error());
  }
  return at;
}

Result<void> AppendLog::make_room(size_t bytes) {
  if (bytes > kMaxRecordBytes || bytes > options().segment_bytes / 4) {
    return refuse(unusable("a record of " + std::to_string(bytes) + " bytes is too long for " +
                           options().name));
  }
  if (segment_->written() + bytes > segment_->capacity()) {
    if (auto next = next_segment(); !next) return next;
  }
  if (segment_->written() + bytes <= segment_->allocated()) return {};
  // The background thread has not kept up, or the disk is full. While it is, one try in a while is
  // enough: each costs a system call on the event loop.
  const auto now = std::chrono::steady_clock::now();
  if (!shared_->healthy.load(std::memory_order_relaxed) && now < shared_->next_try) {
    return refuse(storage_error("allocate", options().dir / options().name, ENOSPC));
  }
  auto room = segment_->extend(std::max<uint64_t>(options().reserve_bytes, bytes));
  if (room && segment_->written() + bytes > segment_->allocated()) {
    room = refuse(storage_error("allocate", options().dir / options().name, ENOSPC));
  }
  if (!room) {
    // A little may fit where the whole reserve does not.
    auto little = segment_->extend(bytes);
    if (little && segment_->written() + bytes <= segment_->allocated()) return {};
    shared_->next_try = now + std::chrono::milliseconds(20);
    shared_->set_healthy(false, room.error().reason);
  }
  return room;
}

Result<void> AppendLog::next_segment() {
  const uint64_t number = segment_->number() + 1;
  const auto path = segment_path(options().dir, options().name, number);
  std::shared_ptr<LogSegment> next;
  {
    // Renamed before the lock is given up: once the spare is taken, the background thread makes the
    // next one under the same name, and would empty this file if it still had it.
    const std::lock_guard lock(shared_->mutex);
    if (shared_->spare) {
      const auto spare = spare_path(options().dir, options().name);
      if (::rename(spare.c_str(), path.c_str()) != 0)
        return refuse(storage_error("rename", spare, errno));
      next = std::move(shared_->spare);
      next->set_number(number);
    }
  }
  if (!next) {
    auto made = LogSegment::open(path, number, options().segment_bytes, 0);
    if (!made) {
      shared_->set_healthy(false, made.error().reason);
      return refuse(made.error());
    }
    next = *made;
  }
  const std::lock_guard lock(shared_->mutex);
  shared_->finished.push_back(std::exchange(shared_->current, next));
  segment_ = std::move(next);
  return {};
}

Result<LogPosition> AppendLog::rotate() {
  if (segment_->written() != 0) {
    if (auto next = next_segment(); !next) return refuse(next.error());
  }
  return LogPosition{segment_->number(), segment_->written()};
}

bool AppendLog::healthy() const {
  return shared_->healthy.load(std::memory_order_relaxed);
}

LogPosition AppendLog::position() const {
  const std::lock_guard lock(shared_->mutex);
  return {shared_->current->number(), shared_->current->written()};
}

LogPosition AppendLog::synced_position() const {
  const std::lock_guard lock(shared_->mutex);
  const auto& oldest = shared_->finished.empty() ? shared_->current : shared_->finished.front();
  return {oldest->number(), oldest->synced()};
}

Result<void> AppendLog::sync() {
  return shared_->service(true);
}

}  // namespace gatehouse::store
