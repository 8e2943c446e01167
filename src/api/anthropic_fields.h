#pragma once

#include <string>
#include <vector>

#include "api/openai_fields.h"

/// The pieces of Anthropic's request parsers. Internal to the layer.
namespace gatehouse::api {

/// The content of one message; appends more than one message if there are tool results in it.
bool read_anthropic_turn(Reader& reader, const Path& path, const json::Element& element, Role role,
                         std::vector<Message>& out);

/// A string or blocks without tools: the system prompt, a tool's result.
bool read_anthropic_blocks(Reader& reader, const Path& path, const json::Element& element,
                           Message& out);

bool read_anthropic_tools(Reader& reader, const Path& path, const json::Element& element,
                          std::vector<Tool>& out);
/// Sets `parallel` if the choice forbids parallel calls.
bool read_anthropic_tool_choice(Reader& reader, const Path& path, const json::Element& element,
                                ToolChoice& out, std::optional<bool>& parallel);

}  // namespace gatehouse::api
