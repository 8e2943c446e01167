#include <algorithm>

#include "api/json_out.h"
#include "api/openai_out.h"
#include "api/responses.h"

// Whole chat answers in the client's dialect.
namespace gatehouse::api {
namespace {

void append_openai_message(std::string& out, const Choice& choice, bool legacy_functions,
                           bool same_dialect) {
  ListWriter message(out, '{');
  message.text("role", "assistant");
  const bool silent =
      choice.text.empty() && (!choice.tool_calls.empty() || !choice.refusal.empty());
  if (silent) {
    message.raw("content", "null");
  } else {
    message.text("content", choice.text);
  }
  // Not OpenAI's own, but what servers of its dialect call it.
  std::string thinking;
  for (const Part& part : choice.thinking) thinking += part.text;
  if (!thinking.empty()) message.text("reasoning_content", thinking);
  if (choice.refusal.empty()) {
    message.raw("refusal", "null");
  } else {
    message.text("refusal", choice.refusal);
  }
  if (!choice.tool_calls.empty()) {
    if (legacy_functions) {
      ListWriter call(message.name("function_call"), '{');
      call.text("name", choice.tool_calls.front().name);
      call.text("arguments", choice.tool_calls.front().arguments);
      call.close('}');
    } else {
      append_openai_tool_calls(message.name("tool_calls"), choice.tool_calls, same_dialect);
    }
  }
  if (same_dialect) append_unknown(choice.unknown, message);
  message.close('}');
}

std::string openai_completion(const ChatCompletion& completion, const ChatRequest& request) {
  const bool chat = request.operation == ChatRequest::Operation::chat;
  const bool same_dialect = completion.dialect == Dialect::openai;
  std::string out;
  ListWriter body(out, '{');
  body.text("id", completion.id);
  body.text("object", chat ? "chat.completion" : "text_completion");
  body.number("created", completion.created);
  body.text("model", completion.model);
  ListWriter choices(body.name("choices"), '[');
  for (const Choice& choice : completion.choices) {
    ListWriter item(choices.item(), '{');
    item.number("index", choice.index);
    if (chat) {
      append_openai_message(item.name("message"), choice, request.legacy_functions, same_dialect);
    } else {
      item.text("text", choice.text);
    }
    item.raw("logprobs", choice.logprobs.empty() ? "null" : std::string_view(choice.logprobs));
    // A whole answer has ended for some reason.
    const FinishReason reason =
        choice.finish_reason == FinishReason::none ? FinishReason::stop : choice.finish_reason;
    append_openai_finish(item.name("finish_reason"), reason, request.legacy_functions,
                         same_dialect ? std::string_view(choice.finish_word) : std::string_view());
    if (same_dialect) append_others(choice.others, out);
    item.close('}');
  }
  choices.close(']');
  append_openai_usage(body.name("usage"), completion.usage,
                      same_dialect ? completion.usage_others : UsageOthers{});
  if (!completion.system_fingerprint.empty()) {
    body.text("system_fingerprint", completion.system_fingerprint);
  }
  if (!completion.service_tier.empty()) body.text("service_tier", completion.service_tier);
  if (same_dialect) append_others(completion.others, out);
  body.close('}');
  return out;
}

void append_text_block(ListWriter& content, std::string_view text, std::string_view citations) {
  if (text.empty()) return;
  ListWriter block(content.item(), '{');
  block.text("type", "text");
  block.text("text", text);
  if (!citations.empty()) block.raw("citations", citations);
  block.close('}');
}

void append_anthropic_content(std::string& out, const Choice& choice, bool same_dialect) {
  ListWriter content(out, '[');
  for (const Part& part : choice.thinking) append_thinking_block(content.item(), part);
  const std::string_view text = choice.text.empty() ? choice.refusal : choice.text;
  size_t from = 0;
  for (const TextBreak& next : choice.breaks) {
    const size_t at = std::min(next.at, text.size());
    append_text_block(content, text.substr(from, at - from), next.citations);
    if (!next.block.empty()) content.item().append(next.block);
    from = at;
  }
  append_text_block(content, text.substr(from), {});
  for (const ToolCall& call : choice.tool_calls) {
    append_tool_use_block(content.item(), call, same_dialect);
  }
  content.close(']');
}

std::string anthropic_message(const ChatCompletion& completion) {
  const Choice none;
  const Choice& choice = completion.choices.empty() ? none : completion.choices.front();
  std::string out;
  ListWriter body(out, '{');
  body.text("id", completion.id);
  body.text("type", "message");
  body.text("role", "assistant");
  body.text("model", completion.model);
  const bool same_dialect = completion.dialect == Dialect::anthropic;
  append_anthropic_content(body.name("content"), choice, same_dialect);
  const FinishReason reason =
      choice.finish_reason == FinishReason::none ? FinishReason::stop : choice.finish_reason;
  const bool own_word = same_dialect && !choice.finish_word.empty();
  body.text("stop_reason",
            own_word ? std::string_view(choice.finish_word) : anthropic_stop_reason(reason));
  if (choice.stop_sequence.empty()) {
    body.raw("stop_sequence", "null");
  } else {
    body.text("stop_sequence", choice.stop_sequence);
  }
  if (same_dialect) {
    append_others(choice.others, out);
    append_others(completion.others, out);
  }
  append_anthropic_usage(body.name("usage"), completion.usage,
                         same_dialect ? completion.usage_others : UsageOthers{});
  body.close('}');
  return out;
}

}  // namespace

std::string render_completion(const ChatCompletion& completion, const ChatRequest& request) {
  const bool unchanged =
      !completion.edited && completion.dialect == request.dialect && !completion.body.empty();
  if (unchanged) return completion.body;
  return request.dialect == Dialect::openai ? openai_completion(completion, request)
                                            : anthropic_message(completion);
}

}  // namespace gatehouse::api
