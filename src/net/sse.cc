#include "net/sse.h"

#include <algorithm>

#include "core/letters.h"

namespace gatehouse::net {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

Refusal too_large(size_t limit) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.layer = Layer::net;
  refusal.code = "sse_event_too_large";
  refusal.message = "The upstream sent an event that is too large.";
  refusal.reason =
      "an event of the upstream's stream is larger than " + std::to_string(limit) + " bytes";
  return refusal;
}

}  // namespace

void SseParser::feed(std::string_view chunk) {
  if (failed_) return;
  // What was read is dropped only here, so that the views of the last event live until now.
  if (position_ > 0) {
    buffer_.erase(0, position_);
    scanned_ -= std::min(scanned_, position_);
    position_ = 0;
  }
  buffer_.append(chunk);
}

bool SseParser::take_line(std::string_view& line) {
  if (!started_) {
    const size_t n = std::min(buffer_.size() - position_, kBom.size());
    if (std::string_view(buffer_).substr(position_, n) != kBom.substr(0, n)) {
      started_ = true;
    } else if (n == kBom.size()) {
      position_ += n;
      started_ = true;
    } else {
      return false;
    }
  }
  if (skip_lf_ && position_ < buffer_.size()) {
    if (buffer_[position_] == '\n') ++position_;
    skip_lf_ = false;
  }
  scanned_ = std::max(scanned_, position_);
  const size_t end = find_either(buffer_, '\r', '\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return false;
  }
  line = std::string_view(buffer_).substr(position_, end - position_);
  skip_lf_ = buffer_[end] == '\r';
  position_ = end + 1;
  scanned_ = position_;
  return true;
}

void SseParser::field(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  const std::string_view name = line.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    id_ = value;
  }
}

Result<std::optional<SseEvent>> SseParser::next() {
  if (dirty_) {
    event_.clear();
    data_.clear();
    has_data_ = false;
    dirty_ = false;
  }
  std::string_view line;
  while (!failed_ && take_line(line)) {
    if (line.size() > max_bytes_ || data_.size() + line.size() > max_bytes_) {
      failed_ = true;
    } else if (!line.empty()) {
      field(line);
    } else if (has_data_) {
      dirty_ = true;
      return std::optional<SseEvent>(SseEvent{event_, data_, id_});
    } else {
      event_.clear();
    }
  }
  if (buffer_.size() - position_ > max_bytes_) failed_ = true;
  if (failed_) return refuse(too_large(max_bytes_));
  return std::optional<SseEvent>{};
}

bool SseParser::mid_event() const {
  if (position_ < buffer_.size()) {
    // A last LF that belongs to the CR before it ends nothing new.
    if (!(skip_lf_ && buffer_.size() == position_ + 1 && buffer_[position_] == '\n')) return true;
  }
  return !dirty_ && (has_data_ || !event_.empty());
}

void append_sse(std::string& out, std::string_view event, std::string_view data) {
  if (!event.empty()) {
    out += "event: ";
    out += event;
    out += '\n';
  }
  while (true) {
    const size_t end = find_either(data, '\r', '\n');
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    const bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  out += '\n';
}

void append_sse_comment(std::string& out, std::string_view text) {
  out += ": ";
  for (const char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
  out += "\n\n";
}

}  // namespace gatehouse::net
