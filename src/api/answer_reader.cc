#include "api/answer_reader.h"

#include <algorithm>
#include <initializer_list>

#include "api/unread.h"
#include "api/upstream.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"

namespace gatehouse::api {
namespace {

void append_all_but(std::initializer_list<std::string_view> native, const json::Object& object,
                    std::string& out) {
  for (const auto& field : object) {
    const bool known = std::find(native.begin(), native.end(), field.key) != native.end();
    if (known || field.value.is_null()) continue;
    out.push_back(',');
    json::append_string(out, field.key);
    out.append(":").append(json::raw(field.value));
  }
}

/// Nobody reads it: it must be no more than a word.
void keep_word(std::string_view word, std::string& own) {
  constexpr size_t kLongest = 40;
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
  if (plain && word.size() <= kLongest) own = word;
}

}  // namespace

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
  if (!element) return;
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

UsageOthers read_openai_usage_others(const json::Object& object) {
  UsageOthers others;
  const auto details = [&](std::string_view name, std::string_view native, std::string& out) {
    if (const auto told = object_of(object, name)) append_all_but({native}, *told, out);
  };
  details("prompt_tokens_details", "cached_tokens", others.input_details);
  details("completion_tokens_details", "reasoning_tokens", others.output_details);
  append_all_but({"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details",
                  "completion_tokens_details"},
                 object, others.members);
  return others;
}

UsageOthers read_anthropic_usage_others(const json::Object& object) {
  UsageOthers others;
  append_all_but(
      {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"},
      object, others.members);
  return others;
}

FinishReason read_openai_finish(std::string_view word, std::string& own) {
  if (word.empty()) return FinishReason::none;
  if (word == "length" || word == "max_tokens") return FinishReason::length;
  if (word == "tool_calls" || word == "function_call") return FinishReason::tool_calls;
  if (word == "content_filter") return FinishReason::content_filter;
  if (word != "stop") keep_word(word, own);
  return FinishReason::stop;
}

FinishReason read_anthropic_stop(std::string_view word, std::string& own) {
  if (word.empty()) return FinishReason::none;
  if (word == "max_tokens") return FinishReason::length;
  if (word == "tool_use") return FinishReason::tool_calls;
  if (word == "stop_sequence") return FinishReason::stop_sequence;
  if (word == "refusal") return FinishReason::refusal;
  if (word == "pause_turn") return FinishReason::pause;
  if (word != "end_turn") keep_word(word, own);
  return word == "model_context_window_exceeded" ? FinishReason::length : FinishReason::stop;
}

std::string make_call_id() {
  return make_id("call_", Clock::system(), Random::system());
}

}  // namespace gatehouse::api
