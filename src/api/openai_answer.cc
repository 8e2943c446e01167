#include "api/answer_reader.h"
#include "api/answers.h"
#include "api/upstream.h"

// Whole answers of servers of OpenAI's dialect.
namespace gatehouse::api {
namespace {

constexpr size_t kMaxChoices = 256;
constexpr size_t kMaxToolCalls = 4096;

void read_tool_calls(const json::Array& items, Choice& choice, bool& mended) {
  for (const json::Element item : items) {
    json::Object object;
    if (item.get(object) != simdjson::SUCCESS) continue;
    if (choice.tool_calls.size() >= kMaxToolCalls) break;
    ToolCall& call = choice.tool_calls.emplace_back();
    call.id = text_of(object, "id");
    if (const auto function = object_of(object, "function")) {
      call.name = text_of(*function, "name");
      call.arguments = text_of(*function, "arguments");
      // Some servers answer with the object itself where a string belongs.
      const auto arguments = object_of(*function, "arguments");
      if (arguments) {
        call.arguments = json::raw(*member(*function, "arguments"));
        mended = true;
      }
    } else if (const auto custom = object_of(object, "custom")) {
      call.name = text_of(*custom, "name");
      call.arguments = text_of(*custom, "input");
      call.raw = json::raw(item);
    }
    if (call.id.empty()) {
      call.id = make_call_id();
      mended = true;
    }
  }
}

void read_message(const json::Object& message, Choice& choice, bool& mended) {
  if (const auto parts = array_of(message, "content")) {
    for (const json::Element part : *parts) {  // Mistral's and others' form
      json::Object object;
      if (part.get(object) == simdjson::SUCCESS) choice.text += text_of(object, "text");
    }
  } else {
    choice.text = text_of(message, "content");
  }
  choice.refusal = text_of(message, "refusal");
  std::string_view reasoning = text_of(message, "reasoning_content");
  if (reasoning.empty()) reasoning = text_of(message, "reasoning");
  if (!reasoning.empty()) {
    Part& part = choice.thinking.emplace_back();
    part.kind = Part::Kind::thinking;
    part.text = reasoning;
  }
  if (const auto calls = array_of(message, "tool_calls")) read_tool_calls(*calls, choice, mended);
  if (const auto function = object_of(message, "function_call")) {
    ToolCall& call = choice.tool_calls.emplace_back();
    call.id = make_call_id();  // the form before tools has none; only other dialects see it
    call.name = text_of(*function, "name");
    call.arguments = text_of(*function, "arguments");
  }
}

bool read_choice(const json::Element& element, bool chat, size_t position, Choice& choice,
                 bool& mended) {
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  choice.index = static_cast<int>(position);
  int64_t index = 0;
  if (object.at_key("index").get(index) == simdjson::SUCCESS && index >= 0 && index < 1024) {
    choice.index = static_cast<int>(index);
  } else {
    mended = true;
  }
  if (chat) {
    const auto message = object_of(object, "message");
    if (!message) return false;
    read_message(*message, choice, mended);
  } else {
    choice.text = text_of(object, "text");
  }
  if (const auto logprobs = member(object, "logprobs")) choice.logprobs = json::raw(*logprobs);
  choice.finish_reason = read_openai_finish(text_of(object, "finish_reason"));
  if (choice.finish_reason == FinishReason::none) {
    choice.finish_reason = FinishReason::stop;
    mended = true;
  }
  // Several servers say "stop" although the answer is a call.
  if (choice.finish_reason == FinishReason::stop && !choice.tool_calls.empty()) {
    choice.finish_reason = FinishReason::tool_calls;
  }
  return true;
}

}  // namespace

Result<ChatCompletion> read_openai_completion(std::string body, bool chat) {
  ChatCompletion out;
  out.dialect = Dialect::openai;
  out.body = std::move(body);
  const auto parsed = json::thread_parser().parse(out.body);
  if (!parsed) return refuse(upstream_broken("upstream_invalid_json", parsed.error().message));
  json::Object root;
  if (parsed->get(root) != simdjson::SUCCESS) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer is not an object"));
  }
  if (const auto error = member(root, "error")) return refuse(upstream_told_error(*error));
  const auto choices = array_of(root, "choices");
  if (!choices) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer has no choices"));
  }
  bool mended = false;
  for (const json::Element item : *choices) {
    if (out.choices.size() >= kMaxChoices) break;
    Choice& choice = out.choices.emplace_back();
    if (!read_choice(item, chat, out.choices.size() - 1, choice, mended)) {
      return refuse(upstream_broken("upstream_invalid_answer", "a choice has no message"));
    }
  }
  if (out.choices.empty()) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer has no choices"));
  }
  out.id = text_of(root, "id");
  out.model = text_of(root, "model");
  int64_t created = 0;
  if (root.at_key("created").get(created) == simdjson::SUCCESS && created > 0)
    out.created = created;
  out.system_fingerprint = text_of(root, "system_fingerprint");
  if (const auto usage = object_of(root, "usage")) {
    bool whole = true;
    out.usage = read_openai_usage(*usage, whole);
    if (!whole) mended = true;
  } else {
    out.usage.estimated = true;
    mended = true;
  }
  if (out.id.empty() || out.model.empty()) mended = true;
  out.edited = mended;
  return out;
}

Result<ChatCompletion> parse_text_completion(std::string body) {
  return read_openai_completion(std::move(body), false);
}

}  // namespace gatehouse::api
