#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gatehouse::net {

/// One event of a `text/event-stream`.
struct SseEvent {
  std::string_view event;  // "message" is not filled in: empty if the stream named none
  std::string_view data;   // lines joined by '\n'
  std::string_view id;     // last seen
};

/// Incremental parser of the WHATWG event-stream format over arbitrary chunk boundaries:
///
///   parser.feed(chunk);
///   while (true) {
///     Result<std::optional<SseEvent>> event = parser.next();
///     if (!event || !*event) break;   // error, or more input needed
///     use(**event);
///   }
///
/// CR, LF and CRLF end lines, a leading BOM is skipped, comments and unknown fields are ignored, an
/// event without data is not reported, nor is one that the end of the stream cuts. Not thread-safe.
class SseParser {
 public:
  /// `max_event_bytes` bounds a single line and the data of one event.
  explicit SseParser(size_t max_event_bytes = 4U << 20) : max_bytes_(max_event_bytes) {}

  /// Takes more input; it is copied.
  void feed(std::string_view chunk);
  /// The next whole event, nothing if more input is needed, or an error of kind `upstream_error`
  /// (code `sse_event_too_large`), after which the parser stays in error. The views live until the
  /// next call of `feed` or `next`.
  Result<std::optional<SseEvent>> next();

  /// Whether an event has begun and not ended: at the end of a stream, something was cut.
  bool mid_event() const;

 private:
  bool take_line(std::string_view& line);
  void field(std::string_view line);

  size_t max_bytes_;
  std::string buffer_;
  size_t position_ = 0;   // of the next unread line in buffer_
  size_t scanned_ = 0;    // up to here there is no line end
  bool started_ = false;  // the BOM was dealt with
  bool skip_lf_ = false;  // the last line ended with CR
  bool failed_ = false;
  bool has_data_ = false;
  bool dirty_ = false;  // an event was reported; reset before the next
  std::string event_;
  std::string data_;
  std::string id_;
};

/// Appends one event: "event: NAME\ndata: …\n\n"; an empty name is left out and data of several
/// lines becomes several `data:` lines.
void append_sse(std::string& out, std::string_view event, std::string_view data);
/// Appends ": text\n\n", which keeps a connection alive.
void append_sse_comment(std::string& out, std::string_view text);

}  // namespace gatehouse::net
