#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "firewall/eval/eval.h"

namespace gatehouse::firewall::eval {

/// Reads a file line by line into one buffer. A line that is too long is cut, and told as such.
class LineReader {
 public:
  explicit LineReader(std::FILE* in) : in_(in) {}
  /// The next line without its end; false at the end of the file or on an error.
  bool next();
  std::string& line() { return line_; }
  uint64_t number() const { return number_; }
  bool too_long() const { return too_long_; }
  bool failed() const { return std::ferror(in_) != 0; }

 private:
  std::FILE* in_;
  std::string line_;
  uint64_t number_ = 0;
  bool too_long_ = false;
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

/// One row of a data file: a text, or a conversation. The views live until the parser's next
/// document.
struct Row {
  std::string_view text;  // empty for a conversation
  std::string_view label;
  std::string_view category;
  std::string_view source;  // as written: a speaker's name, or a data set's
  std::string_view caller;  // who sent it: what was blocked of the same one counts
  std::optional<Source> speaker;
  struct Message {
    std::optional<Source> speaker;
    std::string_view text;
  };
  std::vector<Message> messages;  // of a conversation
};

/// Parses a line, which must hold an object with a string `text`, or with `messages`, each an
/// object with a string `content` and perhaps a `role`. The error is what to tell about a bad line.
Result<Row> parse_row(json::Parser& parser, std::string& line);

/// What a row holds: its text, or each message of a conversation. `otherwise` speaks where the row
/// does not say who does.
std::vector<Segment> segments_of(const Row& row, Source otherwise);

/// The string at `key`; empty if it is absent or no string.
std::string_view string_at(const json::Element& object, std::string_view key);

Refusal io_error(std::string_view what);

}  // namespace gatehouse::firewall::eval
