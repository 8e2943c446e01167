#include "api/unread.h"

#include <algorithm>
#include <array>

#include "api/answer_reader.h"
#include "api/field_table.h"
#include "api/openai_fields.h"

namespace gatehouse::api {
namespace {

// What a reader takes of a member. Numbers, true, false and null hold nothing to read.
constexpr uint8_t kNothing = 0;
constexpr uint8_t kText = 1;
constexpr uint8_t kList = 2;
constexpr uint8_t kObject = 4;
constexpr uint8_t kAll = kText | kList | kObject;

struct Member {
  std::string_view name;
  uint8_t read = kText;
  bool kept = false;  // as it stands: it has no native form, and no model wrote it
};

template <size_t N>
struct Members {
  FieldTable<N> names;
  std::array<uint8_t, N> read;
  std::array<bool, N> kept;
};

template <size_t N>
consteval Members<N> members(const Member (&list)[N]) {
  std::array<std::string_view, N> names{};
  std::array<uint8_t, N> read{};
  std::array<bool, N> kept{};
  for (size_t i = 0; i < N; ++i) {
    names[i] = list[i].name;
    read[i] = list[i].read;
    kept[i] = list[i].kept;
  }
  return {FieldTable<N>(names), read, kept};
}

// Beside OpenAI's own: what Azure, Groq, OpenRouter and vLLM say of the answer, not in it.
constexpr auto kOpenAiRoot = members({{"id"},
                                      {"object"},
                                      {"created", kNothing},
                                      {"model"},
                                      {"choices", kList},
                                      {"usage", kAll},
                                      {"system_fingerprint"},
                                      {"service_tier"},
                                      {"obfuscation"},
                                      {"provider", kText, true},
                                      {"prompt_filter_results", kAll, true},
                                      {"x_groq", kAll, true}});
/// A choice, and what it holds its text in.
consteval auto choice_with(Member content) {
  return members({{"index", kNothing},
                  content,
                  {"finish_reason"},
                  {"logprobs", kAll},
                  {"content_filter_results", kAll, true},
                  {"native_finish_reason", kText, true},
                  {"stop_reason", kText, true}});
}
constexpr auto kChoice = choice_with({"message", kObject});
constexpr auto kDelta = choice_with({"delta", kObject});
constexpr auto kCompletion = choice_with({"text"});
constexpr auto kMessage = members({{"role"},
                                   {"content", kText | kList},
                                   {"refusal"},
                                   {"reasoning_content"},
                                   {"reasoning"},
                                   {"tool_calls", kList},
                                   {"function_call", kObject}});
constexpr auto kCall =
    members({{"id"}, {"index", kNothing}, {"type"}, {"function", kObject}, {"custom", kObject}});
constexpr auto kFunction = members({{"name"}, {"arguments"}});
constexpr auto kWholeFunction = members({{"name"}, {"arguments", kText | kObject}});
constexpr auto kCustom = members({{"name"}, {"input"}});
constexpr auto kTextPart = members({{"type"}, {"text"}});
constexpr auto kAnthropicText = members({{"type"}, {"text"}, {"citations", kList}});
constexpr auto kThinkingPart = members({{"type"}, {"thinking", kText | kList}});
constexpr auto kAnthropicRoot = members({{"id"},
                                         {"type"},
                                         {"role"},
                                         {"model"},
                                         {"content", kList},
                                         {"stop_reason"},
                                         {"stop_sequence"},
                                         {"usage", kAll},
                                         {"container", kAll},
                                         {"stop_details", kNothing},
                                         {"context_management", kAll, true}});
constexpr auto kAnthropicEnd =
    members({{"type"}, {"delta", kObject}, {"usage", kAll}, {"context_management", kAll, true}});
constexpr auto kAnthropicEndDelta =
    members({{"stop_reason"}, {"stop_sequence"}, {"container", kAll, true}});
constexpr auto kThinkingBlock = members({{"type"}, {"thinking"}, {"signature"}});
constexpr auto kRedactedBlock = members({{"type"}, {"data"}});
constexpr auto kToolUse = members({{"type"}, {"id"}, {"name"}, {"input", kAll}, {"caller", kAll}});

uint8_t kind_of(const json::Element& element) {
  if (element.is_string()) return kText;
  if (element.is_array()) return kList;
  return element.is_object() ? kObject : kNothing;
}

/// `others` may be null.
template <size_t N>
void scan(const json::Object& object, const Members<N>& known, Others* others, std::string& out) {
  uint64_t seen = 0;
  for (const auto& field : object) {
    const uint8_t kind = kind_of(field.value);
    const int found = known.names.find(field.key);
    if (found >= 0) {
      const auto at = static_cast<size_t>(found);
      const uint64_t bit = uint64_t{1} << at;
      // A reader takes the first of a name, a client perhaps the last.
      const bool first = (seen & bit) == 0;
      seen |= bit;
      if (first && (kind & ~known.read[at]) == 0) {
        if (others && known.kept[at]) append_member(object, field.key, others->told);
        continue;
      }
    } else if (others && !field.value.is_null()) {
      keep_member(field.key, field.value, others->unknown);
    }
    if (kind != kNothing) append_unread(field.key, field.value, out);
  }
}

bool is_base64(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '-' || c == '_' || c == '=';
  });
}

