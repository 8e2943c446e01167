#include <string>
#include <utility>

#include "api/upstream.h"

namespace gatehouse::api {
namespace {

ChatEvent& begin_event(std::deque<ChatEvent>& events, Dialect dialect) {
  ChatEvent& event = events.emplace_back();
  event.dialect = dialect;
  event.edited = true;
  return event;
}

void add_foreign(std::deque<ChatEvent>& events, ForeignPiece::Kind kind, std::string json = {}) {
  begin_event(events, Dialect::anthropic).foreign = {kind, std::move(json)};
}

/// The texts of a choice up to its last break, and what only Anthropic's dialect has between them.
void add_breaks(std::deque<ChatEvent>& events, Choice& choice) {
  using Kind = ForeignPiece::Kind;
  size_t from = 0;
  for (TextBreak& next : choice.breaks) {
    ChatEvent& text = begin_event(events, Dialect::anthropic);
    ChoiceDelta& delta = text.choices.emplace_back();
    delta.index = choice.index;
    delta.text = choice.text.substr(from, next.at - from);
    from = next.at;
    json::Array citations;
    const auto parsed = json::thread_parser().parse(next.citations);
    if (parsed && parsed->get(citations) == simdjson::SUCCESS) {
      for (const json::Element citation : citations) {
        add_foreign(events, Kind::citation,
                    R"({"type":"citations_delta","citation":)" + json::raw(citation) + "}");
      }
    }
    add_foreign(events, Kind::end);
    if (next.block.empty()) continue;
    add_foreign(events, Kind::block, std::move(next.block));
    add_foreign(events, Kind::end);
  }
  choice.text.erase(0, from);
}

}  // namespace

std::deque<ChatEvent> events_of(ChatCompletion completion) {
  std::deque<ChatEvent> events;
  ChatEvent& first = begin_event(events, completion.dialect);
  first.id = std::move(completion.id);
  first.model = std::move(completion.model);
  first.created = completion.created;
  first.usage = completion.usage;
  first.system_fingerprint = std::move(completion.system_fingerprint);
  first.service_tier = std::move(completion.service_tier);
  first.usage_others = completion.usage_others;
  for (Choice& choice : completion.choices) {
    for (Part& part : choice.thinking) {
      ChoiceDelta& delta = events.back().choices.emplace_back();
      delta.index = choice.index;
      if (part.kind == Part::Kind::redacted_thinking) {
        delta.redacted_thinking = std::move(part.signature);
      } else {
        delta.thinking = std::move(part.text);
        delta.thinking_signature = std::move(part.signature);
      }
    }
    if (!choice.breaks.empty()) {
      add_breaks(events, choice);
      begin_event(events, completion.dialect);
    }
    ChoiceDelta& delta = events.back().choices.emplace_back();
    delta.index = choice.index;
    delta.text = std::move(choice.text);
    delta.refusal = std::move(choice.refusal);
    int index = 0;
    for (ToolCall& call : choice.tool_calls) {
      delta.tool_calls.push_back({index++, std::move(call.id), std::move(call.name),
                                  std::move(call.arguments), call.custom, std::move(call.extra),
                                  std::move(call.function_extra)});
    }
    delta.finish_reason = choice.finish_reason;
    delta.finish_word = std::move(choice.finish_word);
    delta.others = std::move(choice.others);
    delta.unknown = std::move(choice.unknown);
    delta.stop_sequence = std::move(choice.stop_sequence);
    delta.logprobs = std::move(choice.logprobs);
  }
  ChatEvent& last = events.back();
  last.usage = completion.usage;
  last.usage_others = std::move(completion.usage_others);
  last.others = std::move(completion.others);
  return events;
}

}  // namespace gatehouse::api
