#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/chat.h"
#include "core/clock.h"
#include "firewall/firewall.h"
#include "gateway/hold_clock.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {

/// Streams of a choice beside its tool calls, which have 0 and up (`StreamId::tool_call`).
inline constexpr int32_t kContent = -1;
inline constexpr int32_t kRefusal = -2;
inline constexpr int32_t kThought = -3;

/// The firewall on one answer, in whole or event by event: its text, refusals, arguments of tool
/// calls and names that it made up for them, and what the model thinks. (A thought that had to be
/// changed no longer fits its provider's signature, which the provider says when it is sent back.)
/// Belongs to one request; `scope` and the request must outlive it.
class AnswerGuard {
 public:
  AnswerGuard(RequestScope& scope, const api::ChatRequest& request);
  ~AnswerGuard();

  /// Replaces what the policy forbids in a whole answer, and puts back what was redacted in the
  /// input. What has no native form is looked at too: if the policy would change it, the answer is
  /// written anew, with what Anthropic's blocks hold changed text by text and the rest left out. An
  /// error ends the answer.
  Result<void> inspect(api::ChatCompletion& completion);

  /// The same for one event; text that may still become something forbidden is held back and comes
  /// later: at the latest when a tool call or a thought begins, when its own call ends, or when its
  /// choice finishes. `event` may get a delta more for what was held. What has no native form is
  /// looked at event by event: nothing of it is held back. Blocks of Anthropic's that have none
  /// pass, text by text. On an error, `event` holds what may still be shown before the stream ends.
  Result<void> inspect(api::ChatEvent& event);

  /// What is left when the stream has ended without finish reasons: one event per choice with text.
  Result<void> flush(api::ChatEvent& event);

  /// When what is held back now will have waited as long as the policy lets it. Empty: never.
  std::optional<SteadyTime> due() const;
  /// It has: judges it as it stands, and adds to `event` what may be shown. Arguments of calls wait
  /// on: half of them is of no use to anybody.
  Result<void> pause(api::ChatEvent& event);

  /// Adds the verdict to the request's record and trail, once.
  void record();

 private:
  struct Open {
    firewall::StreamId stream;
    HoldClock clock;
  };

  bool filter(firewall::StreamId stream, std::string& text, bool last);
  bool filter(api::Choice& choice, bool& edited);
  bool filter(api::ChatEvent& event, size_t& at);
  bool filter(api::ChoiceDelta& delta, bool ends_text);
  bool filter_thinking(api::ChoiceDelta& delta);
  bool thinks(uint32_t choice) const;
  bool begins_thought(const api::ChoiceDelta& delta) const;
  bool filter_tools(api::ChoiceDelta& delta);
  bool filter_name(std::string& name);
  template <typename Ended>
  bool end_choice(const Ended& choice);
  enum class Held : uint8_t { calls, text_and_calls, all };
  bool release(Held what, api::ChoiceDelta& rest);
  bool release_before(api::ChatEvent& event, size_t& at, Held what, int choice);
  int& last_call(int choice);
  bool begins_call(const api::ChoiceDelta& delta);
  template <typename Answer>
  bool filter_unread(Answer& answer);
  template <typename Answer>
  bool filter_others(Answer& answer, bool passed);
  bool filter_foreign(std::string& json, bool& changed);
  bool filter_breaks(api::ChatCompletion& completion);
  bool filter_breaks(firewall::StreamId stream, api::Choice& choice, bool& changed);

  RequestScope& scope_;
  const std::vector<api::Tool>& tools_;
  std::string system_prompt_;
  std::unique_ptr<firewall::OutputGuard> guard_;  // null: the firewall is off
  std::vector<Open> open_;                        // streams that may hold text back
  std::vector<std::pair<int, int>> last_calls_;   // of each choice: the highest call that began
  std::chrono::milliseconds patience_{0};         // with what is held back; zero: endless
  SteadyTime event_at_{};                         // when the event under way came
  bool recorded_ = false;
};

}  // namespace gatehouse::gateway
