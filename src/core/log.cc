#include "core/log.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"

namespace gatehouse::log {
namespace {

constexpr std::chrono::milliseconds kExitLimit{1000};

void append_value(std::string& out, const Field::Value& value) {
  std::visit(
      [&out](const auto& v) {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::same_as<V, std::string_view>) {
          json::append_untrusted_string(out, v);
        } else if constexpr (std::same_as<V, bool>) {
          out.append(v ? "true" : "false");
        } else {
          if constexpr (std::same_as<V, double>) {
            if (!std::isfinite(v)) {
              out.append("null");
              return;
            }
          }
          char buffer[32];
          out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
        }
      },
      value);
}

void append_json_line(std::string& out, Level level, std::string_view event, Fields fields) {
  out.append("{\"ts\":\"");
  append_rfc3339(out, Clock::system().wall());
  out.append("\",\"level\":\"");
  out.append(to_string(level));
  out.append("\",\"event\":");
  json::append_untrusted_string(out, event);
  for (const Field& field : fields) {
    out.push_back(',');
    json::append_untrusted_string(out, field.key);
    out.push_back(':');
    append_value(out, field.value);
  }
  out.append("}\n");
}

/// A value may be printed bare when nothing in it can confuse a reader or steer a terminal.
bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '=') return false;
  }
  return true;
}

void append_text_line(std::string& out, Level level, std::string_view event, Fields fields,
                      bool color) {
  static constexpr std::string_view kNames[] = {"debug", "info ", "warn ", "error"};
  static constexpr std::string_view kColors[] = {"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
  std::string stamp;
  append_rfc3339(stamp, Clock::system().wall());
  out.append(stamp, 11, 12);
  out.push_back(' ');
  const auto index = static_cast<size_t>(level);
  if (color) out.append(kColors[index]);
  out.append(kNames[index]);
  if (color) out.append("\x1b[0m");
  out.append("  ");
  out.append(event);
  for (const Field& field : fields) {
    out.push_back(' ');
    out.append(field.key);
    out.push_back('=');
    const auto* text = std::get_if<std::string_view>(&field.value);
    if (text != nullptr && is_plain(*text)) {
      out.append(*text);
    } else {
      append_value(out, field.value);  // escapes control characters, so no terminal is steered
    }
  }
  out.push_back('\n');
}

/// Writes all of `text`; gives up on an error that waiting does not mend.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      ::poll(&wait, 1, 1000);
    } else if (n < 0 && errno != EINTR) {
      return;
    }
  }
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
    case Level::off:
      return "off";
  }
  return "unknown";
}

std::optional<Level> parse_level(std::string_view name) {
  for (const Level level : {Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
    if (name == to_string(level)) return level;
  }
  return std::nullopt;
}

struct Logger::Queue {
  int fd = 2;
  size_t limit = 0;
  std::mutex mutex;
  std::condition_variable filled;   // the writer waits for lines
  std::condition_variable written;  // flush waits for the writer
  std::string pending;
  uint64_t accepted = 0;  // lines taken
  uint64_t done = 0;      // lines written
  uint64_t dropped = 0;
  uint64_t dropped_told = 0;
  bool writer_waits = false;
  bool stop = false;
};

Logger::Logger(const Options& options)
    : level_(options.level),
      format_(options.format),
      color_(options.color),
      queue_(std::make_shared<Queue>()) {
  queue_->fd = options.fd;
  queue_->limit = options.queue_bytes;
  // Detached: a writer stuck in write(2) on a dead terminal must not hold up the end of the
  // program. It shares the queue, so it may outlive the logger.
  std::thread(&Logger::run, queue_).detach();
}

Logger::~Logger() {
  flush(kExitLimit);
  const std::scoped_lock lock(queue_->mutex);
  queue_->stop = true;
  queue_->filled.notify_all();
}

void Logger::run(std::shared_ptr<Queue> queue) {
  std::string batch;
  std::unique_lock lock(queue->mutex);
  for (;;) {
    queue->writer_waits = true;
    queue->filled.wait(lock, [&] { return queue->stop || !queue->pending.empty(); });
    queue->writer_waits = false;
    if (queue->pending.empty()) return;
    batch.clear();
    batch.swap(queue->pending);
    const uint64_t upto = queue->accepted;
    const uint64_t lost = queue->dropped - queue->dropped_told;
    queue->dropped_told = queue->dropped;
    const int fd = queue->fd;
    lock.unlock();
    if (lost != 0) {
      append_json_line(batch, Level::warn, "log_lines_dropped", {{"count", lost}});
    }
    write_all(fd, batch);
    lock.lock();
    queue->done = upto;
    queue->written.notify_all();
  }
}

void Logger::write(Level level, std::string_view event, Fields fields) {
  if (level >= Level::off || !enabled(level)) return;
  thread_local std::string line;
  line.clear();
  if (format_.load(std::memory_order_relaxed) == Format::json) {
    append_json_line(line, level, event, fields);
  } else {
    append_text_line(line, level, event, fields, color_);
  }
  bool wake = false;
  {
    const std::scoped_lock lock(queue_->mutex);
    if (queue_->pending.size() + line.size() > queue_->limit) {
      ++queue_->dropped;
      return;
    }
    queue_->pending.append(line);
    ++queue_->accepted;
    wake = std::exchange(queue_->writer_waits, false);
  }
  if (wake) queue_->filled.notify_one();
}

bool Logger::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(queue_->mutex);
  const uint64_t upto = queue_->accepted;
  return queue_->written.wait_for(lock, limit, [&] { return queue_->done >= upto; });
}

uint64_t Logger::dropped() const {
  const std::scoped_lock lock(queue_->mutex);
  return queue_->dropped;
}

Logger& global() {
  static Logger* const logger = [] {
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const char* no_color = std::getenv("NO_COLOR");
    auto* made = new Logger({.fd = STDERR_FILENO,
                             .format = terminal ? Format::text : Format::json,
                             .color = terminal && (no_color == nullptr || *no_color == '\0')});
    std::atexit([] { global().flush(kExitLimit); });
    return made;
  }();
  return *logger;
}

}  // namespace gatehouse::log
