#include "api/unread.h"

#include <algorithm>
#include <array>

#include "api/answer_reader.h"
#include "api/field_table.h"

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
};

template <size_t N>
struct Members {
  FieldTable<N> names;
  std::array<uint8_t, N> read;
};

template <size_t N>
consteval Members<N> members(const Member (&list)[N]) {
  std::array<std::string_view, N> names{};
  std::array<uint8_t, N> read{};
  for (size_t i = 0; i < N; ++i) {
    names[i] = list[i].name;
    read[i] = list[i].read;
  }
  return {FieldTable<N>(names), read};
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
                                      {"provider"},
                                      {"prompt_filter_results", kAll},
                                      {"x_groq", kAll}});
/// A choice, and what it holds its text in.
consteval auto choice_with(Member content) {
  return members({{"index", kNothing},
                  content,
                  {"finish_reason"},
                  {"logprobs", kAll},
                  {"content_filter_results", kAll},
                  {"native_finish_reason"},
                  {"stop_reason"}});
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
                                         {"context_management", kAll}});
constexpr auto kThinkingBlock = members({{"type"}, {"thinking"}, {"signature"}});
constexpr auto kRedactedBlock = members({{"type"}, {"data"}});
constexpr auto kToolUse = members({{"type"}, {"id"}, {"name"}, {"input", kAll}, {"caller", kAll}});

uint8_t kind_of(const json::Element& element) {
  if (element.is_string()) return kText;
  if (element.is_array()) return kList;
  return element.is_object() ? kObject : kNothing;
}

template <size_t N>
void append_others(const json::Object& object, const Members<N>& known, std::string& out) {
  uint64_t seen = 0;
  for (const auto& field : object) {
    const uint8_t kind = kind_of(field.value);
    const int at = known.names.find(field.key);
    if (at >= 0) {
      const uint64_t bit = uint64_t{1} << static_cast<unsigned>(at);
      // A reader takes the first of a name, a client perhaps the last.
      const bool first = (seen & bit) == 0;
      seen |= bit;
      if (first && (kind & ~known.read[static_cast<size_t>(at)]) == 0) continue;
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

}  // namespace

bool is_opaque(std::string_view name, std::string_view text) {
  constexpr size_t kShortest = 64;
  constexpr size_t kLongestMediaType = 128;
  if (text.starts_with("data:")) {
    const size_t comma = text.substr(0, kLongestMediaType).find(";base64,");
    if (comma == std::string_view::npos) return false;
    text.remove_prefix(comma + 8);
  } else if (name != "data" && name != "b64_json" && name != "signature" &&
             !name.starts_with("encrypted_")) {
    return false;
  }
  return text.size() >= kShortest && is_base64(text);
}

void append_unread(const json::Object& object, AnswerPart part, std::string& out) {
  switch (part) {
    case AnswerPart::openai_root:
      return append_others(object, kOpenAiRoot, out);
    case AnswerPart::openai_choice:
      return append_others(object, kChoice, out);
    case AnswerPart::openai_delta:
      return append_others(object, kDelta, out);
    case AnswerPart::openai_completion:
      return append_others(object, kCompletion, out);
    case AnswerPart::openai_message:
      return append_others(object, kMessage, out);
    case AnswerPart::openai_call:
      return append_others(object, kCall, out);
    case AnswerPart::openai_function:
      return append_others(object, kFunction, out);
    case AnswerPart::openai_whole_function:
      return append_others(object, kWholeFunction, out);
    case AnswerPart::openai_custom:
      return append_others(object, kCustom, out);
    case AnswerPart::text_part:
      return append_others(object, kTextPart, out);
    case AnswerPart::anthropic_text:
      return append_others(object, kAnthropicText, out);
    case AnswerPart::thinking_part:
      return append_others(object, kThinkingPart, out);
    case AnswerPart::anthropic_root:
      return append_others(object, kAnthropicRoot, out);
    case AnswerPart::anthropic_thinking:
      return append_others(object, kThinkingBlock, out);
    case AnswerPart::anthropic_redacted:
      return append_others(object, kRedactedBlock, out);
    case AnswerPart::anthropic_tool_use:
      return append_others(object, kToolUse, out);
  }
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
