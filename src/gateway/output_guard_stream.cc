// How an answer's events pass the firewall, and what they leave behind in its windows.
#include <algorithm>
#include <utility>

#include "gateway/output_guard.h"

namespace gatehouse::gateway {
namespace {

std::string& field_of(api::ChoiceDelta& delta, const firewall::StreamId& stream) {
  if (stream.tool_call == kThought) return delta.thinking;
  return stream.tool_call == kRefusal ? delta.refusal : delta.text;
}

/// Adds what a stream held back to what is shown next.
void add_rest(api::ChoiceDelta& delta, const firewall::StreamId& stream, std::string text) {
  if (text.empty()) return;
  if (stream.tool_call < 0) {
    field_of(delta, stream) += text;
    return;
  }
  api::ToolCallDelta& call = delta.tool_calls.emplace_back();
  call.index = stream.tool_call;
  call.arguments = std::move(text);
  call.custom = !stream.json;
}

/// The same as a delta of its own.
void add_rest(api::ChatEvent& event, const firewall::StreamId& stream, std::string text) {
  if (text.empty()) return;
  api::ChoiceDelta& delta = event.choices.emplace_back();
  delta.index = static_cast<int>(stream.choice);
  add_rest(delta, stream, std::move(text));
  event.edited = true;
}

void clear(api::ChoiceDelta& delta) {
  const int index = delta.index;
  delta = api::ChoiceDelta{};
  delta.index = index;
}

}  // namespace

/// All that a delta shows, in the order in which it is shown; what comes behind the place where it
/// is blocked was not looked at and goes.
bool AnswerGuard::filter(api::ChoiceDelta& delta, bool ends_text) {
  const auto choice = static_cast<uint32_t>(delta.index);
  const bool last = ends_text || delta.finish_reason != api::FinishReason::none;
  bool passed = filter_thinking(delta);
  if (passed && !delta.refusal.empty()) passed = !guard_->declined(choice);
  const auto next = [&](int32_t stream, std::string& text) {
    if (passed) {
      passed = filter({choice, stream}, text, last);
    } else {
      text.clear();
    }
  };
  next(kContent, delta.text);
  next(kRefusal, delta.refusal);
  if (passed) return filter_tools(delta) && end_choice(delta);
  delta.thinking_signature.clear();
  delta.redacted_thinking.clear();
  delta.tool_calls.clear();
  return false;
}

/// A thought ends with its signature, or with what comes after it. Clients join those of a choice:
/// they are one stream.
bool AnswerGuard::filter_thinking(api::ChoiceDelta& delta) {
  const auto choice = static_cast<uint32_t>(delta.index);
  if (delta.thinking.empty() && !thinks(choice)) return true;
  const bool last = !delta.thinking_signature.empty() || !delta.redacted_thinking.empty() ||
                    !delta.text.empty() || !delta.refusal.empty() || !delta.tool_calls.empty() ||
                    delta.finish_reason != api::FinishReason::none;
  return filter({choice, kThought}, delta.thinking, last);
}

bool AnswerGuard::thinks(uint32_t choice) const {
  return std::any_of(open_.begin(), open_.end(), [choice](const Open& open) {
    return open.stream.choice == choice && open.stream.tool_call == kThought;
  });
}

bool AnswerGuard::begins_thought(const api::ChoiceDelta& delta) const {
  return (!delta.thinking.empty() || !delta.redacted_thinking.empty()) &&
         !thinks(static_cast<uint32_t>(delta.index));
}

bool AnswerGuard::filter_tools(api::ChoiceDelta& delta) {
  for (size_t i = 0; i < delta.tool_calls.size(); ++i) {
    api::ToolCallDelta& call = delta.tool_calls[i];
    const firewall::StreamId stream{static_cast<uint32_t>(delta.index),
                                    static_cast<int32_t>(call.index), !call.custom};
    int& begun = last_call(delta.index);
    begun = std::max(begun, call.index);
    const bool last = i + 1 < delta.tool_calls.size() && delta.tool_calls[i + 1].index > begun;
    const bool named = filter_name(call.name);
    if (named && !call.name.empty() && !call.custom) guard_->calls(stream, call.name);
    if (named && filter(stream, call.arguments, last)) continue;
    delta.tool_calls.resize(named ? i + 1 : i);
    return false;
  }
  return delta.finish_reason == api::FinishReason::none || release(Held::calls, delta);
}

int& AnswerGuard::last_call(int choice) {
  for (auto& [index, call] : last_calls_) {
    if (index == choice) return call;
  }
  return last_calls_.emplace_back(choice, -1).second;
}

/// By its index: some upstreams repeat a call's id and name with each piece.
bool AnswerGuard::begins_call(const api::ChoiceDelta& delta) {
  if (delta.tool_calls.empty()) return false;
  const int begun = last_call(delta.index);
  return std::any_of(delta.tool_calls.begin(), delta.tool_calls.end(),
                     [&](const api::ToolCallDelta& call) { return call.index > begun; });
}

/// Judges what windows of the choice of `rest` hold as what it is by now, and adds it to `rest`.
/// Returns false when the answer must end.
bool AnswerGuard::release(Held what, api::ChoiceDelta& rest) {
  std::vector<firewall::StreamId> streams;
  for (const Open& open : open_) streams.push_back(open.stream);
  for (const firewall::StreamId& stream : streams) {
    const bool call = stream.tool_call >= 0;
    if (stream.choice != static_cast<uint32_t>(rest.index)) continue;
    if (what != Held::all && stream.tool_call == kThought) continue;
    if (!call && what == Held::calls) continue;
    std::string text;
    const bool passed = filter(stream, text, true);
    add_rest(rest, stream, std::move(text));
    if (!passed) return false;
  }
  return true;
}

/// The same as a delta of its own before the one at `at`, which stays the one at `at`: clients read
/// the beginning of a call or of a thought as the end of all before it.
bool AnswerGuard::release_before(api::ChatEvent& event, size_t& at, Held what, int choice) {
  if (open_.empty()) return true;
  api::ChoiceDelta rest;
  rest.index = choice;
  const bool passed = release(what, rest);
  if (rest.has_output()) {
    event.choices.insert(event.choices.begin() + static_cast<std::ptrdiff_t>(at), std::move(rest));
    event.edited = true;
    ++at;
  }
  return passed;
}

/// The delta at `at`, and what is shown before it.
bool AnswerGuard::filter(api::ChatEvent& event, size_t& at) {
  const bool begins = begins_call(event.choices[at]);
  bool passed = true;
  if (begins || begins_thought(event.choices[at])) {
    passed = release_before(event, at, Held::text_and_calls, event.choices[at].index);
  }
  api::ChoiceDelta& delta = event.choices[at];
  if (!passed) {
    clear(delta);
    event.edited = true;
    return false;
  }
  const std::string text = delta.text, refusal = delta.refusal, thinking = delta.thinking;
  const std::vector<api::ToolCallDelta> calls = delta.tool_calls;

  passed = filter(delta, begins);

  bool changed = !passed || delta.text != text || delta.refusal != refusal ||
                 delta.thinking != thinking || delta.tool_calls.size() != calls.size();
  for (size_t i = 0; !changed && i < calls.size(); ++i) {
    const api::ToolCallDelta& call = delta.tool_calls[i];
    changed = call.arguments != calls[i].arguments || call.name != calls[i].name;
  }
  // Per-token log probabilities would tell the text that is held back, or that is yet to come.
  const bool tells = !delta.logprobs.empty() && (changed || !delta.has_output());
  if (tells) delta.logprobs.clear();
  event.edited = event.edited || changed || tells;
  if (!passed) delta.finish_reason = api::FinishReason::none;
  return passed;
}

Result<void> AnswerGuard::inspect(api::ChatEvent& event) {
  if (!guard_) return {};
  event_at_ = scope_.services().loop.clock().steady();
  bool passed = true;
  size_t at = 0;
  if (scope_.dialect() != api::Dialect::anthropic) event.foreign = {};
  using Foreign = api::ForeignPiece::Kind;
  const Foreign foreign = event.foreign.kind;
  if (foreign == Foreign::block || foreign == Foreign::end) {
    passed = release_before(event, at, Held::all, 0);
  } else if (event.raw_event == "content_block_stop") {
    // Anthropic's upstreams say when a call has ended, others when the next one begins.
    passed = release_before(event, at, Held::calls, 0);
  }
  for (; at < event.choices.size(); ++at) {
    if (passed) {
      passed = filter(event, at);
    } else {
      clear(event.choices[at]);
    }
  }
  const bool begun = passed;
  passed = passed && filter_foreign(event.foreign.json, event.edited) && filter_unread(event);
  // Of Anthropic's, each event is written anew.
  if (event.edited || event.dialect == api::Dialect::anthropic) {
    passed = filter_others(event, passed);
  }
  if (begun && !passed) {
    for (api::ChoiceDelta& delta : event.choices) {
      delta.finish_reason = api::FinishReason::none;
    }
  }
  if (!passed) event.foreign = {};
  scope_.record.firewall_output_time += scope_.services().loop.clock().steady() - event_at_;
  if (!passed) return refuse(guard_->verdict().refusal());
  return {};
}

Result<void> AnswerGuard::flush(api::ChatEvent& event) {
  if (!guard_) return {};
  bool blocked = false;
  while (!open_.empty() && !blocked) {
    const firewall::StreamId stream = open_.front().stream;
    std::string text;
    blocked = !filter(stream, text, true);
    add_rest(event, stream, std::move(text));
  }
  if (blocked) return refuse(guard_->verdict().refusal());
  return {};
}

std::optional<SteadyTime> AnswerGuard::due() const {
  std::optional<SteadyTime> oldest;
  if (patience_.count() == 0) return oldest;
  for (const Open& open : open_) {
    if (open.stream.tool_call >= 0) continue;
    const std::optional<SteadyTime> since = open.clock.since();
    if (since && (!oldest || *since < *oldest)) oldest = since;
  }
  if (oldest) *oldest += patience_;
  return oldest;
}

Result<void> AnswerGuard::pause(api::ChatEvent& event) {
  const SteadyTime now = scope_.services().loop.clock().steady();
  for (Open& open : open_) {
    const firewall::StreamId& stream = open.stream;
    const std::optional<SteadyTime> since = open.clock.since();
    if (stream.tool_call >= 0 || !since || now - *since < patience_) continue;
    open.clock.forgive();
    firewall::OutputGuard::Step step = guard_->pause(stream);
    add_rest(event, stream, std::move(step.text));
    if (step.blocked) return refuse(guard_->verdict().refusal());
  }
  scope_.record.firewall_output_time += scope_.services().loop.clock().steady() - now;
  return {};
}

}  // namespace gatehouse::gateway
