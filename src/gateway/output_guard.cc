#include "gateway/output_guard.h"

#include <algorithm>
#include <utility>

#include "gateway/input_guard.h"

namespace gatehouse::gateway {

AnswerGuard::AnswerGuard(RequestScope& scope, const api::ChatRequest& request) : scope_(scope) {
  if (!scope.snapshot().firewall_enabled) return;
  system_prompt_ = system_prompt_of(request);
  firewall::OutputContext context;
  context.system_prompt = system_prompt_;
  context.canary = scope.canary();
  context.vault = scope.vault();
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
  const auto apply = [&](firewall::StreamId stream, std::string& text) {
    if (blocked || text.empty()) return;
    std::string filtered = text;
    blocked = !filter(stream, filtered, true);
    if (filtered == text) return;
    text = std::move(filtered);
    completion.edited = true;
  };
  for (api::Choice& choice : completion.choices) {
    const auto index = static_cast<uint32_t>(choice.index);
    apply({index, -1}, choice.text);
    apply({index, -1}, choice.refusal);
    for (size_t i = 0; i < choice.tool_calls.size(); ++i) {
      apply({index, static_cast<int32_t>(i)}, choice.tool_calls[i].arguments);
    }
  }
  scope_.record.firewall_output_time += scope_.services().loop.clock().steady() - begin;
  if (blocked) return refuse(guard_->verdict().refusal());
  return {};
}

bool AnswerGuard::filter_tools(api::ChoiceDelta& delta) {
  for (api::ToolCallDelta& call : delta.tool_calls) {
    const firewall::StreamId stream{static_cast<uint32_t>(delta.index),
                                    static_cast<int32_t>(call.index)};
    if (!filter(stream, call.arguments, false)) return false;
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
    const bool last = delta.finish_reason != api::FinishReason::none;
    const firewall::StreamId content{static_cast<uint32_t>(delta.index), -1};
    const std::string text = delta.text;
    std::vector<std::string> arguments;
    for (const api::ToolCallDelta& call : delta.tool_calls) arguments.push_back(call.arguments);

    blocked = !filter(content, delta.text, last) || !filter_tools(delta);

    bool changed = blocked || delta.text != text || delta.tool_calls.size() != arguments.size();
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
      delta.text = std::move(text);
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
