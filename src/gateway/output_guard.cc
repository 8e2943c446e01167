#include "gateway/output_guard.h"

#include <algorithm>
#include <utility>

#include "gateway/input_guard.h"

namespace gatehouse::gateway {
namespace {

// Beside the content (-1) and the tool calls (0 and up) of a choice.
constexpr int32_t kContent = -1;
constexpr int32_t kRefusal = -2;
constexpr int32_t kFirstThought = -3;  // and down: a choice may think several times

bool is_thought(const firewall::StreamId& stream) {
  return stream.tool_call <= kFirstThought;
}

std::string& field_of(api::ChoiceDelta& delta, const firewall::StreamId& stream) {
  if (is_thought(stream)) return delta.thinking;
  return stream.tool_call == kRefusal ? delta.refusal : delta.text;
}

}  // namespace

AnswerGuard::AnswerGuard(RequestScope& scope, const api::ChatRequest& request)
    : scope_(scope), next_thought_(kFirstThought) {
  if (!scope.snapshot().firewall_enabled) return;
  system_prompt_ = system_prompt_of(request);
  firewall::OutputContext context;
  context.system_prompt = system_prompt_;
  context.canary = scope.canary();
  context.vault = scope.vault();
  const std::vector<std::string_view> sources = sources_of(request);
  context.sources = sources;
  guard_ = scope.services().firewall.guard_output(scope.policy(), context);
}

AnswerGuard::~AnswerGuard() = default;

/// Passes `text` through the window of its stream. Returns false when the answer must end.
bool AnswerGuard::filter(firewall::StreamId stream, std::string& text, bool last) {
  firewall::OutputGuard::Step step;
  if (!text.empty()) {
    step = guard_->feed(stream, text);
    if (std::find(open_.begin(), open_.end(), stream) == open_.end()) open_.push_back(stream);
  }
  if (last && !step.blocked) {
    const auto it = std::find(open_.begin(), open_.end(), stream);
    if (it != open_.end()) {
      open_.erase(it);
      firewall::OutputGuard::Step rest = guard_->finish(stream);
      step.text += rest.text;
      step.blocked = rest.blocked;
    }
  }
  text = std::move(step.text);
  return !step.blocked;
}

Result<void> AnswerGuard::inspect(api::ChatCompletion& completion) {
  if (!guard_) return {};
  const SteadyTime begin = scope_.services().loop.clock().steady();
  bool blocked = false;
  bool edited = false;
  const auto apply = [&](firewall::StreamId stream, std::string& text) {
    if (blocked || text.empty()) return;
    std::string filtered = text;
    blocked = !filter(stream, filtered, true);
    if (filtered == text) return;
    text = std::move(filtered);
    completion.edited = true;
    edited = true;
  };
  for (api::Choice& choice : completion.choices) {
    const auto index = static_cast<uint32_t>(choice.index);
    edited = false;
    for (api::Part& part : choice.thinking) apply({index, next_thought_--}, part.text);
    apply({index, kContent}, choice.text);
    apply({index, kRefusal}, choice.refusal);
    for (size_t i = 0; i < choice.tool_calls.size(); ++i) {
      apply({index, static_cast<int32_t>(i)}, choice.tool_calls[i].arguments);
    }
    // They would tell what was taken out, token by token, and not what was put back.
    if (edited) choice.logprobs.clear();
  }
  scope_.record.firewall_output_time += scope_.services().loop.clock().steady() - begin;
  if (blocked) return refuse(guard_->verdict().refusal());
  return {};
}

/// All that a delta shows, in the order in which it is shown; what comes behind the place where it
/// is blocked was not looked at and goes.
bool AnswerGuard::filter(api::ChoiceDelta& delta) {
  const auto choice = static_cast<uint32_t>(delta.index);
  const bool last = delta.finish_reason != api::FinishReason::none;
  bool passed = filter_thinking(delta);
  const auto next = [&](int32_t stream, std::string& text) {
    if (passed) {
      passed = filter({choice, stream}, text, last);
    } else {
      text.clear();
    }
  };
  next(kContent, delta.text);
  next(kRefusal, delta.refusal);
  if (passed) return filter_tools(delta);
  delta.thinking_signature.clear();
  delta.redacted_thinking.clear();
  delta.tool_calls.clear();
  return false;
}

/// A thought ends with its signature, or with what comes after it.
bool AnswerGuard::filter_thinking(api::ChoiceDelta& delta) {
  const auto choice = static_cast<uint32_t>(delta.index);
  const auto open = std::find_if(open_.begin(), open_.end(), [&](const firewall::StreamId& stream) {
    return stream.choice == choice && is_thought(stream);
  });
  if (open == open_.end() && delta.thinking.empty()) return true;
  const firewall::StreamId thought =
      open != open_.end() ? *open : firewall::StreamId{choice, next_thought_--};
  const bool last = !delta.thinking_signature.empty() || !delta.redacted_thinking.empty() ||
                    !delta.text.empty() || !delta.refusal.empty() || !delta.tool_calls.empty() ||
                    delta.finish_reason != api::FinishReason::none;
  return filter(thought, delta.thinking, last);
}

bool AnswerGuard::filter_tools(api::ChoiceDelta& delta) {
  for (size_t i = 0; i < delta.tool_calls.size(); ++i) {
    api::ToolCallDelta& call = delta.tool_calls[i];
    const firewall::StreamId stream{static_cast<uint32_t>(delta.index),
                                    static_cast<int32_t>(call.index)};
    if (filter(stream, call.arguments, false)) continue;
    delta.tool_calls.resize(i + 1);
    return false;
  }
  if (delta.finish_reason == api::FinishReason::none) return true;
  // What the arguments' windows still hold comes now, as further pieces of their calls.
  const std::vector<firewall::StreamId> open = open_;
  for (const firewall::StreamId& stream : open) {
    if (stream.choice != static_cast<uint32_t>(delta.index) || stream.tool_call < 0) continue;
    api::ToolCallDelta rest;
    rest.index = stream.tool_call;
    const bool passed = filter(stream, rest.arguments, true);
    if (!rest.arguments.empty()) delta.tool_calls.push_back(std::move(rest));
    if (!passed) return false;
  }
  return true;
}

Result<void> AnswerGuard::inspect(api::ChatEvent& event) {
  if (!guard_) return {};
  const SteadyTime begin = scope_.services().loop.clock().steady();
  bool blocked = false;
  for (api::ChoiceDelta& delta : event.choices) {
    if (blocked) {
      const int index = delta.index;
      delta = api::ChoiceDelta{};
      delta.index = index;
      continue;
    }
    const std::string text = delta.text, refusal = delta.refusal, thinking = delta.thinking;
    std::vector<std::string> arguments;
    for (const api::ToolCallDelta& call : delta.tool_calls) arguments.push_back(call.arguments);

    blocked = !filter(delta);

    bool changed = blocked || delta.text != text || delta.refusal != refusal ||
                   delta.thinking != thinking || delta.tool_calls.size() != arguments.size();
    for (size_t i = 0; !changed && i < arguments.size(); ++i) {
      changed = delta.tool_calls[i].arguments != arguments[i];
    }
    if (changed) {
      event.edited = true;
      // Per-token log probabilities would tell the text that is held back.
      delta.logprobs.clear();
    }
    if (blocked) delta.finish_reason = api::FinishReason::none;
  }
  scope_.record.firewall_output_time += scope_.services().loop.clock().steady() - begin;
  if (blocked) return refuse(guard_->verdict().refusal());
  return {};
}

Result<void> AnswerGuard::flush(api::ChatEvent& event) {
  if (!guard_) return {};
  bool blocked = false;
  while (!open_.empty() && !blocked) {
    const firewall::StreamId stream = open_.front();
    std::string text;
    blocked = !filter(stream, text, true);
    if (text.empty()) continue;
    api::ChoiceDelta delta;
    delta.index = static_cast<int>(stream.choice);
    if (stream.tool_call < 0) {
      field_of(delta, stream) = std::move(text);
    } else {
      api::ToolCallDelta call;
      call.index = stream.tool_call;
      call.arguments = std::move(text);
      delta.tool_calls.push_back(std::move(call));
    }
    event.choices.push_back(std::move(delta));
    event.edited = true;
  }
  if (blocked) return refuse(guard_->verdict().refusal());
  return {};
}

void AnswerGuard::record() {
  if (!guard_ || std::exchange(recorded_, true)) return;
  scope_.record_verdict(guard_->verdict(), firewall::Direction::output);
}

}  // namespace gatehouse::gateway
