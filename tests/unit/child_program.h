#pragma once

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

namespace gatehouse::testing {

inline constexpr const char* kChildDir = "GATEHOUSE_TEST_CHILD_DIR";  // set only in the child
inline constexpr int kChildFd = 99;  // where it tells what was accepted

/// Runs the tests that `filter` names in a program of its own, to be killed: they find the folder
/// in the environment's `kChildDir` and write to `out` through `kChildFd`. No fork that goes on:
/// the child's threads must run, and a lock that another thread holds at the fork would be held for
/// ever.
inline pid_t start_child(const char* filter, const std::filesystem::path& dir, int out) {
  const std::string variable = std::string(kChildDir) + "=" + dir.string();
  const std::string chosen = std::string("--gtest_filter=") + filter;
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(out, kChildFd);
  ::dup2(null, STDOUT_FILENO);
  const char* const arguments[] = {"child", chosen.c_str(), nullptr};
  const char* const environment[] = {variable.c_str(), nullptr};
  ::execve("/proc/self/exe", const_cast<char**>(arguments), const_cast<char**>(environment));
  ::_exit(4);
}

}  // namespace gatehouse::testing
