#include "api/openai_out.h"

#include "api/json_out.h"

namespace gatehouse::api {
namespace {

/// The members of an object that has some.
std::string_view inside(std::string_view object) {
  return object.substr(1, object.size() - 2);
}

}  // namespace

void append_openai_finish(std::string& out, FinishReason reason, bool legacy_functions,
                          std::string_view own) {
  if (reason == FinishReason::none) {
    out.append("null");
    return;
  }
  const bool function = legacy_functions && reason == FinishReason::tool_calls;
  out.push_back('"');
  if (!own.empty()) {
    out.append(own);
  } else {
    out.append(function ? "function_call" : openai_finish_reason(reason));
  }
  out.push_back('"');
}

void append_others(const Others& others, std::string& out) {
  out.append(others.told);
  if (others.unknown.empty()) return;
  out.append(",").append(inside(others.unknown));
}

void append_unknown(std::string_view unknown, ListWriter& object) {
  if (!unknown.empty()) object.item().append(inside(unknown));
}

void append_openai_tool_calls(std::string& out, const std::vector<ToolCall>& calls,
                              bool same_dialect) {
  ListWriter list(out, '[');
  for (const ToolCall& call : calls) {
    ListWriter item(list.item(), '{');
    const std::string_view type = call.custom ? "custom" : "function";
    item.text("id", call.id);
    item.text("type", type);
    ListWriter function(item.name(type), '{');
    function.text("name", call.name);
    function.text(call.custom ? "input" : "arguments", call.arguments);
    if (same_dialect) append_unknown(call.function_extra, function);
    function.close('}');
    if (same_dialect) append_unknown(call.extra, item);
    item.close('}');
  }
  list.close(']');
}

void append_json_object(std::string& out, std::string_view text) {
  if (text.empty()) {
    out.append("{}");
    return;
  }
  const auto parsed = json::thread_parser().parse_copy(text);
  if (parsed && parsed->is_object()) {
    out.append(json::raw(*parsed));
    return;
  }
  ListWriter object(out, '{');
  json::append_untrusted_string(object.name("raw_arguments"), text);
  object.close('}');
}

void append_thinking_block(std::string& out, const Part& part) {
  ListWriter block(out, '{');
  if (part.kind == Part::Kind::redacted_thinking) {
    block.text("type", "redacted_thinking");
    block.text("data", part.signature);
  } else {
    block.text("type", "thinking");
    block.text("thinking", part.text);
    block.text("signature", part.signature);
  }
  block.close('}');
}

void append_tool_use_block(std::string& out, const ToolCall& call, bool same_dialect) {
  ListWriter block(out, '{');
  block.text("type", "tool_use");
  block.text("id", call.id);
  block.text("name", call.name);
  append_json_object(block.name("input"), call.arguments);
  if (same_dialect) append_unknown(call.extra, block);
  block.close('}');
}

}  // namespace gatehouse::api
