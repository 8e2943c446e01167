#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"

/// Pieces that whole answers, streams and requests write alike. Internal to the layer.
namespace gatehouse::api {

class ListWriter;

/// OpenAI's word for the reason, `null` while there is none; `function_call` before tools. `own` is
/// that of an upstream of the dialect, or empty.
void append_openai_finish(std::string& out, FinishReason reason, bool legacy_functions,
                          std::string_view own);

/// Appends to an object that has members what an upstream of its dialect said besides.
void append_others(const Others& others, std::string& out);
/// The same for `unknown` alone, of any object.
void append_unknown(std::string_view unknown, ListWriter& object);

/// [{"id","type":"function","function":{"name","arguments"}}], with what else the calls hold if
/// they come from the same dialect.
void append_openai_tool_calls(std::string& out, const std::vector<ToolCall>& calls,
                              bool same_dialect);

/// `text` if it is a JSON object, compact and free of line breaks; otherwise an object that holds
/// it as a string, so that what a model wrote is never lost.
void append_json_object(std::string& out, std::string_view text);

/// An Anthropic content block of type thinking or redacted_thinking.
void append_thinking_block(std::string& out, const Part& part);

/// An Anthropic content block of type tool_use, likewise.
void append_tool_use_block(std::string& out, const ToolCall& call, bool same_dialect);

}  // namespace gatehouse::api
