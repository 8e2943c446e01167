#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/chat.h"

namespace gatehouse::inference::local {

/// Takes the calls `<tool_call>{"name": …, "arguments": …}</tool_call>` out of an answer's text as
/// it is written, whatever the chunk boundaries. Not thread-safe.
class ToolReader {
 public:
  using MakeId = std::function<std::string()>;

  explicit ToolReader(MakeId make_id) : make_id_(std::move(make_id)) {}

  /// Adds text of the answer: what is plain goes to `delta.text`, what is a call to
  /// `delta.tool_calls`. What may yet become "<tool_call>" is held back.
  void add(std::string_view text, api::ChoiceDelta& delta);
  /// The answer is over: gives out what was held back.
  void finish(api::ChoiceDelta& delta);

  /// How many calls have begun.
  int calls() const { return next_index_; }
  bool inside_call() const { return state_ != State::text; }
  /// Whether the text ended right where a call begins, so that a grammar can take over there.
  bool at_call_begin() const { return state_ == State::head && blank(buffer_); }

 private:
  enum class State : unsigned char { text, head, arguments, tail };

  static bool blank(std::string_view text);
  bool step_text(api::ChoiceDelta& delta);
  bool step_head(api::ChoiceDelta& delta);
  bool step_arguments(api::ChoiceDelta& delta);
  bool step_tail();

  MakeId make_id_;
  State state_ = State::text;
  std::string buffer_;  // not yet understood
  int next_index_ = 0;
  // Inside the arguments' JSON value:
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, began_ = false;
};

}  // namespace gatehouse::inference::local
