#include <fmt/format.h>

#include "api/openai_fields.h"

namespace gatehouse::api {
namespace {

enum ChatField {
  kModel,
  kMessages,
  kTools,
  kToolChoice,
  kFunctions,
  kFunctionCall,
  kParallelToolCalls,
  kResponseFormat,
  kN,
  kStop,
  kSeed,
  kTemperature,
  kTopP,
  kTopK,
  kMaxTokens,
  kMaxCompletionTokens,
  kLogprobs,
  kTopLogprobs,
  kFrequencyPenalty,
  kPresencePenalty,
  kLogitBias,
  kUser,
  kMetadata,
  kStream,
  kStreamOptions,
  kPrompt,
  kEcho,
  kBestOf
};
constexpr FieldTable<25> kChatFields{std::array<std::string_view, 25>{"model",
                                                                      "messages",
                                                                      "tools",
                                                                      "tool_choice",
                                                                      "functions",
                                                                      "function_call",
                                                                      "parallel_tool_calls",
                                                                      "response_format",
                                                                      "n",
                                                                      "stop",
                                                                      "seed",
                                                                      "temperature",
                                                                      "top_p",
                                                                      "top_k",
                                                                      "max_tokens",
                                                                      "max_completion_tokens",
                                                                      "logprobs",
                                                                      "top_logprobs",
                                                                      "frequency_penalty",
                                                                      "presence_penalty",
                                                                      "logit_bias",
                                                                      "user",
                                                                      "metadata",
                                                                      "stream",
                                                                      "stream_options"}};
/// The same order, so that both share `read_sampling`; what only a chat has is no name here.
constexpr FieldTable<28> kCompletionFields{std::array<std::string_view, 28>{"model",
                                                                            "",
                                                                            "",
                                                                            "",
                                                                            "",
                                                                            "",
                                                                            "",
                                                                            "",
                                                                            "n",
                                                                            "stop",
                                                                            "seed",
                                                                            "temperature",
                                                                            "top_p",
                                                                            "top_k",
                                                                            "max_tokens",
                                                                            "",
                                                                            "logprobs",
                                                                            "",
                                                                            "frequency_penalty",
                                                                            "presence_penalty",
                                                                            "logit_bias",
                                                                            "user",
                                                                            "metadata",
                                                                            "stream",
                                                                            "stream_options",
                                                                            "prompt",
                                                                            "echo",
                                                                            "best_of"}};

/// The fields that a chat and a text completion share. `max_completion_tokens` is read apart.
bool read_sampling(Reader& reader, const Path& at, int field, const json::Element& value,
                   ChatRequest& out) {
  Sampling& sampling = out.sampling;
  switch (field) {
    case kModel:
      return read_model(reader, at, value, out.model);
    case kN: {
      int64_t n = 1;
      if (!reader.integer(at, value, 1, RequestLimits::kChoices, n)) return false;
      sampling.n = static_cast<int>(n);
      return true;
    }
    case kStop:
      return read_stop(reader, at, value, sampling.stop);
    case kSeed:
      return read_optional<int64_t>(reader, at, value, INT64_MIN, INT64_MAX, sampling.seed);
    case kTemperature:
      return read_optional<double>(reader, at, value, 0, 2, sampling.temperature);
    case kTopP:
      return read_optional<double>(reader, at, value, 0, 1, sampling.top_p);
    case kTopK:
      return read_optional<int64_t>(reader, at, value, -1, 1'000'000, sampling.top_k);
    case kMaxTokens:
      return read_optional<int64_t>(reader, at, value, 1, kTokenLimit, sampling.max_tokens);
    case kFrequencyPenalty:
      return read_optional<double>(reader, at, value, -2, 2, sampling.frequency_penalty);
    case kPresencePenalty:
      return read_optional<double>(reader, at, value, -2, 2, sampling.presence_penalty);
    case kLogitBias:
      return read_logit_bias(reader, at, value, sampling.logit_bias);
    case kUser:
      return reader.string(at, value, 0, RequestLimits::kMetadataValueBytes, out.user);
    case kMetadata:
      return read_metadata(reader, at, value, out.metadata);
    case kStream:
      return reader.boolean(at, value, out.stream);
    case kStreamOptions:
      return read_stream_options(reader, at, value, out);
    default:
      return true;
  }
}

bool read_chat_field(Reader& reader, const Path& at, int field, const json::Element& value,
                     ChatRequest& out, std::optional<int64_t>& max_completion_tokens) {
  switch (field) {
    case kMessages:
      return read_openai_messages(reader, at, value, out.messages);
    case kTools:
      return read_openai_tools(reader, at, value, out.tools);
    case kToolChoice:
      return read_openai_tool_choice(reader, at, value, out.tool_choice);
    case kFunctions:
      out.legacy_functions = true;
      return read_openai_functions(reader, at, value, out.tools);
    case kFunctionCall:
      return read_openai_function_call(reader, at, value, out.tool_choice);
    case kParallelToolCalls: {
      bool parallel = true;
      if (!reader.boolean(at, value, parallel)) return false;
      out.parallel_tool_calls = parallel;
      return true;
    }
    case kResponseFormat:
      return read_openai_response_format(reader, at, value, out.response_format);
    case kLogprobs:
      return reader.boolean(at, value, out.sampling.logprobs);
    case kTopLogprobs: {
      int64_t top = 0;
      if (!reader.integer(at, value, 0, RequestLimits::kTopLogprobs, top)) return false;
      out.sampling.top_logprobs = static_cast<int>(top);
      return true;
    }
    case kMaxCompletionTokens:
      return read_optional<int64_t>(reader, at, value, 1, kTokenLimit, max_completion_tokens);
    default:
      return read_sampling(reader, at, field, value, out);
  }
}

bool has_tool(const ChatRequest& request, std::string_view name) {
  for (const Tool& tool : request.tools) {
    if (tool.name == name) return true;
  }
  return false;
}

/// What no field alone can tell.
bool check_chat(Reader& reader, const Path& root, const Seen& seen, ChatRequest& out,
                const std::optional<int64_t>& max_completion_tokens) {
  if (!seen.has(kModel)) return reader.missing(Path(root, "model"));
  if (!seen.has(kMessages)) return reader.missing(Path(root, "messages"));
  const auto conflict = [&](std::string_view field, std::string message) {
    return reader.fail(Path(root, field), std::move(message), "invalid_value");
  };
  if (max_completion_tokens) {
    if (out.sampling.max_tokens && out.sampling.max_tokens != max_completion_tokens) {
      return conflict("max_tokens",
                      "Give either 'max_tokens' or 'max_completion_tokens', not both.");
    }
    out.sampling.max_tokens = max_completion_tokens;
    out.sampling.completion_tokens = true;
  }
  if (seen.has(kTools) && seen.has(kFunctions)) {
    return conflict("functions", "Give either 'tools' or 'functions', not both.");
  }
  const bool by_tool = seen.has(kToolChoice);
  if (by_tool && seen.has(kFunctionCall)) {
    return conflict("function_call", "Give either 'tool_choice' or 'function_call', not both.");
  }
  const std::string_view choice_field = by_tool ? "tool_choice" : "function_call";
  using Mode = ToolChoice::Mode;
  if (out.tools.empty() &&
      (out.tool_choice.mode == Mode::named || out.tool_choice.mode == Mode::required)) {
    return conflict(choice_field, fmt::format("'{}' needs tools to choose from.", choice_field));
  }
  std::vector<std::string> chosen = out.tool_choice.allowed;
  if (out.tool_choice.mode == Mode::named) chosen.push_back(out.tool_choice.name);
  for (const std::string& name : chosen) {
    if (has_tool(out, name)) continue;
    return conflict(
        choice_field,
        fmt::format("'{}' names the tool '{}', which is not among the tools.", choice_field, name));
  }
  if (out.sampling.top_logprobs && !out.sampling.logprobs) {
    return conflict("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
  }
  if (seen.has(kStreamOptions) && !out.stream) {
    return conflict("stream_options", "'stream_options' needs 'stream' to be true.");
  }
  return true;
}

bool read_chat(Reader& reader, ChatRequest& out) {
  json::Object root;
  if (!read_root(reader, out.body, root)) return false;
  const Path here;
  Seen seen;
  std::optional<int64_t> max_completion_tokens;
  for (const auto& field : root) {
    const Path at(here, field.key);
    const int known = kChatFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kChatFields, field.key)) return false;
      if (!keep_extra(reader, at, field.value, out.extra)) return false;
      continue;
    }
    // null means absent, but for what is required.
    if (field.value.is_null() && known != kModel && known != kMessages) continue;
    seen.set(known);
    if (!read_chat_field(reader, at, known, field.value, out, max_completion_tokens)) return false;
  }
  return check_chat(reader, here, seen, out, max_completion_tokens);
}

