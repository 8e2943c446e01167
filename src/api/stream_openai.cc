#include <algorithm>
#include <utility>

#include "api/json_out.h"
#include "api/openai_out.h"
#include "api/responses.h"
#include "api/sse_out.h"
#include "api/stream_renderer.h"

// The chunks of OpenAI's streams.
namespace gatehouse::api {
namespace {

void append_tool_deltas(std::string& out, const std::vector<ToolCallDelta>& calls,
                        bool same_dialect) {
  ListWriter list(out, '[');
  for (const ToolCallDelta& call : calls) {
    ListWriter item(list.item(), '{');
    item.number("index", call.index);
    if (!call.id.empty()) {
      item.text("id", call.id);
      item.text("type", call.custom ? "custom" : "function");
    }
    ListWriter function(item.name(call.custom ? "custom" : "function"), '{');
    if (!call.name.empty()) function.text("name", call.name);
    function.text(call.custom ? "input" : "arguments", call.arguments);
    if (same_dialect) append_unknown(call.function_extra, function);
    function.close('}');
    if (same_dialect) append_unknown(call.extra, item);
    item.close('}');
  }
  list.close(']');
}

void append_function_delta(std::string& out, const ToolCallDelta& call) {
  ListWriter function(out, '{');
  if (!call.name.empty()) function.text("name", call.name);
  function.text("arguments", call.arguments);
  function.close('}');
}

/// Whether a client would see anything of it.
bool shows(const ChoiceDelta& delta) {
  return !delta.text.empty() || !delta.refusal.empty() || !delta.thinking.empty() ||
         !delta.tool_calls.empty() || !delta.logprobs.empty() || !delta.others.told.empty() ||
         !delta.others.unknown.empty() || !delta.unknown.empty() ||
         delta.finish_reason != FinishReason::none;
}

}  // namespace

bool StreamRenderer::begin_choice(int index) {
  for (const ChoiceState& choice : choices_) {
    if (choice.index == index) return false;
  }
  choices_.push_back({index, false});
  return true;
}

void StreamRenderer::openai_prefix() {
  prefix_ = "data: ";
  ListWriter chunk(prefix_, '{');
  const bool chat = target_.operation == ChatRequest::Operation::chat;
  chunk.text("id", target_.id);
  chunk.text("object", chat ? "chat.completion.chunk" : "text_completion");
  chunk.number("created", target_.created);
  chunk.text("model", target_.model);
  if (!system_fingerprint_.empty()) chunk.text("system_fingerprint", system_fingerprint_);
  if (!service_tier_.empty()) chunk.text("service_tier", service_tier_);
  chunk.name("choices");
}

void StreamRenderer::openai_choice(const ChoiceDelta& delta, bool first, bool same_dialect,
                                   std::string& out) const {
  ListWriter choice(out, '{');
  choice.number("index", delta.index);
  if (target_.operation == ChatRequest::Operation::text_completion) {
    choice.text("text", delta.text);
  } else {
    ListWriter message(choice.name("delta"), '{');
    if (first) message.text("role", "assistant");
    if (!delta.thinking.empty()) message.text("reasoning_content", delta.thinking);
    const bool nothing_else =
        delta.tool_calls.empty() && delta.refusal.empty() && delta.thinking.empty();
    if (!delta.text.empty() || (first && nothing_else)) message.text("content", delta.text);
    if (!delta.refusal.empty()) message.text("refusal", delta.refusal);
    if (!delta.tool_calls.empty()) {
      if (target_.legacy_functions) {
        append_function_delta(message.name("function_call"), delta.tool_calls.front());
      } else {
        append_tool_deltas(message.name("tool_calls"), delta.tool_calls, same_dialect);
      }
    }
    if (same_dialect) append_unknown(delta.unknown, message);
    message.close('}');
  }
  choice.raw("logprobs", delta.logprobs.empty() ? "null" : std::string_view(delta.logprobs));
  append_openai_finish(choice.name("finish_reason"), delta.finish_reason, target_.legacy_functions,
                       same_dialect ? std::string_view(delta.finish_word) : std::string_view());
  if (same_dialect) append_others(delta.others, out);
  choice.close('}');
}

/// A chunk for each delta: clients take several of one choice in a chunk for one, or read only the
/// first.
void StreamRenderer::openai_rebuilt(const ChatEvent& event, std::string& out) {
  if (prefix_.empty()) openai_prefix();
  const bool same_dialect = event.dialect == Dialect::openai;
  bool told = !same_dialect;
  for (const ChoiceDelta& delta : event.choices) {
    const bool first = begin_choice(delta.index);
    if (!first && !shows(delta)) continue;
    ListWriter list(out.append(prefix_), '[');
    openai_choice(delta, first, same_dialect, list.item());
    list.close(']');
    if (!std::exchange(told, true)) append_others(event.others, out);
    out.append("}\n\n");
    if (delta.finish_reason == FinishReason::none) continue;
    for (ChoiceState& choice : choices_) {
      if (choice.index == delta.index) choice.finished = true;
    }
  }
}

void StreamRenderer::openai(const ChatEvent& event, std::string& out) {
  const bool only_usage = event.choices.empty() && event.usage.has_value();
  if (event.usage && event.dialect == Dialect::openai) usage_others_ = event.usage_others;
  if (only_usage && !target_.include_usage) return;
  if (event.edited || event.dialect != Dialect::openai || event.raw_data.empty()) {
    // Usage of its own is told by `finish`, once it is final.
    if (!event.choices.empty()) openai_rebuilt(event, out);
    return;
  }
  for (const ChoiceDelta& delta : event.choices) {
    begin_choice(delta.index);
    if (delta.finish_reason == FinishReason::none) continue;
    for (ChoiceState& choice : choices_) {
      if (choice.index == delta.index) choice.finished = true;
    }
  }
  usage_sent_ = usage_sent_ || only_usage;
  append_sse(out, event.raw_event, event.raw_data);
}

void StreamRenderer::openai_finish(const Usage& usage, std::string& out) {
  ChatEvent end;
  if (choices_.empty()) {
    end.choices.emplace_back();
    openai_rebuilt(end, out);
    end.choices.clear();
  }
  for (const ChoiceState& choice : choices_) {
    if (choice.finished) continue;
    ChoiceDelta& delta = end.choices.emplace_back();
    delta.index = choice.index;
    delta.finish_reason = FinishReason::stop;
  }
  if (!end.choices.empty()) openai_rebuilt(end, out);
  if (target_.include_usage && !usage_sent_) {
    if (prefix_.empty()) openai_prefix();
    out.append(prefix_).append("[],\"usage\":");
    append_openai_usage(out, usage, usage_others_);
    out.append("}\n\n");
  }
  out.append("data: [DONE]\n\n");
}

}  // namespace gatehouse::api
