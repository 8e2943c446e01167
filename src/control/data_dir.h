#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/result.h"

namespace gatehouse::control {

/// Where things are in the data folder.
struct DataDir {
  std::filesystem::path root;

  std::filesystem::path control_db() const { return root / "control.db"; }
  std::filesystem::path admission() const { return root / "admission"; }
  std::filesystem::path audit() const { return root / "audit"; }
  std::filesystem::path audit_key() const { return root / "audit.key"; }
  std::filesystem::path admin_key() const { return root / "admin.key"; }
  std::filesystem::path server_file() const { return root / "server.json"; }
  std::filesystem::path lock() const { return root / "lock"; }

  /// Makes the folder (0700) if it is not there, and refuses one that can't be written.
  Result<void> prepare() const;
};

/// Holds the data folder for one process: a server for as long as it runs, a command for as long as
/// it writes. Released when destroyed, and by the kernel when the process ends in whatever way.
class DataDirLock {
 public:
  /// Refuses (`conflict`, code "data_dir_in_use") if another process holds it.
  static Result<std::unique_ptr<DataDirLock>> acquire(const DataDir& dir);
  ~DataDirLock();
  DataDirLock(const DataDirLock&) = delete;
  DataDirLock& operator=(const DataDirLock&) = delete;

 private:
  explicit DataDirLock(int fd) : fd_(fd) {}
  int fd_;
};

/// What a running server tells the commands of the same machine, in server.json (0600).
struct ServerFile {
  int64_t pid = 0;
  std::string url;        // for clients
  std::string admin_url;  // for the admin API: "http://127.0.0.1:41873"
  std::string version;

  static std::optional<ServerFile> read(const DataDir& dir);
  /// Replaces the file whole.
  Result<void> write(const DataDir& dir) const;
  static void remove(const DataDir& dir);
};

/// Writes `content` to a file of mode 0600, whole or not at all.
Result<void> write_private_file(const std::filesystem::path& path, const std::string& content);

/// The admin key of the data folder, or nothing if it has none that can be read.
std::optional<std::string> read_admin_key(const DataDir& dir);

}  // namespace gatehouse::control
