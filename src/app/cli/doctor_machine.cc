// What `gatehouse doctor` looks at on the machine itself.
#include <cerrno>
#include <ctime>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "app/cli/doctor.h"
#include "config/host_port.h"
#include "control/data_dir.h"

namespace gatehouse::app::cli {
namespace {

using State = Finding::State;

constexpr uint64_t kMiB = 1 << 20;

std::string said() {
  return std::generic_category().message(errno);
}

/// The nearest folder above that exists: where a missing data folder would be made.
std::filesystem::path existing_part(std::filesystem::path path) {
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

/// Why nothing can listen there; empty if something can.
std::string cannot_listen(const std::string& address, uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return said();
  // As a server does, so that connections of a former one that still close are no obstacle.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int result = -1;
  if (v6) {
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_port = htons(port);
    ::inet_pton(AF_INET6, address.c_str(), &at.sin6_addr);
    result = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  } else {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &at.sin_addr);
    result = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  }
  std::string why = result == 0 && ::listen(fd, 1) == 0 ? "" : said();
  ::close(fd);
  return why;
}

}  // namespace

Finding check_cpu() {
  Finding finding{State::ok, "CPU", "", ""};
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  __builtin_cpu_init();
  std::string features;
  const auto add = [&features](bool there, const char* name) {
    if (there) features += (features.empty() ? "" : " ") + std::string(name);
  };
  const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  add(__builtin_cpu_supports("sse4.2") != 0, "sse4.2");
  add(__builtin_cpu_supports("avx") != 0, "avx");
  add(avx2, "avx2");
  add(__builtin_cpu_supports("fma") != 0, "fma");
  add(__builtin_cpu_supports("avx512f") != 0, "avx512f");
  finding.detail = fmt::format("{} cores, {}", cores, features.empty() ? "no SIMD" : features);
  if (!avx2) {
    finding.state = State::warning;
    finding.advice =
        "Without AVX2 the embedded engine is several times slower: use upstreams, or "
        "another machine.";
  }
  return finding;
}

Finding check_memory(const config::Config& config) {
  const uint64_t pages = static_cast<uint64_t>(std::max(0L, ::sysconf(_SC_AVPHYS_PAGES)));
  const uint64_t free = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / kMiB;
  Finding finding{State::ok, "memory", fmt::format("{} MiB free", free), ""};
  const uint64_t wanted = config.engine.enabled ? 1024 : 128;
  if (free < wanted) {
    finding.state = State::warning;
    finding.advice = fmt::format("At least {} MiB are advisable{}.", wanted,
                                 config.engine.enabled ? " with the embedded engine" : "");
  }
  return finding;
}

Finding check_file_descriptors(const config::Config& config) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(config.server.http.max_connections) + 1024;
  Finding finding{State::ok, "file descriptors", fmt::format("{} allowed", limit.rlim_cur), ""};
  if (limit.rlim_cur < wanted) {
    finding.state = State::warning;
    finding.advice = fmt::format(
        "server.max_connections is {}: raise the limit (`ulimit -n {}`, "
        "LimitNOFILE= in systemd) or lower the setting.",
        config.server.http.max_connections, wanted);
  }
  return finding;
}

Finding check_clock() {
  Finding finding{State::ok, "clock", "", ""};
  const std::time_t now = std::time(nullptr);
  timex state{};
  const bool synchronised = ::adjtimex(&state) != TIME_ERROR;
  finding.detail = fmt::format("Unix time {}, {}", now,
                               synchronised ? "synchronised" : "not known to be synchronised");
  constexpr std::time_t kTooEarly = 1'750'000'000;  // before this program was written
  if (now < kTooEarly) {
    finding.state = State::failed;
    finding.advice = "The date is in the past: budgets, key expiry and audit need the true time.";
  } else if (!synchronised) {
    finding.state = State::warning;
    finding.advice =
        "Run an NTP client (systemd-timesyncd, chrony), unless the host keeps the time "
        "of this container.";
  }
  return finding;
}

std::vector<Finding> check_data_dir(const std::filesystem::path& dir) {
  std::vector<Finding> findings;
  std::error_code error;
  const bool exists = std::filesystem::exists(dir, error);
  const std::filesystem::path there = existing_part(dir);
  Finding folder{State::ok, "data folder", dir.string(), ""};
  if (!exists) folder.detail += " (will be made)";
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    folder.state = State::failed;
    folder.detail = fmt::format("{}: {}", there.string(), said());
    folder.advice = "Give the user that runs Gatehouse this folder, or name another with --data.";
  }
  findings.push_back(folder);
  struct stat about {};
  for (const char* name : {"", "admin.key", "audit.key", "admission/pepper", "control.db"}) {
    const std::filesystem::path file = *name == '\0' ? dir : dir / name;
    if (::stat(file.c_str(), &about) != 0 || (about.st_mode & 0077) == 0) continue;
    findings.push_back(Finding{State::warning, "permissions",
                               fmt::format("{} has mode {:04o}", file.string(),
                                           static_cast<unsigned>(about.st_mode & 07777)),
                               fmt::format("Others can read it: chmod go= {}", file.string())});
  }
  struct statvfs disk {};
  if (::statvfs(there.c_str(), &disk) == 0) {
    const uint64_t free = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize / kMiB;
    Finding space{State::ok, "disk space", fmt::format("{} MiB free", free), ""};
    if (free < 1024) {
      space.state = free < 100 ? State::failed : State::warning;
      space.advice = "Make room: requests are refused while audit records can't be written.";
    }
    findings.push_back(space);
  }
  return findings;
}

std::vector<Finding> check_ports(const config::Config& config, const std::filesystem::path& dir) {
  std::vector<Finding> findings;
  // A server that runs on this folder has its ports by right.
  if (std::filesystem::exists(dir / "lock")) {
    const control::DataDir data{dir};
    if (const auto lock = control::DataDirLock::acquire(data); !lock) {
      const auto server = control::ServerFile::read(data);
      findings.push_back(
          Finding{State::ok, "server",
                  server ? fmt::format("runs at {} (process {})", server->url, server->pid)
                         : "runs on this data folder",
                  ""});
      return findings;
    }
  }
  const std::vector<std::tuple<const char*, std::string, uint16_t>> ports{
      {"server.listen", config.server.http.address, config.server.http.port},
      {"admin.listen", config.admin.address, config.admin.port}};
  for (const auto& [key, address, port] : ports) {
    if (port == 0) continue;
    const std::string why = cannot_listen(address, port);
    findings.push_back(Finding{
        why.empty() ? State::ok : State::failed, key,
        config::join_host_port(address, port) + (why.empty() ? " is free" : ": " + why),
        why.empty() ? "" : fmt::format("Stop what uses it (`ss -ltnp`), or change {}.", key)});
  }
  return findings;
}

}  // namespace gatehouse::app::cli
