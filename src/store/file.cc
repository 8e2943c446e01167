#include "store/file.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/log_segment.h"

namespace gatehouse::store {

namespace fs = std::filesystem;

Result<void> make_private_dir(const fs::path& dir) {
  std::error_code error;
  if (fs::is_directory(dir, error)) return {};
  if (dir.has_parent_path()) {
    fs::create_directories(dir.parent_path(), error);
    if (error) return refuse(storage_error("make the folder", dir.parent_path(), error.value()));
  }
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return refuse(storage_error("make the folder", dir, errno));
  }
  return {};
}

Result<void> sync_dir(const fs::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return refuse(storage_error("open", dir, errno));
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (result != 0 && error != EINVAL) return refuse(storage_error("sync", dir, error));
  return {};
}

Result<void> replace_file(const fs::path& path, std::string_view bytes) {
  const fs::path aside = path.string() + ".new";
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(storage_error("open", aside, errno));
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) error = errno;
    if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
  }
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(aside.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(aside.c_str());
    return refuse(storage_error("write", path, error));
  }
  return sync_dir(path.parent_path());
}

Result<std::optional<std::string>> read_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return refuse(storage_error("open", path, errno));
  }
  constexpr size_t kChunkBytes = size_t{1} << 16;
  std::string bytes;
  int error = 0;
  while (true) {
    const size_t had = bytes.size();
    bytes.resize(had + kChunkBytes);
    const ssize_t n = ::read(fd, bytes.data() + had, kChunkBytes);
    if (n < 0) error = errno;
    bytes.resize(had + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0 || (n < 0 && error != EINTR)) break;
    if (n < 0) error = 0;
  }
  ::close(fd);
  if (error != 0) return refuse(storage_error("read", path, error));
  return std::optional<std::string>(std::move(bytes));
}

}  // namespace gatehouse::store
