#pragma once

#include <string>
#include <string_view>

#include "api/chat.h"
#include "core/result.h"

/// The whole-answer parsers of each dialect. Internal to the layer.
namespace gatehouse::api {

/// `chat` or the legacy text completion.
Result<ChatCompletion> read_openai_completion(std::string body, bool chat);
Result<ChatCompletion> read_anthropic_completion(std::string body, std::string_view answer_tool);

}  // namespace gatehouse::api
