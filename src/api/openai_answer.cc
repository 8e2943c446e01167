#include "api/answer_reader.h"
#include "api/answers.h"
#include "api/unread.h"
#include "api/upstream.h"

// Whole answers of servers of OpenAI's dialect.
namespace gatehouse::api {
namespace {

constexpr size_t kMaxChoices = 256;
constexpr size_t kMaxToolCalls = 4096;

bool read_tool_calls(const json::Array& items, Choice& choice, std::string& unread, bool& mended) {
  for (const json::Element item : items) {
    json::Object object;
    if (item.get(object) != simdjson::SUCCESS) {
      append_unread({}, item, unread);
      continue;
    }
    if (choice.tool_calls.size() >= kMaxToolCalls) return false;
    ToolCall& call = choice.tool_calls.emplace_back();
    call.extra = read_unknown(object, AnswerPart::openai_call, unread);
    call.id = text_of(object, "id");
    const auto custom = object_of(object, "custom");
    if (const auto function = object_of(object, "function")) {
      call.function_extra = read_unknown(*function, AnswerPart::openai_whole_function, unread);
      call.name = text_of(*function, "name");
      call.arguments = text_of(*function, "arguments");
      // Some servers answer with the object itself where a string belongs.
      const auto arguments = object_of(*function, "arguments");
      if (arguments) {
        call.arguments = json::raw(*member(*function, "arguments"));
        mended = true;
      }
      if (custom) append_unread("custom", *member(object, "custom"), unread);
    } else if (custom) {
      call.function_extra = read_unknown(*custom, AnswerPart::openai_custom, unread);
      call.name = text_of(*custom, "name");
      call.arguments = text_of(*custom, "input");
      call.custom = true;
    }
    if (call.id.empty()) {
      call.id = make_call_id();
      mended = true;
    }
  }
  return true;
}

void add_thinking(Choice& choice, std::string_view text) {
  if (text.empty()) return;
  Part& part = choice.thinking.emplace_back();
  part.kind = Part::Kind::thinking;
  part.text = text;
}

bool read_message(const json::Object& message, Choice& choice, std::string& unread, bool& mended) {
  choice.unknown = read_unknown(message, AnswerPart::openai_message, unread);
  add_thinking(choice, read_openai_reasoning(message, unread));
  if (const auto parts = array_of(message, "content")) {
    std::string thinking;
    read_content_parts(*parts, choice.text, thinking, unread);
    add_thinking(choice, thinking);
  } else {
    choice.text = text_of(message, "content");
  }
  choice.refusal = text_of(message, "refusal");
  const auto calls = array_of(message, "tool_calls");
  if (calls && !read_tool_calls(*calls, choice, unread, mended)) return false;
  if (const auto function = object_of(message, "function_call")) {
    append_unread(*function, AnswerPart::openai_function, unread);
    ToolCall& call = choice.tool_calls.emplace_back();
    call.id = make_call_id();  // the form before tools has none; only other dialects see it
    call.name = text_of(*function, "name");
    call.arguments = text_of(*function, "arguments");
  }
  return true;
}

bool read_choice(const json::Element& element, bool chat, size_t position, Choice& choice,
                 std::string& unread, bool& mended) {
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  read_others(object, chat ? AnswerPart::openai_choice : AnswerPart::openai_completion,
              choice.others, unread);
  choice.index = static_cast<int>(position);
  int64_t index = 0;
  if (object.at_key("index").get(index) == simdjson::SUCCESS && index >= 0 && index < 1024) {
    choice.index = static_cast<int>(index);
  } else {
    mended = true;
  }
  if (chat) {
    const auto message = object_of(object, "message");
    if (!message || !read_message(*message, choice, unread, mended)) return false;
  } else {
    choice.text = text_of(object, "text");
  }
  if (const auto logprobs = member(object, "logprobs")) choice.logprobs = json::raw(*logprobs);
  choice.finish_reason = read_openai_finish(text_of(object, "finish_reason"), choice.finish_word);
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
    // What is not read is not looked at either, and must not pass.
    if (out.choices.size() >= kMaxChoices) {
      return refuse(upstream_broken("upstream_invalid_answer", "the answer has too many choices"));
    }
    Choice& choice = out.choices.emplace_back();
    if (!read_choice(item, chat, out.choices.size() - 1, choice, out.unread, mended)) {
      return refuse(
          upstream_broken("upstream_invalid_answer", "a choice has no message, or too many calls"));
    }
  }
  if (out.choices.empty()) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer has no choices"));
  }
  read_others(root, AnswerPart::openai_root, out.others, out.unread);
  out.id = text_of(root, "id");
  out.model = text_of(root, "model");
  int64_t created = 0;
  if (root.at_key("created").get(created) == simdjson::SUCCESS && created > 0)
    out.created = created;
  out.system_fingerprint = text_of(root, "system_fingerprint");
  out.service_tier = text_of(root, "service_tier");
  if (const auto usage = object_of(root, "usage")) {
    bool whole = true;
    out.usage = read_openai_usage(*usage, whole);
    out.usage_others = read_openai_usage_others(*usage);
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
