#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/result.h"
#include "store/append_log.h"

/// Internal to the append log: its files' names, and what a crash leaves of them.
namespace gatehouse::store {

std::filesystem::path spare_path(const std::filesystem::path& dir, std::string_view name);

/// Where a writer may go on, after a clean end or a crash.
struct LogTail {
  uint64_t segment = 0;  // 0: there is none
  uint64_t bytes = 0;    // of whole records in it
  uint64_t torn_bytes = 0;
  LogPosition torn_at;
  std::filesystem::path kept_in;
};
/// Finds the end of the last whole record before anything unfinished, and before a hole unless
/// `keep_behind_holes`. What lies behind it is copied to NAME.NUMBER.torn-OFFSET; the caller cuts
/// it off. Refuses if that end lies before the end of the record that begins at `floor`: what is
/// missing there was no crash's doing.
Result<LogTail> recover_tail(const std::filesystem::path& dir, std::string_view name,
                             bool keep_behind_holes, const LogPosition& floor);

}  // namespace gatehouse::store
