#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "store/append_log.h"
#include "store/log_segment.h"

namespace gatehouse::store {
namespace {

constexpr size_t kChunkBytes = size_t{64} << 10;
constexpr int kRetries = 3;

}  // namespace

AppendLogReader::AppendLogReader(std::filesystem::path dir, std::string name, LogPosition from)
    : dir_(std::move(dir)), name_(std::move(name)), from_(from) {
  segments_ = list_segments(dir_, name_);
  std::erase_if(segments_, [from](uint64_t segment) { return segment < from.segment; });
}

AppendLogReader::~AppendLogReader() {
  if (fd_ >= 0) ::close(fd_);
}

bool AppendLogReader::finish(End end, uint64_t offset, std::string detail) {
  finished_ = true;
  end_ = end;
  end_position_ = {position_.segment, offset};
  resume_position_ = {position_.segment + 1, 0};
  end_detail_ = std::move(detail);
  record_ = {};
  return false;
}

bool AppendLogReader::finish_at_hole(uint64_t offset, uint64_t behind, std::string detail) {
  finish(End::corrupt, offset, std::move(detail));
  resume_position_ = {position_.segment, behind};
  return false;
}

bool AppendLogReader::open_segment() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (next_segment_ == segments_.size()) {
    finish(End::clean, buffer_offset_ + cursor_, {});
    return false;
  }
  const uint64_t number = segments_[next_segment_];
  const uint64_t expected = next_segment_ > 0 ? segments_[next_segment_ - 1] + 1 : from_.segment;
  if (expected != 0 && number != expected) {
    position_.segment = expected;
    return finish(End::missing, 0,
                  "segment " + segment_path(dir_, name_, expected).string() + " is not there");
  }
  ++next_segment_;
  position_ = {number, number == from_.segment ? from_.offset : 0};
  const auto path = segment_path(dir_, name_, number);
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return finish(End::unreadable, 0, storage_error("open", path, errno).reason);
  buffer_.clear();
  buffer_offset_ = position_.offset;
  cursor_ = 0;
  at_end_ = false;
  return true;
}

bool AppendLogReader::refill() {
  buffer_.erase(0, cursor_);
  buffer_offset_ += cursor_;
  cursor_ = 0;
  const size_t had = buffer_.size();
  buffer_.resize(had + kChunkBytes);
  ssize_t n = 0;
  do {
    n = ::pread(fd_, buffer_.data() + had, kChunkBytes, static_cast<off_t>(buffer_offset_ + had));
  } while (n < 0 && errno == EINTR);
  buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(n, 0)));
  if (n < 0) {
    const auto path = segment_path(dir_, name_, position_.segment);
    return finish(End::unreadable, buffer_offset_ + had, storage_error("read", path, errno).reason);
  }
  at_end_ = n == 0;
  return true;
}

bool AppendLogReader::next() {
  if (finished_) return false;
  if (fd_ < 0 && !open_segment()) return false;
  size_t searched = cursor_;
  while (true) {
    const size_t newline = buffer_.find('\n', searched);
    if (newline != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(cursor_, newline - cursor_);
      position_.offset = buffer_offset_ + cursor_;
      if (line.find('\0') != std::string_view::npos) {
        if (look_again()) {
          searched = cursor_;
          continue;
        }
        torn_bytes_ = line.size();
        return finish_at_hole(position_.offset, position_.offset + line.rfind('\0') + 1,
                              "a hole of zero bytes in a record");
      }
      record_ = line;
      cursor_ = newline + 1;
      return true;
    }
    const size_t unfinished = buffer_.size() - cursor_;
    const bool zeros = unfinished > 0 && buffer_.back() == '\0';
    if (at_end_ || zeros) {
      if (!end_of_segment(unfinished)) return false;
      searched = cursor_;
      continue;
    }
    if (unfinished > AppendLog::kMaxRecordBytes) {
      return finish(End::corrupt, buffer_offset_ + cursor_, "a record without end");
    }
    searched = buffer_.size() - cursor_;
    if (!refill()) return false;
  }
}

/// At the end of a segment's records, with `unfinished` bytes behind the last one: true to go on
/// with the next segment.
bool AppendLogReader::end_of_segment(size_t unfinished) {
  const std::string_view rest = std::string_view(buffer_).substr(cursor_, unfinished);
  const size_t text = std::min(rest.find('\0'), rest.size());
  const uint64_t at = buffer_offset_ + cursor_;
  position_.offset = at;
  const std::optional<uint64_t> behind = next_non_zero(cursor_ + text);
  if (finished_) return false;  // unreadable
  if (behind || text > 0) {
    if (look_again()) return true;
    torn_bytes_ = text;
  }
  if (behind) return finish_at_hole(at, *behind, "a hole of zero bytes between records");
  if (text > 0) {
    const bool last = next_segment_ == segments_.size();
    return finish(last ? End::torn : End::corrupt, at, "an unfinished record");
  }
  return open_segment();
}

/// What a writer is just appending looks like damage for a moment, also as a hole: the end of a
/// record can be read after it was written and its beginning before. False when that was tried
/// often enough.
bool AppendLogReader::look_again() {
  if (retried_at_ != position_) retries_ = 0;
  retried_at_ = position_;
  if (++retries_ > kRetries) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  buffer_.resize(cursor_);
  at_end_ = false;
  return true;
}

/// The offset of the first byte of the file, from `from` in the buffer on, that is not zero; none:
/// the rest is space allocated ahead.
std::optional<uint64_t> AppendLogReader::next_non_zero(size_t from) {
  const size_t buffered = buffer_.find_first_not_of('\0', from);
  if (buffered != std::string::npos) return buffer_offset_ + buffered;
  std::array<char, size_t{16} << 10> chunk;
  for (uint64_t offset = buffer_offset_ + buffer_.size();;) {
    const ssize_t n = ::pread(fd_, chunk.data(), chunk.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const auto path = segment_path(dir_, name_, position_.segment);
      finish(End::unreadable, offset, storage_error("read", path, errno).reason);
      return std::nullopt;
    }
    if (n == 0) return std::nullopt;
    const std::string_view bytes(chunk.data(), static_cast<size_t>(n));
    const size_t found = bytes.find_first_not_of('\0');
    if (found != std::string_view::npos) return offset + found;
    offset += bytes.size();
  }
}

}  // namespace gatehouse::store
