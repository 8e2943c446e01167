#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::settlement {

/// One file in memory; the memory is reused for the next. Not mapped: a running writer may cut the
/// file short meanwhile, and touching what is beyond its end would then end the program.
class FileReader {
 public:
  /// 0, or the errno of what failed; then `bytes` holds what could be read.
  int read(const std::filesystem::path& path) {
    size_ = 0;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    struct stat status {};
    int error = ::fstat(fd, &status) == 0 ? 0 : errno;
    if (error == 0) {
      const auto wanted = static_cast<size_t>(status.st_size);
      if (wanted > capacity_) {
        buffer_ = std::make_unique_for_overwrite<char[]>(wanted);
        capacity_ = wanted;
      }
      while (size_ < wanted) {
        const ssize_t n = ::read(fd, buffer_.get() + size_, wanted - size_);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) error = errno;
        if (n <= 0) break;
        size_ += static_cast<size_t>(n);
      }
    }
    ::close(fd);
    return error;
  }

  /// Valid until the next `read`.
  std::string_view bytes() const { return {buffer_.get(), size_}; }

 private:
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t size_ = 0;
};

}  // namespace gatehouse::settlement
