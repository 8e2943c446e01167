#include "control/data_dir.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.h"

namespace gatehouse::control {
namespace {

std::string system_says() {
  return std::generic_category().message(errno);
}

Refusal cannot(const std::filesystem::path& path, std::string_view what) {
  Refusal refusal = Refusal::internal(Layer::control, fmt::format("{}: {}", path.string(), what));
  refusal.code = "data_dir_unusable";
  refusal.message = fmt::format("The data folder can't be used: {}: {}.", path.string(), what);
  return refusal;
}

std::optional<std::string> read_small_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(4096, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

}  // namespace

Result<void> DataDir::prepare() const {
  std::error_code error;
  if (!std::filesystem::exists(root, error)) {
    if (!std::filesystem::create_directories(root, error) || error) {
      return refuse(cannot(root, error ? error.message() : "it can't be made"));
    }
    std::filesystem::permissions(root, std::filesystem::perms::owner_all, error);
  }
  if (!std::filesystem::is_directory(root, error)) return refuse(cannot(root, "is no folder"));
  if (::access(root.c_str(), R_OK | W_OK | X_OK) != 0) return refuse(cannot(root, system_says()));
  return {};
}

Result<std::unique_ptr<DataDirLock>> DataDirLock::acquire(const DataDir& dir) {
  const int fd = ::open(dir.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(cannot(dir.lock(), system_says()));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    Refusal refusal = cannot(dir.lock(), system_says());
    ::close(fd);
    if (held) {
      refusal.kind = ErrorKind::conflict;
      refusal.code = "data_dir_in_use";
      refusal.message = fmt::format("Another process uses the data folder {}.", dir.root.string());
    }
    return refuse(std::move(refusal));
  }
  return std::unique_ptr<DataDirLock>(new DataDirLock(fd));
}

DataDirLock::~DataDirLock() {
  ::close(fd_);
}

Result<void> write_private_file(const std::filesystem::path& path, const std::string& content) {
  const std::string fresh = path.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(cannot(path, system_says()));
  size_t done = 0;
  bool ok = ::fchmod(fd, 0600) == 0;
  while (ok && done < content.size()) {
    const ssize_t wrote = ::write(fd, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    ok = wrote > 0;
    if (ok) done += static_cast<size_t>(wrote);
  }
  ok = ok && ::fsync(fd) == 0;
  ok = ::close(fd) == 0 && ok;
  ok = ok && ::rename(fresh.c_str(), path.c_str()) == 0;
  if (ok) return {};
  const std::string why = system_says();
  ::unlink(fresh.c_str());
  return refuse(cannot(path, why));
}

std::optional<ServerFile> ServerFile::read(const DataDir& dir) {
  const auto text = read_small_file(dir.server_file());
  if (!text) return std::nullopt;
  const auto parsed = json::thread_parser().parse_copy(*text);
  if (!parsed) return std::nullopt;
  ServerFile file;
  std::string_view url;
  std::string_view admin_url;
  std::string_view version;
  if ((*parsed)["pid"].get(file.pid) != simdjson::SUCCESS ||
      (*parsed)["url"].get(url) != simdjson::SUCCESS ||
      (*parsed)["admin_url"].get(admin_url) != simdjson::SUCCESS ||
      (*parsed)["version"].get(version) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  file.url = url;
  file.admin_url = admin_url;
  file.version = version;
  return file;
}

Result<void> ServerFile::write(const DataDir& dir) const {
  const json::build::object object{
      {"pid", pid}, {"url", url}, {"admin_url", admin_url}, {"version", version}};
  return write_private_file(dir.server_file(), json::build::serialize(object) + "\n");
}

void ServerFile::remove(const DataDir& dir) {
  std::error_code error;
  std::filesystem::remove(dir.server_file(), error);
}

std::optional<std::string> read_admin_key(const DataDir& dir) {
  auto text = read_small_file(dir.admin_key());
  if (!text) return std::nullopt;
  while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
  if (text->empty()) return std::nullopt;
  return text;
}

}  // namespace gatehouse::control
