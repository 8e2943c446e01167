#pragma once

#include <string>

#include "api/chat.h"
#include "api/request_out.h"
#include "core/result.h"

namespace gatehouse::api {

/// The `messages` of a request for a server of OpenAI's dialect. Internal to the layer.
Result<void> write_openai_messages(const ChatRequest& request, std::string& out,
                                   Warnings& warnings);

/// The same for Anthropic's: the system prompt apart, turns joined where its rules want that.
struct AnthropicMessages {
  std::string system;  // JSON; empty if there is none
  std::string messages;
};
Result<AnthropicMessages> write_anthropic_messages(const ChatRequest& request, Warnings& warnings);

}  // namespace gatehouse::api
