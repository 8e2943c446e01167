#include "store/log_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "store/log_segment.h"

namespace gatehouse::store {

namespace fs = std::filesystem;

fs::path spare_path(const fs::path& dir, std::string_view name) {
  return dir / (std::string(name) + ".spare");
}

fs::path segment_path(const fs::path& dir, std::string_view name, uint64_t segment) {
  char number[32];
  std::snprintf(number, sizeof number, ".%08llu.log", static_cast<unsigned long long>(segment));
  return dir / (std::string(name) + number);
}

std::vector<uint64_t> list_segments(const fs::path& dir, std::string_view name) {
  constexpr std::string_view kEnd = ".log";
  std::vector<uint64_t> segments;
  std::error_code error;
  for (fs::directory_iterator it(dir, error), last; !error && it != last; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (!file.starts_with(name) || !file.ends_with(kEnd)) continue;
    if (file.size() <= name.size() + 1 + kEnd.size() || file[name.size()] != '.') continue;
    const char* begin = file.data() + name.size() + 1;
    const char* end = file.data() + file.size() - kEnd.size();
    uint64_t number = 0;
    const auto parsed = std::from_chars(begin, end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number > 0) segments.push_back(number);
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

Result<void> remove_segments(const fs::path& dir, std::string_view name, uint64_t before) {
  auto segments = list_segments(dir, name);
  if (!segments.empty()) segments.pop_back();
  for (const uint64_t segment : segments) {
    if (segment >= before) break;
    const auto path = segment_path(dir, name, segment);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return refuse(storage_error("delete", path, errno));
    }
  }
  return {};
}

namespace {

/// The offsets that `recover_tail` needs, found in one pass over the file.
struct Scan {
  uint64_t whole = 0;  // end of the last whole record
  uint64_t used = 0;   // end of the last byte that is not NUL
};

Result<Scan> scan_segment(int fd, const fs::path& path, bool keep_behind_holes) {
  Scan scan;
  std::string chunk(size_t{64} << 10, '\0');
  uint64_t offset = 0;
  bool hole = false;
  while (true) {
    const ssize_t n = ::pread(fd, chunk.data(), chunk.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return refuse(storage_error("read", path, errno));
    if (n == 0) return scan;
    const std::string_view bytes(chunk.data(), static_cast<size_t>(n));
    if (!hole) {
      const size_t nul = keep_behind_holes ? std::string_view::npos : bytes.find('\0');
      hole = nul != std::string_view::npos;
      const size_t newline = bytes.substr(0, nul).rfind('\n');
      if (newline != std::string_view::npos) scan.whole = offset + newline + 1;
    }
    const size_t last = bytes.find_last_not_of('\0');
    if (last != std::string_view::npos) scan.used = offset + last + 1;
    offset += bytes.size();
  }
}

Result<void> keep_torn(int fd, const fs::path& path, const fs::path& copy, const Scan& scan) {
  const int out = ::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return refuse(storage_error("open", copy, errno));
  std::string chunk(size_t{1} << 16, '\0');
  uint64_t offset = scan.whole;
  int error = 0;
  while (offset < scan.used && error == 0) {
    const size_t want = std::min<uint64_t>(chunk.size(), scan.used - offset);
    const ssize_t n = ::pread(fd, chunk.data(), want, static_cast<off_t>(offset));
    if (n <= 0 || ::write(out, chunk.data(), static_cast<size_t>(n)) != n) {
      error = errno != 0 ? errno : EIO;
    } else {
      offset += static_cast<uint64_t>(n);
    }
  }
  ::close(out);
  if (error != 0) return refuse(storage_error("copy the torn end of", path, error));
  return {};
}

Refusal damaged(const fs::path& path, uint64_t whole, const LogPosition& floor) {
  Refusal refusal = storage_error("recover", path, EBADMSG);
  refusal.code = "log_damaged";
  refusal.reason = "whole records end at byte " + std::to_string(whole) + " of " + path.string() +
                   ", before the one known to be at byte " + std::to_string(floor.offset) +
                   " of segment " + std::to_string(floor.segment);
  return refusal;
}

}  // namespace

Result<LogTail> recover_tail(const fs::path& dir, std::string_view name, bool keep_behind_holes,
                             const LogPosition& floor) {
  ::unlink(spare_path(dir, name).c_str());
  LogTail tail;
  const auto segments = list_segments(dir, name);
  if (!segments.empty()) tail.segment = segments.back();
  const auto path = segment_path(dir, name, tail.segment);
  if (tail.segment < floor.segment) return refuse(damaged(path, 0, floor));
  if (segments.empty()) return tail;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse(storage_error("open", path, errno));
  auto scan = scan_segment(fd, path, keep_behind_holes);
  if (scan && tail.segment == floor.segment && scan->whole <= floor.offset) {
    scan = refuse(damaged(path, scan->whole, floor));
  }
  if (scan) {
    tail.bytes = scan->whole;
    if (scan->used > scan->whole) {
      tail.torn_bytes = scan->used - scan->whole;
      tail.torn_at = {tail.segment, scan->whole};
      tail.kept_in = path;
      tail.kept_in.replace_extension(".torn-" + std::to_string(scan->whole));
      if (auto kept = keep_torn(fd, path, tail.kept_in, *scan); !kept) {
        // A full disk must not keep the server from starting over a few bytes that were never
        // acknowledged; their number is still reported.
        tail.kept_in.clear();
      }
    }
  }
  ::close(fd);
  if (!scan) return refuse(scan.error());
  return tail;
}

}  // namespace gatehouse::store
