// Whole answers, and what they have in common with streams; output_guard_stream.cc has those.
#include "gateway/output_guard.h"

#include <algorithm>
#include <utility>

#include "api/json_texts.h"
#include "core/json.h"
#include "gateway/system_prompt.h"

namespace gatehouse::gateway {
namespace {

/// Whether the model ended the choice of itself. What a caller's stop sequence ended is as cut off
/// as what ran into a limit.
bool is_whole(api::FinishReason reason) {
  return reason == api::FinishReason::stop || reason == api::FinishReason::tool_calls;
}

/// Anthropic's member of that name is among those that only pass through.
bool is_strict(const api::Tool& tool) {
  if (tool.strict || tool.raw.find("\"strict\"") == std::string::npos) return tool.strict;
  const auto members = json::thread_parser().parse_copy(tool.raw);
  bool strict = false;
  return members && members->at_key("strict").get(strict) == simdjson::SUCCESS && strict;
}

/// The form that the request asks for: of its answer, and of the arguments of tools that are
/// strict.
std::vector<firewall::ExpectedForm> forms_of(const api::ChatRequest& request) {
  std::vector<firewall::ExpectedForm> forms;
  using Format = api::ResponseFormat::Kind;
  if (request.response_format.kind == Format::json_object) {
    forms.push_back({{}, R"({"type":"object"})"});
  } else if (request.response_format.kind == Format::json_schema) {
    forms.push_back({{}, request.response_format.schema});
  }
  for (const api::Tool& tool : request.tools) {
    if (is_strict(tool) && !tool.parameters.empty() && !tool.name.empty()) {
      forms.push_back({tool.name, tool.parameters});
    }
  }
  return forms;
}

}  // namespace

AnswerGuard::AnswerGuard(RequestScope& scope, const api::ChatRequest& request)
    : scope_(scope), tools_(request.tools) {
  if (!scope.inspected()) return;
  system_prompt_ = system_prompt_of(request);
  firewall::OutputContext context;
  context.system_prompt = system_prompt_;
  context.canary = scope.canary();
  context.vault = scope.vault();
  const std::vector<std::string_view> sources = sources_of(request, scope.documents);
  context.sources = sources;
  const std::vector<firewall::ExpectedForm> forms = forms_of(request);
  context.forms = forms;
  guard_ = scope.services().firewall.guard_output(scope.policy(), context);
  patience_ = std::chrono::milliseconds(scope.policy()->spec().max_hold_back_ms);
}

AnswerGuard::~AnswerGuard() = default;

/// Passes `text` through the window of its stream. Returns false when the answer must end.
bool AnswerGuard::filter(firewall::StreamId stream, std::string& text, bool last) {
  firewall::OutputGuard::Step step;
  auto open = std::find_if(open_.begin(), open_.end(),
                           [&](const Open& each) { return each.stream == stream; });
  if (!text.empty()) {
    step = guard_->feed(stream, text);
    if (open == open_.end()) open = open_.insert(open, Open{stream, {}});
    if (patience_.count() > 0 && !last) {
      open->clock.update(text.size(), step.held, event_at_);
    }
  }
  if (last && !step.blocked && open != open_.end()) {
    open_.erase(open);
    firewall::OutputGuard::Step rest = guard_->finish(stream);
    step.text += rest.text;
    step.blocked = rest.blocked;
  }
  text = std::move(step.text);
  return !step.blocked;
}

/// What goes out with the answer's own bytes alone. Returns false when the answer must end.
template <typename Answer>
bool AnswerGuard::filter_unread(Answer& answer) {
  const bool goes_out = !answer.edited && answer.dialect == scope_.dialect();
  if (answer.unread.empty() || !goes_out) return true;
  const firewall::OutputGuard::Step step = guard_->whole(answer.unread);
  answer.edited = step.blocked || step.text != answer.unread;
  return !step.blocked;
}

/// What has no native form, text by text, each with its name: a value may be what it is because of
/// that. Returns false when the answer must end.
bool AnswerGuard::filter_foreign(std::string& json, bool& changed) {
  if (json.empty()) return true;
  bool passed = true;
  bool changes = false;
  std::string line;
  std::string anew = api::change_texts(json, [&](std::string_view name, std::string& text) {
    if (!passed || text.empty()) return;
    line.assign(name).append(name.empty() ? "" : ": ");
    const size_t begin = line.size();
    line.append(text);
    const firewall::OutputGuard::Step step = guard_->whole(line);
    passed = !step.blocked;
    const bool named =
        std::string_view(step.text).starts_with(std::string_view(line).substr(0, begin));
    changes = changes || step.text != line;
    text = named ? step.text.substr(begin) : step.text;
  });
  if (anew.empty()) {  // input that was cut off is no JSON
    firewall::OutputGuard::Step step = guard_->whole(json);
    passed = !step.blocked;
    changes = step.text != json;
    anew = std::move(step.text);
  }
  if (!passed) anew.clear();
  if (!passed || changes) json = std::move(anew);
  changed = changed || changes;
  return passed;
}

/// What goes out besides where the answer is written anew. Returns false when the answer must end;
/// what was not looked at then goes, as it does if all before has not `passed`.
template <typename Answer>
bool AnswerGuard::filter_others(Answer& answer, bool passed) {
  if (answer.dialect != scope_.dialect()) return passed;
  bool changed = false;
  const auto filter = [&](std::string& json) {
    if (passed) passed = filter_foreign(json, changed);
    if (!passed) json.clear();
  };
  filter(answer.others.unknown);
  for (auto& choice : answer.choices) {
    filter(choice.others.unknown);
    filter(choice.unknown);
    for (auto& call : choice.tool_calls) {
      filter(call.extra);
      filter(call.function_extra);
    }
  }
  return passed;
}

/// What stands between the texts of an answer. Returns false when the answer must end.
bool AnswerGuard::filter_breaks(api::ChatCompletion& completion) {
  if (scope_.dialect() != api::Dialect::anthropic) return true;
  for (api::Choice& choice : completion.choices) {
    for (api::TextBreak& next : choice.breaks) {
      for (std::string* json : {&next.citations, &next.block}) {
        if (!filter_foreign(*json, completion.edited)) return false;
      }
    }
  }
  return true;
}

/// The text of a choice that stops here and there: what stands in between ends with its part.
/// Returns false when the answer must end.
bool AnswerGuard::filter_breaks(firewall::StreamId stream, api::Choice& choice, bool& changed) {
  const std::string text = std::exchange(choice.text, {});
  bool passed = true;
  size_t from = 0;
  const auto add = [&](size_t to) {
    std::string part = text.substr(from, to - from);
    from = to;
    if (passed) passed = filter(stream, part, true);
    if (passed) choice.text += part;
  };
  for (api::TextBreak& next : choice.breaks) {
    add(next.at);
    next.at = choice.text.size();
  }
  add(text.size());
  changed = changed || choice.text != text;
  return passed;
}

/// All that a choice shows. Returns false when the answer must end.
bool AnswerGuard::filter(api::Choice& choice, bool& edited) {
  const auto index = static_cast<uint32_t>(choice.index);
  bool passed = true;
  bool changed = false;
  const auto apply = [&](firewall::StreamId stream, std::string& text) {
    if (!passed || text.empty()) return;
    std::string filtered = text;
    passed = filter(stream, filtered, true);
    if (filtered == text) return;
    text = std::move(filtered);
    changed = true;
  };
  for (api::Part& part : choice.thinking) apply({index, kThought}, part.text);
  if (choice.breaks.empty() || choice.text.empty()) {
    apply({index, kContent}, choice.text);
  } else if (passed) {
    passed = filter_breaks({index, kContent}, choice, changed);
  }
  apply({index, kRefusal}, choice.refusal);
  for (size_t i = 0; i < choice.tool_calls.size(); ++i) {
    api::ToolCall& call = choice.tool_calls[i];
    const std::string name = call.name;
    passed = passed && filter_name(call.name);
    changed = changed || call.name != name;
    const firewall::StreamId stream{index, static_cast<int32_t>(i), !call.custom};
    if (passed && !call.custom) guard_->calls(stream, call.name);
    apply(stream, call.arguments);
  }
  passed = passed && end_choice(choice);
  // They would tell what was taken out, token by token, and not what was put back.
  if (changed) choice.logprobs.clear();
  edited = edited || changed;
  return passed;
}

/// How the choice turned out, now that all of it came. Returns false when the answer must end.
template <typename Ended>
bool AnswerGuard::end_choice(const Ended& choice) {
  const auto index = static_cast<uint32_t>(choice.index);
  const api::FinishReason reason = choice.finish_reason;
  if (reason == api::FinishReason::refusal || !choice.refusal.empty()) {
    return !guard_->declined(index);
  }
  return !is_whole(reason) || !guard_->complete(index);
}

Result<void> AnswerGuard::inspect(api::ChatCompletion& completion) {
  if (!guard_) return {};
  const SteadyTime begin = scope_.services().loop.clock().steady();
  bool passed = true;
  for (api::Choice& choice : completion.choices) {
    passed = passed && filter(choice, completion.edited);
  }
  passed = passed && filter_breaks(completion) && filter_unread(completion);
  if (completion.edited) passed = filter_others(completion, passed);
  scope_.record.firewall_output_time += scope_.services().loop.clock().steady() - begin;
  if (!passed) return refuse(guard_->verdict().refusal());
  return {};
}

/// The name of a tool that the request does not have is the model's own text. Returns false when
/// the answer must end.
bool AnswerGuard::filter_name(std::string& name) {
  const bool known =
      name.empty() || std::any_of(tools_.begin(), tools_.end(),
                                  [&](const auto& tool) { return tool.name == name; });
  if (known) return true;
  firewall::OutputGuard::Step step = guard_->whole(name);
  name = std::move(step.text);
  return !step.blocked;
}

// For the other half (output_guard_stream.cc).
template bool AnswerGuard::filter_unread(api::ChatEvent& event);
template bool AnswerGuard::filter_others(api::ChatEvent& event, bool passed);
template bool AnswerGuard::end_choice(const api::ChoiceDelta& choice);

void AnswerGuard::record() {
  if (!guard_ || std::exchange(recorded_, true)) return;
  scope_.record_verdict(guard_->verdict(), firewall::Direction::output);
  guard_->verdict().note_skipped(scope_.trail());
}

}  // namespace gatehouse::gateway
