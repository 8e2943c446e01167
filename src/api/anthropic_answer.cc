#include "api/answer_reader.h"
#include "api/answers.h"
#include "api/openai_fields.h"
#include "api/unread.h"
#include "api/upstream.h"

// Whole answers of servers of Anthropic's dialect.
namespace gatehouse::api {
namespace {

constexpr size_t kMaxBlocks = 4096;

/// A text with citations is a text of its own.
void read_text_block(const json::Object& block, Choice& choice) {
  const auto citations = array_of(block, "citations");
  const bool cited = citations && citations->size() > 0;
  const bool begun = !choice.text.empty() &&
                     (choice.breaks.empty() || choice.breaks.back().at < choice.text.size());
  if (cited && begun) choice.breaks.push_back({choice.text.size(), {}, {}});
  choice.text += text_of(block, "text");
  if (cited) {
    choice.breaks.push_back({choice.text.size(), json::raw(*member(block, "citations")), {}});
  }
}

/// One content block of the answer. `mended` is set if the answer's own bytes cannot pass on.
void read_block(const json::Element& element, std::string_view answer_tool, Choice& choice,
                std::string& unread, bool& mended) {
  json::Object block;
  if (element.get(block) != simdjson::SUCCESS) return append_unread({}, element, unread);
  const std::string_view type = text_of(block, "type");
  if (type == "text") {
    append_unread(block, AnswerPart::anthropic_text, unread);
    read_text_block(block, choice);
  } else if (type == "thinking") {
    append_unread(block, AnswerPart::anthropic_thinking, unread);
    Part& part = choice.thinking.emplace_back();
    part.kind = Part::Kind::thinking;
    part.text = text_of(block, "thinking");
    part.signature = text_of(block, "signature");
  } else if (type == "redacted_thinking") {
    append_unread(block, AnswerPart::anthropic_redacted, unread);
    Part& part = choice.thinking.emplace_back();
    part.kind = Part::Kind::redacted_thinking;
    part.signature = text_of(block, "data");
  } else if (type == "tool_use") {
    std::string extra = read_tool_use_extra(block, unread);
    const auto input = member(block, "input");
    std::string arguments = input ? json::raw(*input) : "{}";
    if (!answer_tool.empty() && text_of(block, "name") == answer_tool) {
      choice.text += arguments;
      mended = true;
      return;
    }
    ToolCall& call = choice.tool_calls.emplace_back();
    call.id = text_of(block, "id");
    call.name = text_of(block, "name");
    call.arguments = std::move(arguments);
    call.extra = std::move(extra);
    if (call.id.empty()) {
      call.id = make_call_id();
      mended = true;
    }
  } else {
    // What a server's own tool was asked and said.
    choice.breaks.push_back({choice.text.size(), {}, json::raw(element)});
  }
}

}  // namespace

Result<ChatCompletion> read_anthropic_completion(std::string body, std::string_view answer_tool) {
  ChatCompletion out;
  out.dialect = Dialect::anthropic;
  out.body = std::move(body);
  const auto parsed = json::thread_parser().parse(out.body);
  if (!parsed) return refuse(upstream_broken("upstream_invalid_json", parsed.error().message));
  json::Object root;
  if (parsed->get(root) != simdjson::SUCCESS) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer is not an object"));
  }
  if (const auto error = member(root, "error")) return refuse(upstream_told_error(*error));
  const auto content = array_of(root, "content");
  if (!content) {
    return refuse(upstream_broken("upstream_invalid_answer", "the answer has no content"));
  }
  bool mended = false;
  Choice& choice = out.choices.emplace_back();
  size_t blocks = 0;
  for (const json::Element item : *content) {
    // What is not read is not looked at either, and must not pass.
    if (++blocks > kMaxBlocks) {
      return refuse(upstream_broken("upstream_invalid_answer", "the answer has too many blocks"));
    }
    read_block(item, answer_tool, choice, out.unread, mended);
  }
  read_others(root, AnswerPart::anthropic_root, out.others, out.unread);
  append_member(root, "container", choice.others.told);
  if (const auto details = member(root, "stop_details")) {
    keep_member("stop_details", *details, choice.others.unknown);
  }
  out.id = text_of(root, "id");
  out.model = text_of(root, "model");
  choice.finish_reason = read_anthropic_stop(text_of(root, "stop_reason"), choice.finish_word);
  choice.stop_sequence = text_of(root, "stop_sequence");
  if (choice.finish_reason == FinishReason::none) {
    choice.finish_reason =
        choice.tool_calls.empty() ? FinishReason::stop : FinishReason::tool_calls;
    mended = true;
  }
  if (!answer_tool.empty() && choice.tool_calls.empty() &&
      choice.finish_reason == FinishReason::tool_calls) {
    choice.finish_reason = FinishReason::stop;  // the forced call was the answer
  }
  if (choice.finish_reason == FinishReason::refusal && choice.refusal.empty()) {
    choice.refusal = std::exchange(choice.text, {});
  }
  if (const auto usage = object_of(root, "usage")) {
    read_anthropic_usage(*usage, out.usage);
    out.usage_others = read_anthropic_usage_others(*usage);
  } else {
    out.usage.estimated = true;
    mended = true;
  }
  if (out.id.empty() || out.model.empty()) mended = true;
  out.edited = mended;
  return out;
}

Result<ChatCompletion> parse_completion(std::string body, Dialect dialect,
                                        std::string_view answer_tool) {
  if (dialect == Dialect::anthropic) return read_anthropic_completion(std::move(body), answer_tool);
  return read_openai_completion(std::move(body), true);
}

}  // namespace gatehouse::api
