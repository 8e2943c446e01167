#include "admission/journal.h"

#include <array>
#include <charconv>
#include <cstring>

#include "store/crc32c.h"

namespace gatehouse::admission {
namespace {

constexpr size_t kMaxName = 64;  // of ids; longer request ids are left out
constexpr size_t kLineBytes = 6UL * 21 + 4 * (kMaxName + 1) + 16;
constexpr size_t kMaxFields = 12;

/// Writes blank-parted fields into a buffer that holds the longest record there is.
class LineWriter {
 public:
  explicit LineWriter(char kind) { *at_++ = kind; }

  void number(int64_t value) {
    *at_++ = ' ';
    at_ = std::to_chars(at_, end(), value).ptr;
  }
  void name(std::string_view text) {
    *at_++ = ' ';
    if (text.empty() || text.size() > kMaxName || !is_plain(text)) text = "-";
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void finish(std::string& line) {
    const uint32_t crc = store::crc32c({line_.data(), static_cast<size_t>(at_ - line_.data())});
    *at_++ = ' ';
    at_ = std::to_chars(at_, end(), crc, 16).ptr;
    line.assign(line_.data(), static_cast<size_t>(at_ - line_.data()));
  }

 private:
  char* end() { return line_.data() + line_.size(); }
  /// No blank, control or other byte that would part or end a field.
  static bool is_plain(std::string_view text) {
    for (const char c : text) {
      if (c <= ' ' || c > '~') return false;
    }
    return true;
  }

  std::array<char, kLineBytes> line_;
  char* at_ = line_.data();
};

struct Fields {
  std::array<std::string_view, kMaxFields> at;
  size_t count = 0;
};

Fields split(std::string_view text) {
  Fields fields;
  while (fields.count < kMaxFields) {
    const size_t blank = text.find(' ');
    fields.at[fields.count++] = text.substr(0, blank);
    if (blank == std::string_view::npos) return fields;
    text.remove_prefix(blank + 1);
  }
  fields.count = 0;  // more than any record has
  return fields;
}

template <typename T>
bool read(std::string_view text, T& value, int base = 10) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

std::string_view none_if_dash(std::string_view text) {
  return text == "-" ? std::string_view() : text;
}

}  // namespace

void format(const ReserveRecord& record, std::string& line) {
  LineWriter writer('R');
  writer.number(static_cast<int64_t>(record.number));
  writer.number(record.wall_ms);
  writer.number(record.periods.day);
  writer.number(record.periods.month);
  writer.number(record.bound.money.nanos);
  writer.number(record.bound.tokens);
  writer.name(record.key);
  writer.name(record.user);
  writer.name(record.tenant);
  writer.name(record.request);
  writer.finish(line);
}

void format(const SettleRecord& record, std::string& line) {
  LineWriter writer('S');
  writer.number(static_cast<int64_t>(record.number));
  writer.number(record.wall_ms);
  writer.number(record.used.money.nanos);
  writer.number(record.used.tokens);
  writer.name(record.released ? "r" : "s");
  writer.finish(line);
}

std::optional<JournalRecord> parse_journal_line(std::string_view line) {
  const size_t last = line.rfind(' ');
  uint32_t crc = 0;
  if (last == std::string_view::npos || !read(line.substr(last + 1), crc, 16)) return std::nullopt;
  const std::string_view body = line.substr(0, last);
  if (store::crc32c(body) != crc) return std::nullopt;
  const Fields fields = split(body);
  const auto& at = fields.at;
  JournalRecord record;
  if (fields.count == 11 && at[0] == "R") {
    ReserveRecord reserve;
    if (!read(at[1], reserve.number) || !read(at[2], reserve.wall_ms) ||
        !read(at[3], reserve.periods.day) || !read(at[4], reserve.periods.month) ||
        !read(at[5], reserve.bound.money.nanos) || !read(at[6], reserve.bound.tokens)) {
      return std::nullopt;
    }
    if (reserve.bound.money.nanos < 0 || reserve.bound.tokens < 0) return std::nullopt;
    reserve.key = at[7];
    reserve.user = none_if_dash(at[8]);
    reserve.tenant = at[9];
    reserve.request = none_if_dash(at[10]);
    record.reserve = reserve;
    return record;
  }
  if (fields.count == 6 && at[0] == "S" && (at[5] == "s" || at[5] == "r")) {
    SettleRecord settle;
    if (!read(at[1], settle.number) || !read(at[2], settle.wall_ms) ||
        !read(at[3], settle.used.money.nanos) || !read(at[4], settle.used.tokens)) {
      return std::nullopt;
    }
    if (settle.used.money.nanos < 0 || settle.used.tokens < 0) return std::nullopt;
    settle.released = at[5] == "r";
    record.settle = settle;
    return record;
  }
  return std::nullopt;
}

}  // namespace gatehouse::admission
