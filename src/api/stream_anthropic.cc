#include <utility>

#include "api/json_out.h"
#include "api/openai_out.h"
#include "api/responses.h"
#include "api/sse_out.h"
#include "api/stream_renderer.h"

// The events of Anthropic's streams.
namespace gatehouse::api {
namespace {

/// Whether there is more to it than calls and an end.
bool has_content(const ChoiceDelta& delta) {
  return !delta.text.empty() || !delta.refusal.empty() || !delta.thinking.empty() ||
         !delta.thinking_signature.empty() || !delta.redacted_thinking.empty();
}

}  // namespace

void StreamRenderer::anthropic(const ChatEvent& event, std::string& out) {
  if (raw_ && !event.edited && event.dialect == Dialect::anthropic && !event.raw_data.empty()) {
    anthropic_track(event);
    append_sse(out, event.raw_event, event.raw_data);
    return;
  }
  raw_ = false;
  same_dialect_ = event.dialect == Dialect::anthropic;
  if (!started_) {
    anthropic_start(event.usage ? &*event.usage : nullptr, same_dialect_ ? &event : nullptr, out);
  }
  if (event.raw_event == "ping" && same_dialect_) {
    append_sse(out, "ping", R"({"type":"ping"})");
  }
  for (const ChoiceDelta& delta : event.choices) {
    if (delta.index != 0) continue;
    anthropic_delta(delta, out);
    if (same_dialect_ && delta.finish_reason != FinishReason::none) anthropic_end(event, delta);
  }
  if (event.raw_event == "content_block_stop") end_call(out);
  anthropic_foreign(event.foreign, out);
}

/// What the upstream says with its stop reason, for `anthropic_finish`.
void StreamRenderer::anthropic_end(const ChatEvent& event, const ChoiceDelta& delta) {
  finish_word_ = delta.finish_word;
  delta_others_ = delta.others;
  end_others_ = event.others;
  usage_others_ = event.usage_others;
}

/// Follows the blocks of events that pass unchanged, to go on from there once one is edited.
void StreamRenderer::anthropic_track(const ChatEvent& event) {
  started_ = true;
  if (event.raw_event == "content_block_start") {
    ++block_index_;
    block_ = Block::unknown;
    open_tool_ = -1;
  } else if (event.raw_event == "content_block_stop") {
    block_ = Block::none;
  } else if (event.raw_event == "message_delta") {
    delta_sent_ = true;
  }
  for (const ChoiceDelta& delta : event.choices) {
    if (!delta.tool_calls.empty()) {
      block_ = Block::tool;
      open_tool_ = delta.tool_calls.back().index;
    } else if (!delta.text.empty()) {
      block_ = Block::text;
    } else if (!delta.thinking.empty() || !delta.thinking_signature.empty()) {
      block_ = Block::thinking;
    }
  }
}

void StreamRenderer::anthropic_start(const Usage* usage, const ChatEvent* event, std::string& out) {
  started_ = true;
  Usage start;
  start.input = target_.estimated_input_tokens;
  if (usage != nullptr && usage->input > 0) start = *usage;
  std::string data = R"({"type":"message_start","message":)";
  ListWriter message(data, '{');
  message.text("id", target_.id);
  message.text("type", "message");
  message.text("role", "assistant");
  message.text("model", target_.model);
  message.raw("content", "[]");
  message.raw("stop_reason", "null");
  message.raw("stop_sequence", "null");
  if (event != nullptr) append_others(event->others, data);
  append_anthropic_usage(message.name("usage"), start,
                         event != nullptr ? event->usage_others : UsageOthers{});
  message.close('}');
  data.push_back('}');
  append_sse(out, "message_start", data);
}

void StreamRenderer::open_block(Block kind, std::string_view content, std::string& out) {
  close_block(out);
  block_ = kind;
  ++block_index_;
  std::string data = R"({"type":"content_block_start","index":)";
  append_number(data, block_index_);
  data.append(",\"content_block\":").append(content).push_back('}');
  append_sse(out, "content_block_start", data);
}

void StreamRenderer::close_block(std::string& out) {
  if (block_ == Block::none) return;
  block_ = Block::none;
  open_tool_ = -1;
  std::string data = R"({"type":"content_block_stop","index":)";
  append_number(data, block_index_);
  data.push_back('}');
  append_sse(out, "content_block_stop", data);
}

void StreamRenderer::need_block(Block kind, std::string& out) {
  if (block_ == Block::unknown) block_ = kind;  // began unchanged; this is what it holds
  if (block_ == kind) return;
  open_block(kind,
             kind == Block::text ? R"({"type":"text","text":""})"
                                 : R"({"type":"thinking","thinking":"","signature":""})",
             out);
}

void StreamRenderer::begin_delta(std::string& out) const {
  out.append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
  append_number(out, block_index_);
  out.append(",\"delta\":");
}

void StreamRenderer::block_delta(std::string_view type, std::string_view field,
                                 std::string_view text, std::string& out) const {
  begin_delta(out);
  out.append("{\"type\":\"").append(type).append("\",\"").append(field).append("\":");
  json::append_string(out, text);
  out.append("}}\n\n");
}

void StreamRenderer::anthropic_delta(const ChoiceDelta& delta, std::string& out) {
  if (block_ != Block::tool) {
    anthropic_content(delta, out);
  } else if (has_content(delta)) {
    waiting_.push_back(delta);
    waiting_.back().tool_calls.clear();
  }
  for (const ToolCallDelta& call : delta.tool_calls) anthropic_tool(call, out);
  if (delta.finish_reason != FinishReason::none) {
    finish_reason_ = delta.finish_reason;
    stop_sequence_ = delta.stop_sequence;
  }
}

void StreamRenderer::anthropic_content(const ChoiceDelta& delta, std::string& out) {
  if (!delta.thinking.empty()) {
    need_block(Block::thinking, out);
    block_delta("thinking_delta", "thinking", delta.thinking, out);
  }
  if (!delta.thinking_signature.empty()) {
    need_block(Block::thinking, out);
    block_delta("signature_delta", "signature", delta.thinking_signature, out);
    close_block(out);  // nothing of this thought can follow its signature
  }
  if (!delta.redacted_thinking.empty()) {
    Part part;
    part.kind = Part::Kind::redacted_thinking;
    part.signature = delta.redacted_thinking;
    std::string block;
    append_thinking_block(block, part);
    open_block(Block::thinking, block, out);
    close_block(out);
  }
  for (const std::string* text : {&delta.text, &delta.refusal}) {
    if (text->empty()) continue;
    need_block(Block::text, out);
    block_delta("text_delta", "text", *text, out);
  }
}

void StreamRenderer::anthropic_tool(const ToolCallDelta& call, std::string& out) {
  if (block_ == Block::tool && open_tool_ != call.index) {
    for (ChoiceDelta& waiting : waiting_) {
      if (waiting.tool_calls.empty() || waiting.tool_calls.front().index != call.index) continue;
      waiting.tool_calls.front().arguments += call.arguments;
      return;
    }
    waiting_.emplace_back().tool_calls.push_back(call);
    return;
  }
  if (block_ != Block::tool) {
    // A piece whose call has no block any more: in a new one it would be a call without a name.
    if (call.id.empty() && call.name.empty()) return;
    ToolCall start;
    start.id = call.id;
    start.name = call.name;
    start.extra = call.extra;
    std::string block;
    append_tool_use_block(block, start, same_dialect_);
    open_block(Block::tool, block, out);
    open_tool_ = call.index;
  }
  if (!call.arguments.empty()) block_delta("input_json_delta", "partial_json", call.arguments, out);
}

void StreamRenderer::anthropic_foreign(const ForeignPiece& piece, std::string& out) {
  using Kind = ForeignPiece::Kind;
  if (piece.kind == Kind::none) return;
  if (piece.kind == Kind::block) {
    end_call(out);
    open_block(Block::foreign, piece.json, out);
    return;
  }
  if (piece.kind == Kind::citation) need_block(Block::text, out);
  const bool own = block_ == Block::foreign || block_ == Block::unknown;
  if (piece.kind == Kind::end) {
    if (own && !piece.json.empty()) {
      block_delta("input_json_delta", "partial_json", piece.json, out);
    }
    if (own || block_ == Block::text) close_block(out);
  } else if (own || piece.kind == Kind::citation) {
    begin_delta(out);
    out.append(piece.json).append("}\n\n");
  }
}

/// What came while the call's block was open follows it.
void StreamRenderer::end_call(std::string& out) {
  if (block_ != Block::tool) return;
  close_block(out);
  const std::vector<ChoiceDelta> waiting = std::exchange(waiting_, {});
  for (const ChoiceDelta& delta : waiting) {
    anthropic_delta(delta, out);
    if (block_ == Block::tool) close_block(out);
  }
}

void StreamRenderer::anthropic_finish(const Usage& usage, std::string& out) {
  if (!started_) anthropic_start(&usage, nullptr, out);
  end_call(out);
  close_block(out);
  if (!delta_sent_) {
    const FinishReason reason =
        finish_reason_ == FinishReason::none ? FinishReason::stop : finish_reason_;
    std::string data = R"({"type":"message_delta","delta":)";
    ListWriter delta(data, '{');
    delta.text("stop_reason", finish_word_.empty() ? anthropic_stop_reason(reason)
                                                   : std::string_view(finish_word_));
    if (stop_sequence_.empty()) {
      delta.raw("stop_sequence", "null");
    } else {
      delta.text("stop_sequence", stop_sequence_);
    }
    append_others(delta_others_, data);
    delta.close('}');
    data.append(",\"usage\":");
    append_anthropic_usage(data, usage, usage_others_);
    append_others(end_others_, data);
    data.push_back('}');
    append_sse(out, "message_delta", data);
  }
  append_sse(out, "message_stop", R"({"type":"message_stop"})");
}

}  // namespace gatehouse::api