bool read_prompts(Reader& reader, const Path& path, const json::Element& element,
                  ChatRequest& out) {
  if (element.is_string()) {
    return reader.string(path, element, out.prompts.emplace_back());
  }
  if (!element.is_array())
    return reader.wrong_type(path, "a string or an array of strings", element);
  json::Array items;
  if (!reader.array(path, element, 1, RequestLimits::kPrompts, items)) return false;
  size_t i = 0;
  for (const json::Element item : items) {
    const Path at(path, i++);
    if (item.is_number() || item.is_array()) {
      return reader.fail(at, "A prompt of token ids can't be checked for what it says; send text.",
                         "unsupported_value");
    }
    if (!reader.string(at, item, out.prompts.emplace_back())) return false;
  }
  return true;
}

bool read_completion_field(Reader& reader, const Path& at, int field, const json::Element& value,
                           ChatRequest& out, int64_t& best_of) {
  switch (field) {
    case kPrompt:
      return read_prompts(reader, at, value, out);
    case kEcho:
      return reader.boolean(at, value, out.echo);
    case kBestOf:
      return reader.integer(at, value, 1, RequestLimits::kChoices, best_of);
    case kLogprobs: {
      int64_t top = 0;
      if (!reader.integer(at, value, 0, 5, top)) return false;
      out.sampling.logprobs = true;
      out.sampling.top_logprobs = static_cast<int>(top);
      return true;
    }
    default:
      return read_sampling(reader, at, field, value, out);
  }
}

