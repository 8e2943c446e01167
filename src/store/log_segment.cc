#include "store/log_segment.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

namespace gatehouse::store {
namespace {

constexpr uint64_t kPageBytes = 4096;

}  // namespace

Refusal storage_error(std::string_view what, const std::filesystem::path& path, int error) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::settlement;
  refusal.code = "storage_unavailable";
  refusal.message = "The server cannot write its records at the moment.";
  refusal.reason = std::string(what) + " " + path.string() + ": " +
                   std::error_code(error, std::generic_category()).message();
  refusal.retry_after = std::chrono::seconds(1);
  return refusal;
}

Result<std::shared_ptr<LogSegment>> LogSegment::open(const std::filesystem::path& path,
                                                     uint64_t number, uint64_t capacity,
                                                     uint64_t written) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(storage_error("open", path, errno));
  // Whatever lies behind the last whole record goes: a reader relies on zeros there.
  if (::ftruncate(fd, static_cast<off_t>(written)) != 0) {
    const int error = errno;
    ::close(fd);
    return refuse(storage_error("truncate", path, error));
  }
  return std::shared_ptr<LogSegment>(new LogSegment(path, fd, number, capacity, written));
}

LogSegment::LogSegment(std::filesystem::path path, int fd, uint64_t number, uint64_t capacity,
                       uint64_t written)
    : path_(std::move(path)),
      fd_(fd),
      number_(number),
      capacity_(capacity),
      written_(written),
      allocated_(written),
      synced_(written) {}

LogSegment::~LogSegment() {
  ::close(fd_);
}

// The '\n' is what makes a record whole, and it is written last: a process that is killed in
// between leaves an unfinished line, never a line with a hole. (What a loss of power leaves is
// checked by the reader.)
Result<void> LogSegment::append(std::string_view record) {
  const uint64_t offset = written_.load(std::memory_order_relaxed);
  char newline = '\n';
  size_t done = 0;
  const size_t total = record.size() + 1;
  while (done < total) {
    iovec parts[2];
    int count = 0;
    if (done < record.size()) {
      parts[count++] = {const_cast<char*>(record.data()) + done, record.size() - done};
    }
    parts[count++] = {&newline, 1};
    const ssize_t n = ::pwritev(fd_, parts, count, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return refuse(storage_error("write", path_, n < 0 ? errno : EIO));
    done += static_cast<size_t>(n);
  }
  written_.store(offset + total, std::memory_order_release);
  return {};
}

Result<void> LogSegment::extend(uint64_t bytes) {
  const std::lock_guard lock(extend_mutex_);
  const uint64_t from = allocated_.load(std::memory_order_relaxed);
  const uint64_t to =
      std::min(capacity_, (written() + bytes + kPageBytes - 1) / kPageBytes * kPageBytes);
  if (to <= from) return {};
  const int error = ::posix_fallocate(fd_, static_cast<off_t>(from), static_cast<off_t>(to - from));
  if (error != 0) return refuse(storage_error("allocate", path_, error));
  allocated_.store(to, std::memory_order_release);
  return {};
}

Result<void> LogSegment::flush() {
  const uint64_t end = written();
  if (end == synced()) return {};
  if (::fdatasync(fd_) != 0) return refuse(storage_error("sync", path_, errno));
  synced_.store(end, std::memory_order_release);
  return {};
}

Result<void> LogSegment::seal() {
  if (::ftruncate(fd_, static_cast<off_t>(written())) != 0) {
    return refuse(storage_error("truncate", path_, errno));
  }
  if (::fsync(fd_) != 0) return refuse(storage_error("sync", path_, errno));
  synced_.store(written(), std::memory_order_release);
  return {};
}

}  // namespace gatehouse::store
