#include "gateway/output_guard.h"

#include <algorithm>
#include <utility>

#include "api/json_texts.h"
#include "core/json.h"
#include "gateway/system_prompt.h"

namespace gatehouse::gateway {
namespace {

// Beside the content (-1) and the tool calls (0 and up) of a choice.
constexpr int32_t kContent = -1;
constexpr int32_t kRefusal = -2;
constexpr int32_t kThought = -3;

bool is_thought(const firewall::StreamId& stream) {
  return stream.tool_call == kThought;
}

std::string& field_of(api::ChoiceDelta& delta, const firewall::StreamId& stream) {
  if (is_thought(stream)) return delta.thinking;
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

void clear(api::ChoiceDelta& delta) {
  const int index = delta.index;
  delta = api::ChoiceDelta{};
  delta.index = index;
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
  const std::vector<std::string_view> sources = sources_of(request);
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
    return open.stream.choice == choice && is_thought(open.stream);
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
    if (what != Held::all && is_thought(stream)) continue;
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

void AnswerGuard::record() {
  if (!guard_ || std::exchange(recorded_, true)) return;
  scope_.record_verdict(guard_->verdict(), firewall::Direction::output);
  guard_->verdict().note_skipped(scope_.trail());
}

}  // namespace gatehouse::gateway
