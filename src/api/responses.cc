#include "api/responses.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "api/base64.h"
#include "api/json_out.h"

// Answers other than chats.
namespace gatehouse::api {
namespace {

void append_floats(std::string& out, const std::vector<float>& values, bool base64) {
  if (base64) {
    static_assert(std::endian::native == std::endian::little, "the wire format is little-endian");
    out.push_back('"');
    append_base64(out, std::string_view(reinterpret_cast<const char*>(values.data()),
                                        values.size() * sizeof(float)));
    out.push_back('"');
    return;
  }
  ListWriter list(out, '[');
  for (const float value : values) append_number(list.item(), value);
  list.close(']');
}

std::string rfc3339(int64_t unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  if (gmtime_r(&time, &utc) == nullptr) return "1970-01-01T00:00:00Z";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
}

void append_model(std::string& out, const ModelEntry& model, Dialect dialect) {
  ListWriter object(out, '{');
  if (dialect == Dialect::anthropic) {
    object.text("type", "model");
    object.text("id", model.id);
    object.text("display_name", model.id);
    object.text("created_at", rfc3339(model.created));
  } else {
    object.text("id", model.id);
    object.text("object", "model");
    object.number("created", model.created);
    object.text("owned_by", model.owned_by);
  }
  object.close('}');
}

/// All of OpenAI's categories in their order, then the others.
std::vector<ModerationResult::Category> in_order(const ModerationResult& result) {
  std::vector<ModerationResult::Category> all;
  for (const std::string_view name : kModerationCategories) {
    const auto found = std::find_if(result.categories.begin(), result.categories.end(),
                                    [&](const auto& category) { return category.name == name; });
    all.push_back(found == result.categories.end()
                      ? ModerationResult::Category{std::string(name), false, 0}
                      : *found);
  }
  for (const auto& category : result.categories) {
    const bool known = std::find(kModerationCategories.begin(), kModerationCategories.end(),
                                 category.name) != kModerationCategories.end();
    if (!known) all.push_back(category);
  }
  return all;
}

void append_moderation(std::string& out, const ModerationResult& result) {
  const auto categories = in_order(result);
  const bool flagged = std::any_of(categories.begin(), categories.end(),
                                   [](const auto& category) { return category.flagged; });
  ListWriter object(out, '{');
  object.boolean("flagged", flagged);
  ListWriter flags(object.name("categories"), '{');
  for (const auto& category : categories) {
    json::append_string(flags.item(), category.name);
    out.append(category.flagged ? ":true" : ":false");
  }
  flags.close('}');
  ListWriter scores(object.name("category_scores"), '{');
  for (const auto& category : categories) {
    json::append_string(scores.item(), category.name);
    out.push_back(':');
    append_number(out, category.score);
  }
  scores.close('}');
  ListWriter types(object.name("category_applied_input_types"), '{');
  for (const auto& category : categories) {
    json::append_string(types.item(), category.name);
    out.append(":[\"text\"]");  // images are not looked at
  }
  types.close('}');
  object.close('}');
}

}  // namespace

std::string render_embeddings(const EmbeddingResponse& response, bool base64) {
  std::string out;
  const size_t dimensions = response.embeddings.empty() ? 0 : response.embeddings.front().size();
  out.reserve(128 + response.embeddings.size() * (dimensions * (base64 ? 6 : 13) + 64));
  ListWriter body(out, '{');
  body.text("object", "list");
  ListWriter data(body.name("data"), '[');
  for (size_t i = 0; i < response.embeddings.size(); ++i) {
    ListWriter item(data.item(), '{');
    item.text("object", "embedding");
    item.number("index", i);
    append_floats(item.name("embedding"), response.embeddings[i], base64);
    item.close('}');
  }
  data.close(']');
  body.text("model", response.model);
  ListWriter usage(body.name("usage"), '{');
  usage.number("prompt_tokens", response.usage.input);
  usage.number("total_tokens", response.usage.input);
  usage.close('}');
  body.close('}');
  return out;
}

std::string render_models(const ModelsPage& page, Dialect dialect) {
  const std::vector<ModelEntry>& models = page.models;
  std::string out;
  ListWriter body(out, '{');
  if (dialect == Dialect::openai) body.text("object", "list");
  ListWriter data(body.name("data"), '[');
  for (const ModelEntry& model : models) append_model(data.item(), model, dialect);
  data.close(']');
  if (dialect == Dialect::anthropic) {
    body.boolean("has_more", page.has_more);
    if (models.empty()) {
      body.raw("first_id", "null");
      body.raw("last_id", "null");
    } else {
      body.text("first_id", models.front().id);
      body.text("last_id", models.back().id);
    }
  }
  body.close('}');
  return out;
}

std::string render_model(const ModelEntry& model, Dialect dialect) {
  std::string out;
  append_model(out, model, dialect);
  return out;
}

std::string render_token_count(int64_t input_tokens) {
  return fmt::format("{{\"input_tokens\":{}}}", input_tokens);
}

std::string render_moderations(std::string_view id, std::string_view model,
                               const std::vector<ModerationResult>& results) {
  std::string out;
  ListWriter body(out, '{');
  body.text("id", id);
  body.text("model", model);
  ListWriter list(body.name("results"), '[');
  for (const ModerationResult& result : results) append_moderation(list.item(), result);
  list.close(']');
  body.close('}');
  return out;
}

}  // namespace gatehouse::api
