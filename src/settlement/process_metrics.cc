#include "settlement/process_metrics.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"

namespace gatehouse::settlement {
namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
  unsigned long long pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_fds() {
  size_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), last; !error && it != last;
       it.increment(error)) {
    ++count;
  }
  return static_cast<double>(count);
}

}  // namespace

void add_process_metrics(MetricsRegistry& registry, std::string version) {
  const auto add = [&registry](std::string_view name, std::string_view help, MetricType type,
                               double (*read)()) {
    registry.add_source({.name = name, .help = help, .type = type},
                        [read](const MetricsRegistry::Emit& emit) { emit({}, read()); });
  };
  add("process_cpu_seconds_total", "CPU time of the process.", MetricType::counter, cpu_seconds);
  add("process_resident_memory_bytes", "Resident memory of the process.", MetricType::gauge,
      resident_bytes);
  add("process_open_fds", "Open file descriptors.", MetricType::gauge, open_fds);
  const double started = static_cast<double>(unix_millis(Clock::system().wall())) / 1000;
  registry.add_source({.name = "process_start_time_seconds",
                       .help = "When the process started, in Unix seconds.",
                       .type = MetricType::gauge},
                      [started](const MetricsRegistry::Emit& emit) { emit({}, started); });
  registry.add_source(
      {.name = "gatehouse_build_info",
       .help = "1, with what was built.",
       .type = MetricType::gauge,
       .labels = {{"version"}}},
      [version = std::move(version)](const MetricsRegistry::Emit& emit) { emit({version}, 1); });
}

}  // namespace gatehouse::settlement
