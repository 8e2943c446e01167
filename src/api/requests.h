#pragma once

#include <cstddef>
#include <string>

#include "api/chat.h"
#include "core/result.h"

/// What clients send, read once into native types. Each function takes the whole body, keeps it in
/// `body` of what it returns (its bytes pass on unchanged to an upstream of the same dialect), and
/// refuses with kind `invalid_request`, a `param` that is the path of the field at fault
/// ("messages[0].role") and OpenAI's codes: "invalid_json", "missing_required_parameter",
/// "invalid_type", "invalid_value", "integer_above_max_value", "empty_array", …
///
/// Two things are stricter than what upstreams do, because the firewall must see what the upstream
/// will see: a name that occurs twice in one object is refused (parsers differ in which one wins),
/// and so is a known name in another letter case (some parsers take it for the known one).
///
/// Thread-safe; synchronous; about 1 us for a body of 1 KB. The bodies' size is bounded by the
/// HTTP server, their depth by `json::kMaxDepth`, their lists by the limits below.
namespace gatehouse::api {

struct RequestLimits {
  static constexpr size_t kMessages = 10'000;
  static constexpr size_t kParts = 2'048;      // of one message
  static constexpr size_t kToolCalls = 1'024;  // of one message
  static constexpr size_t kTools = 1'024;
  static constexpr size_t kStop = 64;               // sequences
  static constexpr size_t kStopBytes = 1'024;       // of one sequence
  static constexpr size_t kPrompts = 2'048;         // of a text completion or an embedding
  static constexpr size_t kPromptTokens = 300'000;  // of one token list
  static constexpr size_t kLogitBias = 1'024;
  static constexpr size_t kMetadata = 16;
  static constexpr size_t kMetadataKeyBytes = 64;
  static constexpr size_t kMetadataValueBytes = 512;
  static constexpr size_t kNameBytes = 256;  // of models, tools, participants, users
  static constexpr int kChoices = 128;
  static constexpr int kTopLogprobs = 20;
  static constexpr size_t kExtra = 64;  // top-level fields that are not known
};

/// POST /v1/chat/completions. `functions` and `function_call`, the form before tools, become tools.
Result<ChatRequest> parse_openai_chat(std::string body);

/// POST /v1/completions.
Result<ChatRequest> parse_openai_completion(std::string body);

/// POST /v1/embeddings.
Result<EmbeddingRequest> parse_openai_embedding(std::string body);

/// POST /v1/moderations.
Result<ModerationRequest> parse_openai_moderation(std::string body);

/// POST /v1/messages. The system prompt becomes the first message; tool results become messages of
/// role `tool`, in order, with `continues` set where they shared a message.
Result<ChatRequest> parse_anthropic_messages(std::string body);

/// POST /v1/messages/count_tokens: the same, without `max_tokens` and streaming.
Result<ChatRequest> parse_anthropic_count_tokens(std::string body);

}  // namespace gatehouse::api
