#include "store/log_segment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace gatehouse::store {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr long kXfsMagic = 0x58465342;  // not in linux/magic.h

/// Where space that was allocated is certain to take the writes of a mapping: elsewhere a full
/// disk would be a SIGBUS.
bool keeps_allocated_space(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) return false;
  const long type = info.f_type;
  return type == EXT4_SUPER_MAGIC || type == kXfsMagic || type == TMPFS_MAGIC;
}

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
  // Whatever lies behind the last whole record goes: the writer relies on zeros there.
  if (::ftruncate(fd, static_cast<off_t>(written)) != 0) {
    const int error = errno;
    ::close(fd);
    return refuse(storage_error("truncate", path, error));
  }
  char* map = nullptr;
  if (keeps_allocated_space(fd)) {
    void* mapped = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) map = static_cast<char*>(mapped);
  }
  return std::shared_ptr<LogSegment>(new LogSegment(path, fd, map, number, capacity, written));
}

LogSegment::LogSegment(std::filesystem::path path, int fd, char* map, uint64_t number,
                       uint64_t capacity, uint64_t written)
    : path_(std::move(path)),
      fd_(fd),
      map_(map),
      number_(number),
      capacity_(capacity),
      written_(written),
      allocated_(written),
      synced_(written) {}

LogSegment::~LogSegment() {
  if (map_ != nullptr) ::munmap(map_, capacity_);
  ::close(fd_);
}

Result<void> LogSegment::append(std::string_view record) {
  const uint64_t offset = written_.load(std::memory_order_relaxed);
  if (map_ == nullptr) {
    if (auto done = write_at(offset, record); !done) return done;
  } else {
    // The '\n' is what makes a record whole, so it is stored after the rest: a process that dies
    // in between leaves an unfinished line, never a line with a hole. (x86 and the release order
    // keep it so for the page cache; what a loss of power leaves is checked by the reader.)
    std::memcpy(map_ + offset, record.data(), record.size());
    std::atomic_ref<char>(map_[offset + record.size()]).store('\n', std::memory_order_release);
  }
  written_.store(offset + record.size() + 1, std::memory_order_release);
  return {};
}

Result<void> LogSegment::write_at(uint64_t offset, std::string_view record) {
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
  // Pages behind the writer leave this process's memory (they stay in the page cache), so that
  // resident memory does not grow with the log.
  const uint64_t whole = end / kPageBytes * kPageBytes;
  if (map_ != nullptr && whole > unmapped_) {
    ::madvise(map_ + unmapped_, whole - unmapped_, MADV_DONTNEED);
    unmapped_ = whole;
  }
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
