#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "api/answer_reader.h"
#include "api/base64.h"
#include "api/upstream.h"

// Embeddings and token counts of upstreams.
namespace gatehouse::api {
namespace {

constexpr size_t kMaxDimensions = 65'536;

bool read_vector(const json::Element& element, std::vector<float>& out) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) {
    std::string bytes;
    if (!decode_base64(text, bytes) || bytes.size() % sizeof(float) != 0) return false;
    if (bytes.size() / sizeof(float) > kMaxDimensions) return false;
    out.resize(bytes.size() / sizeof(float));
    if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  } else {
    json::Array items;
    if (element.get(items) != simdjson::SUCCESS || items.size() > kMaxDimensions) return false;
    out.reserve(items.size());
    for (const json::Element item : items) {
      double value = 0;
      if (item.get(value) != simdjson::SUCCESS) return false;
      out.push_back(static_cast<float>(value));
    }
  }
  return !out.empty() &&
         std::all_of(out.begin(), out.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

Result<EmbeddingResponse> parse_embeddings(std::string body, size_t expected) {
  const auto parsed = json::thread_parser().parse(body);
  if (!parsed) return refuse(upstream_broken("upstream_invalid_json", parsed.error().message));
  const auto broken = [](std::string reason) {
    return refuse(upstream_broken("upstream_invalid_answer", std::move(reason)));
  };
  json::Object root;
  if (parsed->get(root) != simdjson::SUCCESS) return broken("the answer is not an object");
  if (const auto error = member(root, "error")) return refuse(upstream_told_error(*error));
  const auto data = array_of(root, "data");
  if (!data) return broken("the answer has no data");
  if (data->size() != expected) {
    return broken(fmt::format("{} embeddings for {} inputs", data->size(), expected));
  }
  EmbeddingResponse out;
  out.model = text_of(root, "model");
  out.embeddings.resize(expected);
  size_t position = 0;
  for (const json::Element item : *data) {
    json::Object object;
    if (item.get(object) != simdjson::SUCCESS) return broken("an embedding is not an object");
    const size_t index =
        member(object, "index") ? static_cast<size_t>(count_of(object, "index")) : position;
    const auto vector = member(object, "embedding");
    const bool fresh = index < expected && out.embeddings[index].empty();
    if (!fresh || !vector || !read_vector(*vector, out.embeddings[index])) {
      return broken("an embedding is missing or malformed");
    }
    ++position;
  }
  for (const auto& vector : out.embeddings) {
    if (vector.size() != out.embeddings[0].size()) return broken("embeddings differ in length");
  }
  if (const auto usage = object_of(root, "usage")) {
    out.usage.input = std::max(count_of(*usage, "prompt_tokens"), count_of(*usage, "total_tokens"));
  } else {
    out.usage.estimated = true;
  }
  return out;
}

Result<int64_t> parse_token_count(std::string body) {
  const auto parsed = json::thread_parser().parse(body);
  json::Object root;
  if (!parsed || parsed->get(root) != simdjson::SUCCESS || !member(root, "input_tokens")) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer has no input_tokens"));
  }
  return count_of(root, "input_tokens");
}

}  // namespace gatehouse::api
