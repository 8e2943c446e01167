#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "api/answer_reader.h"
#include "api/base64.h"
#include "api/upstream.h"

// Embeddings, token counts and errors of upstreams.
namespace gatehouse::api {
namespace {

constexpr size_t kMaxDimensions = 65'536;
constexpr size_t kShownBytes = 500;

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

/// What the upstream says is wrong, from the shapes that are in use.
struct ToldError {
  std::string message, code, param, type;
};

ToldError read_error(std::string& body) {
  ToldError told;
  const auto parsed = json::thread_parser().parse(body);
  json::Object root;
  if (!parsed || parsed->get(root) != simdjson::SUCCESS) return told;
  const auto error = member(root, "error");
  std::string_view text;
  json::Object object = root;
  if (error && error->get(text) == simdjson::SUCCESS) {
    told.message = text;
    return told;
  }
  if (error && error->get(object) != simdjson::SUCCESS) return told;
  told.message = text_of(object, "message");
  if (told.message.empty()) told.message = text_of(object, "detail");
  told.code = text_of(object, "code");
  told.param = text_of(object, "param");
  told.type = text_of(object, "type");
  return told;
}

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '*' || c == '.';
}

/// Providers quote the key that they refuse, in part or in whole.
std::string without_credentials(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const bool boundary = i == 0 || !is_token_character(text[i - 1]);
    const std::string_view rest = text.substr(i);
    size_t start = 0;
    for (const std::string_view prefix : {"sk-", "sk_", "gh_", "Bearer ", "bearer "}) {
      if (boundary && rest.starts_with(prefix)) start = prefix.size();
    }
    if (start == 0) {
      out.push_back(text[i++]);
      continue;
    }
    size_t end = start;
    while (end < rest.size() && is_token_character(rest[end])) ++end;
    out.append("[credential]");
    i += end;
  }
  return out;
}

std::string shortened(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
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

Refusal upstream_refusal(int status, std::string body, std::string_view upstream) {
  ToldError told = read_error(body);
  const std::string message = shortened(without_credentials(told.message));
  Refusal refusal;
  refusal.layer = Layer::inference;
  refusal.kind = ErrorKind::upstream_error;
  refusal.code = "upstream_error";
  refusal.message = fmt::format("The upstream '{}' failed.", upstream);
  refusal.reason = fmt::format("{}: status {}: {}", upstream, status, message);
  const auto passed_on = [&](ErrorKind kind, std::string_view code) {
    refusal.kind = kind;
    refusal.code = told.code.empty() ? std::string(code) : shortened(told.code);
    refusal.param = shortened(told.param);
    refusal.message =
        message.empty() ? fmt::format("The upstream '{}' refused the request.", upstream) : message;
  };
  switch (status) {
    case 400:
    case 422:
      passed_on(ErrorKind::invalid_request, "upstream_refused");
      break;
    case 404:
      passed_on(ErrorKind::not_found, "model_not_found");
      break;
    case 409:
      passed_on(ErrorKind::conflict, "conflict");
      break;
    case 413:
      passed_on(ErrorKind::too_large, "request_too_large");
      break;
    case 401:
    case 403:
      refusal.code = "upstream_credentials";
      refusal.message = fmt::format(
          "The upstream '{}' did not accept the credentials of this gateway.", upstream);
      break;
    case 408:
    case 504:
      refusal.kind = ErrorKind::upstream_timeout;
      refusal.code = "upstream_timeout";
      break;
    case 429:
      refusal.kind = ErrorKind::rate_limited;
      refusal.code = "upstream_rate_limited";
      refusal.message = fmt::format("The upstream '{}' allows no more requests now.", upstream);
      if (told.code == "insufficient_quota" || told.type == "insufficient_quota") {
        refusal.kind = ErrorKind::upstream_error;  // waiting will not help
        refusal.code = "upstream_quota";
      }
      break;
    case 503:
    case 529:
      refusal.kind = ErrorKind::unavailable;
      refusal.code = "upstream_overloaded";
      refusal.message = fmt::format("The upstream '{}' is overloaded.", upstream);
      break;
    default:
      break;
  }
  return refusal;
}

}  // namespace gatehouse::api
