#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Structured logs: one JSON object a line on standard error (plain text for people when that is a
/// terminal). A line never holds the content of a request or a secret.
///
///   log::info("upstream_failed", {{"request_id", id}, {"upstream", name}, {"attempt", 2}});
///
/// Thread-safe. A call costs about a microsecond and never waits for the reader of the log: lines
/// go to a bounded queue that a thread of its own writes out; lines that do not fit are dropped,
/// counted, and the count is logged when there is room again.
namespace gatehouse::log {

enum class Level : unsigned char { debug, info, warn, error, off };
std::string_view to_string(Level level);
std::optional<Level> parse_level(std::string_view name);

/// A named value. Keys are literals in snake_case; values are read before the call returns, so
/// temporaries are fine.
struct Field {
  using Value = std::variant<std::string_view, int64_t, uint64_t, double, bool>;

  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const std::string& text)
      : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, bool flag) : key(name), value(flag) {}
  template <std::signed_integral T>
  Field(std::string_view name, T number) : key(name), value(static_cast<int64_t>(number)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view name, T number) : key(name), value(static_cast<uint64_t>(number)) {}
  template <std::floating_point T>
  Field(std::string_view name, T number) : key(name), value(static_cast<double>(number)) {}

  std::string_view key;
  Value value;
};
using Fields = std::initializer_list<Field>;

enum class Format : unsigned char { json, text };

/// One stream of log lines. Programs use the global one below; tests make their own.
class Logger {
 public:
  struct Options {
    int fd = 2;  // not owned
    Level level = Level::info;
    Format format = Format::json;
    size_t queue_bytes = 1 << 20;
    bool color = false;  // of the text format
  };

  explicit Logger(const Options& options);
  /// Waits at most a second for what is queued.
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  bool enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }
  void set_format(Format format) { format_.store(format, std::memory_order_relaxed); }

  void write(Level level, std::string_view event, Fields fields);

  /// Waits until all that was logged before is written, `limit` at most; false if it was not.
  bool flush(std::chrono::milliseconds limit);

  /// Lines dropped since the start because the reader was too slow.
  uint64_t dropped() const;

 private:
  struct Queue;
  static void run(std::shared_ptr<Queue> queue);

  std::atomic<Level> level_;
  std::atomic<Format> format_;
  bool color_;
  std::shared_ptr<Queue> queue_;  // shared with the writer, which may be stuck in write(2) at exit
};

/// The program's log: standard error, level info, text on a terminal and JSON otherwise. It is
/// never destroyed; what is queued is flushed at exit.
Logger& global();

inline bool enabled(Level level) {
  return global().enabled(level);
}
inline void write(Level level, std::string_view event, Fields fields = {}) {
  if (global().enabled(level)) global().write(level, event, fields);
}
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
  write(Level::warn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

}  // namespace gatehouse::log
