#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::inference::local {

/// Turns the bytes of tokens into text that may be shown: never half a character, and never the
/// beginning of a stop sequence that may still become whole. Not thread-safe.
class OutputText {
 public:
  /// Empty stop sequences are ignored.
  explicit OutputText(std::vector<std::string> stops);

  /// Adds a token's bytes and appends to `shown` what can be shown now.
  void add(std::string_view bytes, std::string& shown);
  /// The answer is over: appends what was held back. A character that never became whole is U+FFFD.
  void finish(std::string& shown);

  /// Whether a stop sequence was met; nothing is shown from its first character on.
  bool stopped() const { return stop_index_ != kNone; }
  const std::string& stop_sequence() const { return stops_[stop_index_]; }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  void take_characters(bool last);
  void release(bool last, std::string& shown);

  std::vector<std::string> stops_;
  size_t longest_stop_ = 0;
  std::string bytes_;  // not yet whole characters: at most 3 bytes
  std::string held_;   // whole characters that may begin a stop sequence
  size_t stop_index_ = kNone;
};

}  // namespace gatehouse::inference::local
