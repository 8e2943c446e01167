/// Whatever bytes a crash or a stranger leaves in a segment: the log opens behind the last whole
/// record, goes on, and reads back clean.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include "store/append_log.h"

namespace store = gatehouse::store;

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::vector<std::string> read(const std::filesystem::path& dir, store::AppendLogReader::End& end) {
  std::vector<std::string> records;
  store::AppendLogReader reader(dir, "fuzz");
  while (reader.next()) records.emplace_back(reader.record());
  end = reader.end();
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 64 << 10) return 0;
  static const std::filesystem::path dir =
      std::filesystem::path("/dev/shm") / ("gatehouse-fuzz-" + std::to_string(::getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  std::FILE* file = std::fopen(store::segment_path(dir, "fuzz", 1).c_str(), "wb");
  std::fwrite(data, 1, size, file);
  std::fclose(file);

  store::AppendLogReader::End end{};
  auto before = read(dir, end);
  const bool was_clean = end == store::AppendLogReader::End::clean;
  store::AppendLogOptions options;
  options.dir = dir;
  options.name = "fuzz";
  options.segment_bytes = 256 << 10;
  options.reserve_bytes = 4096;
  options.sync_every = std::chrono::hours(1);
  {
    auto log = store::AppendLog::open(options);
    check(log.has_value(), "the log opens");
    check((*log)->recovery().torn_bytes == 0 || !was_clean, "a clean log has no torn end");
    check((*log)->append("next").has_value(), "the log goes on");
  }
  const auto after = read(dir, end);
  check(end == store::AppendLogReader::End::clean, "it reads back clean");
  before.emplace_back("next");
  check(after == before, "all whole records are kept, and the new one is behind them");
  std::filesystem::remove_all(dir);
  return 0;
}
