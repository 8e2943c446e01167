#include "api/chat.h"

namespace gatehouse::api {

std::string_view to_string(Dialect dialect) {
  return dialect == Dialect::openai ? "openai" : "anthropic";
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::developer:
      return "developer";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
  }
  return "user";
}

std::string_view openai_finish_reason(FinishReason reason) {
  switch (reason) {
    case FinishReason::none:
      return "";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
    case FinishReason::refusal:
      return "content_filter";
    case FinishReason::stop:
    case FinishReason::stop_sequence:
    case FinishReason::pause:
      return "stop";
  }
  return "stop";
}

std::string_view anthropic_stop_reason(FinishReason reason) {
  switch (reason) {
    case FinishReason::none:
      return "";
    case FinishReason::length:
      return "max_tokens";
    case FinishReason::tool_calls:
      return "tool_use";
    case FinishReason::content_filter:
    case FinishReason::refusal:
      return "refusal";
    case FinishReason::stop_sequence:
      return "stop_sequence";
    case FinishReason::pause:
      return "pause_turn";
    case FinishReason::stop:
      return "end_turn";
  }
  return "end_turn";
}

std::string Message::text() const {
  std::string joined;
  for (const Part& part : parts) {
    if (part.kind != Part::Kind::text) continue;
    if (!joined.empty()) joined.push_back('\n');
    joined.append(part.text);
  }
  return joined;
}

}  // namespace gatehouse::api