void scan(const json::Object& object, AnswerPart part, Others* others, std::string& out) {
  switch (part) {
    case AnswerPart::openai_root:
      return scan(object, kOpenAiRoot, others, out);
    case AnswerPart::openai_choice:
      return scan(object, kChoice, others, out);
    case AnswerPart::openai_delta:
      return scan(object, kDelta, others, out);
    case AnswerPart::openai_completion:
      return scan(object, kCompletion, others, out);
    case AnswerPart::openai_message:
      return scan(object, kMessage, others, out);
    case AnswerPart::openai_call:
      return scan(object, kCall, others, out);
    case AnswerPart::openai_function:
      return scan(object, kFunction, others, out);
    case AnswerPart::openai_whole_function:
      return scan(object, kWholeFunction, others, out);
    case AnswerPart::openai_custom:
      return scan(object, kCustom, others, out);
    case AnswerPart::text_part:
      return scan(object, kTextPart, others, out);
    case AnswerPart::anthropic_text:
      return scan(object, kAnthropicText, others, out);
    case AnswerPart::thinking_part:
      return scan(object, kThinkingPart, others, out);
    case AnswerPart::anthropic_root:
      return scan(object, kAnthropicRoot, others, out);
    case AnswerPart::anthropic_end:
      return scan(object, kAnthropicEnd, others, out);
    case AnswerPart::anthropic_end_delta:
      return scan(object, kAnthropicEndDelta, others, out);
    case AnswerPart::anthropic_thinking:
      return scan(object, kThinkingBlock, others, out);
    case AnswerPart::anthropic_redacted:
      return scan(object, kRedactedBlock, others, out);
    case AnswerPart::anthropic_tool_use:
      return scan(object, kToolUse, others, out);
  }
}

}  // namespace

bool is_opaque(std::string_view name, std::string_view text) {
  constexpr size_t kShortest = 64;
  constexpr size_t kLongestMediaType = 128;
  if (text.starts_with("data:")) {
    const size_t comma = text.substr(0, kLongestMediaType).find(";base64,");
    if (comma == std::string_view::npos) return false;
    text.remove_prefix(comma + 8);
  } else if (name != "data" && name != "b64_json" && !name.ends_with("signature") &&
             !name.starts_with("encrypted_")) {
    return false;
  }
  return text.size() >= kShortest && is_base64(text);
}

void append_unread(const json::Object& object, AnswerPart part, std::string& out) {
  scan(object, part, nullptr, out);
}

void read_others(const json::Object& object, AnswerPart part, Others& others, std::string& unread) {
  scan(object, part, &others, unread);
}

std::string read_unknown(const json::Object& object, AnswerPart part, std::string& unread) {
  Others others;
  read_others(object, part, others, unread);
  return std::move(others.unknown);
}

std::string read_tool_use_extra(const json::Object& block, std::string& unread) {
  std::string extra = read_unknown(block, AnswerPart::anthropic_tool_use, unread);
  if (const auto caller = member(block, "caller")) keep_member("caller", *caller, extra);
  return extra;
}

// As deep as the parser lets a document be.
void append_unread(std::string_view name, const json::Element& element, std::string& out) {
  std::string_view text;
  json::Array items;
  json::Object object;
  if (element.get(text) == simdjson::SUCCESS) {
    if (text.empty() || is_opaque(name, text)) return;
    if (!out.empty()) out.push_back('\n');
    if (!name.empty()) out.append(name).append(": ");
    out.append(text);
  } else if (element.get(items) == simdjson::SUCCESS) {
    for (const json::Element item : items) append_unread(name, item, out);
  } else if (element.get(object) == simdjson::SUCCESS) {
    for (const auto& field : object) append_unread(field.key, field.value, out);
  }
}

void read_content_parts(const json::Array& parts, std::string& text, std::string& thinking,
                        std::string& unread) {
  const auto take = [&unread](const json::Element& part, std::string& to) {
    json::Object object;
    if (part.get(object) != simdjson::SUCCESS) return append_unread({}, part, unread);
    to += text_of(object, "text");
    append_unread(object, AnswerPart::text_part, unread);
  };
  for (const json::Element part : parts) {
    json::Object object;
    if (part.get(object) != simdjson::SUCCESS || text_of(object, "type") != "thinking") {
      take(part, text);
      continue;
    }
    thinking += text_of(object, "thinking");
    if (const auto pieces = array_of(object, "thinking")) {
      for (const json::Element piece : *pieces) take(piece, thinking);
    }
    append_unread(object, AnswerPart::thinking_part, unread);
  }
}

}  // namespace gatehouse::api
