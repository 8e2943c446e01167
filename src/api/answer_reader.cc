#include "api/answer_reader.h"

#include <algorithm>

#include "api/unread.h"
#include "api/upstream.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"

namespace gatehouse::api {

std::optional<json::Element> member(const json::Object& object, std::string_view name) {
  json::Element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

std::string_view text_of(const json::Object& object, std::string_view name) {
  std::string_view text;
  if (object.at_key(name).get(text) != simdjson::SUCCESS) return {};
  return text;
}

int64_t count_of(const json::Object& object, std::string_view name) {
  int64_t value = 0;
  if (object.at_key(name).get(value) != simdjson::SUCCESS) return 0;
  return std::clamp<int64_t>(value, 0, 1'000'000'000);
}

std::optional<json::Object> object_of(const json::Object& object, std::string_view name) {
  json::Object value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<json::Array> array_of(const json::Object& object, std::string_view name) {
  json::Array value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

Refusal upstream_broken(std::string_view code, std::string reason) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.layer = Layer::inference;
  refusal.code = code;
  refusal.message = "The upstream's answer could not be understood.";
  refusal.reason = std::move(reason);
  return refusal;
}

Usage read_openai_usage(const json::Object& object, bool& whole) {
  Usage usage;
  usage.input = count_of(object, "prompt_tokens");
  const int64_t total = count_of(object, "total_tokens");
  if (member(object, "completion_tokens")) {
    usage.output = count_of(object, "completion_tokens");
  } else {
    whole = false;
    usage.output = std::max<int64_t>(0, total - usage.input);
  }
  if (const auto details = object_of(object, "prompt_tokens_details")) {
    usage.cached_input = count_of(*details, "cached_tokens");
  } else {
    usage.cached_input = count_of(object, "prompt_cache_hit_tokens");
  }
  usage.cached_input = std::min(usage.cached_input, usage.input);
  if (const auto details = object_of(object, "completion_tokens_details")) {
    usage.reasoning = std::min(count_of(*details, "reasoning_tokens"), usage.output);
  }
  return usage;
}

void read_anthropic_usage(const json::Object& object, Usage& usage) {
  const auto take = [&](std::string_view name, int64_t& count) {
    if (member(object, name)) count = count_of(object, name);
  };
  int64_t plain = usage.input - usage.cached_input - usage.cache_write_input;
  int64_t told = plain;
  take("input_tokens", told);
  if (told > 0) plain = told;  // some servers say 0 again in a stream's last event
  take("cache_read_input_tokens", usage.cached_input);
  take("cache_creation_input_tokens", usage.cache_write_input);
  take("output_tokens", usage.output);
  usage.input = plain + usage.cached_input + usage.cache_write_input;
}

void append_member(const json::Object& object, std::string_view name, std::string& out) {
  const auto element = member(object, name);
  if (!element || !element->is_object()) return;
  out.append(",\"").append(name).append("\":").append(json::raw(*element));
}

std::string_view read_openai_reasoning(const json::Object& message, std::string& unread) {
  const std::string_view content = text_of(message, "reasoning_content");
  const std::string_view reasoning = text_of(message, "reasoning");
  if (content.empty()) return reasoning;
  if (!reasoning.empty() && reasoning != content) {
    append_unread({}, *member(message, "reasoning"), unread);
  }
  return content;
}

FinishReason read_openai_finish(std::string_view reason) {
  if (reason.empty()) return FinishReason::none;
  if (reason == "length" || reason == "max_tokens") return FinishReason::length;
  if (reason == "tool_calls" || reason == "function_call") return FinishReason::tool_calls;
  if (reason == "content_filter") return FinishReason::content_filter;
  return FinishReason::stop;
}

FinishReason read_anthropic_stop(std::string_view reason) {
  if (reason.empty()) return FinishReason::none;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
    return FinishReason::length;
  }
  if (reason == "tool_use") return FinishReason::tool_calls;
  if (reason == "stop_sequence") return FinishReason::stop_sequence;
  if (reason == "refusal") return FinishReason::refusal;
  if (reason == "pause_turn") return FinishReason::pause;
  return FinishReason::stop;
}

std::string make_call_id() {
  return make_id("call_", Clock::system(), Random::system());
}

}  // namespace gatehouse::api
