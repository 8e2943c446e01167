#include "inference/local/chat_answer.h"

#include "core/json.h"

namespace gatehouse::inference::local {

std::string join_logprobs(const std::string& first, const std::string& second) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  namespace build = json::build;
  build::object joined = build::parse(first).as_object();
  const build::value more = build::parse(second);
  for (const auto& [key, value] : more.as_object()) {
    if (!value.is_array()) continue;
    build::array& list = joined[key].as_array();
    for (const build::value& item : value.as_array()) list.push_back(item);
  }
  return build::serialize(joined);
}

void append_delta(api::Choice& choice, const api::ChoiceDelta& delta) {
  choice.index = delta.index;
  choice.text += delta.text;
  for (const api::ToolCallDelta& call : delta.tool_calls) {
    const auto at = static_cast<size_t>(call.index);
    if (choice.tool_calls.size() <= at) choice.tool_calls.resize(at + 1);
    api::ToolCall& whole = choice.tool_calls[at];
    if (!call.id.empty()) whole.id = call.id;
    if (!call.name.empty()) whole.name = call.name;
    whole.arguments += call.arguments;
  }
  choice.logprobs = join_logprobs(choice.logprobs, delta.logprobs);
  if (delta.finish_reason != api::FinishReason::none) {
    choice.finish_reason = delta.finish_reason;
    choice.stop_sequence = delta.stop_sequence;
  }
}

}  // namespace gatehouse::inference::local
