#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"

/// Whole answers, written in the dialect of the client. All of these return a JSON body.
namespace gatehouse::api {

/// The answer for whoever sent `request`: a chat.completion, a text_completion or a message. An
/// answer of the same dialect that nobody edited passes on as it came; `model` is the upstream's
/// own name for what answered, as OpenAI returns dated names.
std::string render_completion(const ChatCompletion& completion, const ChatRequest& request);

/// Embeddings as numbers, or as base64 of little-endian floats if `base64`.
std::string render_embeddings(const EmbeddingResponse& response, bool base64);

struct ModelEntry {
  std::string id;
  std::string owned_by;
  int64_t created = 0;  // Unix seconds
};
/// What one answer lists. OpenAI's lists all.
struct ModelsPage {
  std::vector<ModelEntry> models;
  bool has_more = false;  // in the direction that was asked for
};
/// GET /v1/models (the dialect is told by the client's `anthropic-version` header).
std::string render_models(const ModelsPage& page, Dialect dialect);
/// GET /v1/models/{id}.
std::string render_model(const ModelEntry& model, Dialect dialect);

/// {"input_tokens":N}
std::string render_token_count(int64_t input_tokens);

/// OpenAI's moderation categories, in their published order.
inline constexpr std::array<std::string_view, 13> kModerationCategories = {"harassment",
                                                                           "harassment/threatening",
                                                                           "hate",
                                                                           "hate/threatening",
                                                                           "illicit",
                                                                           "illicit/violent",
                                                                           "self-harm",
                                                                           "self-harm/instructions",
                                                                           "self-harm/intent",
                                                                           "sexual",
                                                                           "sexual/minors",
                                                                           "violence",
                                                                           "violence/graphic"};

struct ModerationResult {
  struct Category {
    std::string name;  // one of the above, or one of Gatehouse's own ("prompt_injection")
    bool flagged = false;
    double score = 0;  // 0 to 1
  };
  /// In any order. OpenAI's categories that are missing are answered with false and 0; others come
  /// after them.
  std::vector<Category> categories;
};
/// `flagged` of a result is true if any of its categories is.
std::string render_moderations(std::string_view id, std::string_view model,
                               const std::vector<ModerationResult>& results);

/// Appends OpenAI's usage object: cached and reasoning tokens are parts of the counts. `others` is
/// what an upstream of the dialect said besides.
void append_openai_usage(std::string& out, const Usage& usage, const UsageOthers& others);
/// Appends Anthropic's, where `input_tokens` excludes what was read from or written to a cache.
void append_anthropic_usage(std::string& out, const Usage& usage, const UsageOthers& others);

}  // namespace gatehouse::api