bool read_completion(Reader& reader, ChatRequest& out) {
  json::Object root;
  if (!read_root(reader, out.body, root)) return false;
  const Path here;
  Seen seen;
  int64_t best_of = 1;
  for (const auto& field : root) {
    const Path at(here, field.key);
    const int known = kCompletionFields.find(field.key);
    if (known < 0) {
      if (!reader.unknown(at, kCompletionFields, field.key)) return false;
      if (!keep_extra(reader, at, field.value, out.extra)) return false;
      continue;
    }
    if (field.value.is_null() && known != kModel && known != kPrompt) continue;
    seen.set(known);
    if (!read_completion_field(reader, at, known, field.value, out, best_of)) return false;
  }
  if (!seen.has(kModel)) return reader.missing(Path(here, "model"));
  if (!seen.has(kPrompt)) return reader.missing(Path(here, "prompt"));
  if (seen.has(kStreamOptions) && !out.stream) {
    return reader.fail(Path(here, "stream_options"), "'stream_options' needs 'stream' to be true.",
                       "invalid_value");
  }
  if (best_of > out.sampling.n) {
    // Its candidates cost tokens that the answer does not show, which no budget could foresee.
    return reader.fail(Path(here, "best_of"), "'best_of' above 'n' is not supported.",
                       "unsupported_value");
  }
  return true;
}

}  // namespace

Result<ChatRequest> parse_openai_chat(std::string body) {
  ChatRequest out;
  out.body = std::move(body);
  Reader reader;
  if (!read_chat(reader, out)) return refuse(std::move(reader.error));
  return out;
}

Result<ChatRequest> parse_openai_completion(std::string body) {
  ChatRequest out;
  out.operation = ChatRequest::Operation::text_completion;
  out.body = std::move(body);
  Reader reader;
  if (!read_completion(reader, out)) return refuse(std::move(reader.error));
  return out;
}

}  // namespace gatehouse::api
