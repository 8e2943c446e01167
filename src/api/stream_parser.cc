#include <algorithm>
#include <utility>

#include "api/answer_reader.h"
#include "api/unread.h"
#include "api/upstream.h"

namespace gatehouse::api {
namespace {

constexpr size_t kMaxChoices = 256;
constexpr int kMaxToolCalls = 4096;

}  // namespace

StreamParser::StreamParser(Dialect dialect, ChatRequest::Operation operation,
                           std::string answer_tool, Dialect client)
    : dialect_(dialect),
      operation_(operation),
      answer_tool_(std::move(answer_tool)),
      client_(client) {}

bool StreamParser::finished() const {
  return !choices_.empty() && std::all_of(choices_.begin(), choices_.end(),
                                          [](const ChoiceState& state) { return state.finished; });
}

Result<std::optional<ChatEvent>> StreamParser::parse(std::string_view event, std::string data) {
  Parsed parsed =
      dialect_ == Dialect::openai ? openai(std::move(data)) : anthropic(event, std::move(data));
  // An end mark after a choice without a finish reason is taken for an end all the same: servers of
  // note leave the reason out, and SDKs that insist on one (OpenAI's for Node) get it from here.
  if (parsed && done_ && choices_.empty() && !has_output_) {
    return refuse(upstream_broken("upstream_no_output", "the stream ended without an answer"));
  }
  if (parsed && *parsed) {
    const bool foreign = (*parsed)->foreign.kind == ForeignPiece::Kind::block;
    has_output_ = has_output_ || (foreign && client_ == Dialect::anthropic);
    for (const ChoiceDelta& delta : (*parsed)->choices) {
      has_output_ = has_output_ || delta.has_output();
    }
  }
  return parsed;
}

Result<ChatCompletion> StreamParser::whole(std::string body) {
  done_ = has_output_ = true;
  if (operation_ == ChatRequest::Operation::text_completion) {
    return parse_text_completion(std::move(body));
  }
  return parse_completion(std::move(body), dialect_, answer_tool_);
}

StreamParser::ChoiceState* StreamParser::choice(int index) {
  for (ChoiceState& state : choices_) {
    if (state.index == index) return &state;
  }
  if (choices_.size() >= kMaxChoices) return nullptr;
  return &choices_.emplace_back(ChoiceState{index, false, 0});
}

Result<std::optional<ChatEvent>> StreamParser::openai(std::string data) {
  if (std::string_view(data).substr(0, 6) == "[DONE]") {
    done_ = true;
    return std::nullopt;
  }
  ChatEvent event;
  event.dialect = Dialect::openai;
  event.raw_data = std::move(data);
  const auto parsed = json::thread_parser().parse(event.raw_data);
  if (!parsed) return refuse(upstream_broken("upstream_invalid_json", parsed.error().message));
  json::Object root;
  if (parsed->get(root) != simdjson::SUCCESS) {
    return refuse(upstream_broken("upstream_invalid_event", "a chunk is not an object"));
  }
  if (const auto error = member(root, "error")) return refuse(upstream_told_error(*error));
  // Azure begins with an event that names nothing.
  if (!named_) {
    event.id = text_of(root, "id");
    named_ = !event.id.empty();
    event.model = text_of(root, "model");
    event.system_fingerprint = text_of(root, "system_fingerprint");
    event.service_tier = text_of(root, "service_tier");
    int64_t created = 0;
    if (root.at_key("created").get(created) == simdjson::SUCCESS && created > 0) {
      event.created = created;
    }
  }
  if (const auto choices = array_of(root, "choices")) {
    size_t position = 0;
    for (const json::Element item : *choices) {
      if (!openai_choice(item, position++, event)) {
        return refuse(upstream_broken("upstream_invalid_event", "a chunk's choice is malformed"));
      }
    }
  } else {
    event.edited = true;  // SDKs expect the list
  }
  read_others(root, AnswerPart::openai_root, event.others, event.unread);
  if (const auto usage = object_of(root, "usage")) {
    bool whole = true;
    usage_ = read_openai_usage(*usage, whole);
    event.usage = usage_;
    event.usage_others = read_openai_usage_others(*usage);
    // The rule is one last chunk of its own; SDKs trip over a missing count.
    if (!whole || !event.choices.empty()) event.edited = true;
  }
  if (text_of(root, "id").empty() || text_of(root, "model").empty()) event.edited = true;
  return event;
}

bool StreamParser::openai_choice(const json::Element& element, size_t position, ChatEvent& event) {
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS || position >= kMaxChoices) return false;
  int64_t index = static_cast<int64_t>(position);
  if (object.at_key("index").get(index) != simdjson::SUCCESS) event.edited = true;
  if (index < 0 || index >= static_cast<int64_t>(kMaxChoices)) return false;
  ChoiceState* state = choice(static_cast<int>(index));
  if (state == nullptr) return false;
  ChoiceDelta& delta = event.choices.emplace_back();
  delta.index = state->index;
  const bool chat = operation_ == ChatRequest::Operation::chat;
  read_others(object, chat ? AnswerPart::openai_delta : AnswerPart::openai_completion, delta.others,
              event.unread);
  if (!chat) {
    delta.text = text_of(object, "text");
  } else if (const auto told = object_of(object, "delta")) {
    if (!openai_delta(*told, *state, delta, event)) return false;
  } else {
    event.edited = true;  // SDKs read its fields without a look
  }
  if (const auto logprobs = member(object, "logprobs")) delta.logprobs = json::raw(*logprobs);
  json::Element reason;
  std::string_view word;
  if (object.at_key("finish_reason").get(reason) == simdjson::SUCCESS &&
      reason.get(word) == simdjson::SUCCESS) {
    delta.finish_reason = read_openai_finish(word, delta.finish_word);
    if (word.empty()) event.edited = true;  // null is the word for "not yet"
  }
  if (delta.finish_reason != FinishReason::none) {
    state->finished = true;
    if (delta.finish_reason == FinishReason::stop && state->tools > 0) {
      delta.finish_reason = FinishReason::tool_calls;
    }
  }
  return true;
}

bool StreamParser::openai_delta(const json::Object& delta, ChoiceState& state, ChoiceDelta& out,
                                ChatEvent& event) {
  out.text = text_of(delta, "content");
  out.refusal = text_of(delta, "refusal");
  out.thinking = read_openai_reasoning(delta, event.unread);
  if (const auto parts = array_of(delta, "content")) {
    read_content_parts(*parts, out.text, out.thinking, event.unread);
  }
  out.unknown = read_unknown(delta, AnswerPart::openai_message, event.unread);
  if (const auto calls = array_of(delta, "tool_calls")) {
    for (const json::Element item : *calls) {
      if (!openai_tool(item, state, out, event)) return false;
    }
  }
  if (const auto function = object_of(delta, "function_call")) {
    append_unread(*function, AnswerPart::openai_function, event.unread);
    ToolCallDelta& call = out.tool_calls.emplace_back();
    call.name = text_of(*function, "name");
    call.arguments = text_of(*function, "arguments");
    if (state.tools == 0) {
      call.id = make_call_id();  // the form before tools has none; only other dialects see it
      state.tools = 1;
    }
  }
  return true;
}

bool StreamParser::openai_tool(const json::Element& element, ChoiceState& state, ChoiceDelta& out,
                               ChatEvent& event) {
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  ToolCallDelta call;
  call.extra = read_unknown(object, AnswerPart::openai_call, event.unread);
  call.id = text_of(object, "id");
  auto function = object_of(object, "function");
  const auto custom = object_of(object, "custom");
  if (function && custom) append_unread("custom", *member(object, "custom"), event.unread);
  call.custom = !function && custom;
  if (!function) function = custom;
  if (function) {
    const auto part = call.custom ? AnswerPart::openai_custom : AnswerPart::openai_function;
    call.function_extra = read_unknown(*function, part, event.unread);
    call.name = text_of(*function, "name");
    call.arguments = text_of(*function, call.custom ? "input" : "arguments");
  }
  int64_t index = 0;
  if (object.at_key("index").get(index) != simdjson::SUCCESS) {
    // Whoever leaves it out sends whole calls, or pieces of the last one.
    const bool begins = !call.id.empty() || !call.name.empty();
    index = begins || state.tools == 0 ? state.tools : state.tools - 1;
    event.edited = true;
  }
  if (index < 0 || index >= kMaxToolCalls) return false;
  call.index = static_cast<int>(index);
  if (call.index >= state.tools) {
    state.tools = call.index + 1;
    if (call.id.empty()) {
      call.id = make_call_id();
      event.edited = true;
    }
  }
  out.tool_calls.push_back(std::move(call));
  return true;
}

Result<std::optional<ChatEvent>> StreamParser::anthropic(std::string_view event_name,
                                                         std::string data) {
  ChatEvent event;
  event.dialect = Dialect::anthropic;
  event.raw_data = std::move(data);
  const auto parsed = json::thread_parser().parse(event.raw_data);
  if (!parsed) return refuse(upstream_broken("upstream_invalid_json", parsed.error().message));
  json::Object root;
  if (parsed->get(root) != simdjson::SUCCESS) {
    return refuse(upstream_broken("upstream_invalid_event", "an event is not an object"));
  }
  std::string_view type = text_of(root, "type");
  if (type.empty()) type = event_name;
  event.raw_event = type;
  if (type == "content_block_delta") {
    anthropic_block_delta(root, event);
  } else if (type == "message_start") {
    anthropic_start(root, event);
  } else if (type == "content_block_start") {
    anthropic_block_start(root, event);
  } else if (type == "content_block_stop") {
    anthropic_block_stop(event);
  } else if (type == "message_delta") {
    anthropic_message_delta(root, event);
  } else if (type == "message_stop") {
    done_ = true;
    return std::nullopt;
  } else if (type == "error") {
    const auto error = member(root, "error");
    return refuse(upstream_told_error(error ? *error : *parsed));
  }
  return event;
}

void StreamParser::anthropic_start(const json::Object& root, ChatEvent& event) {
  choice(0);
  const auto message = object_of(root, "message");
  if (!message) {
    event.edited = true;
    return;
  }
  event.id = text_of(*message, "id");
  event.model = text_of(*message, "model");
  if (event.id.empty() || event.model.empty()) event.edited = true;
  std::string unread;  // the same as the unknown: the event is written anew where anybody reads
  read_others(*message, AnswerPart::anthropic_root, event.others, unread);
  append_member(*message, "container", event.others.told);
  if (const auto usage = object_of(*message, "usage")) {
    usage_.emplace();
    read_anthropic_usage(*usage, *usage_);
    event.usage_others = read_anthropic_usage_others(*usage);
    usage_->output = 0;  // told at the end; what stands here is the first token
    event.usage = usage_;
  }
}

void StreamParser::anthropic_block_start(const json::Object& root, ChatEvent& event) {
  const auto block = object_of(root, "content_block");
  if (!block) return;
  in_foreign_ = false;
  const std::string_view type = text_of(*block, "type");
  if (type == "tool_use") {
    if (!answer_tool_.empty() && text_of(*block, "name") == answer_tool_) {
      in_answer_tool_ = true;
      event.edited = true;
      return;
    }
    if (calls_ >= kMaxToolCalls) return;
    in_call_ = true;
    ToolCallDelta& call = event.choices.emplace_back().tool_calls.emplace_back();
    call.index = calls_++;
    call.id = text_of(*block, "id");
    call.name = text_of(*block, "name");
    std::string unread;  // as of the message's start
    call.extra = read_tool_use_extra(*block, unread);
    // Usually {}: the input follows in pieces. Some servers send it here, in whole.
    const auto input = object_of(*block, "input");
    if (input && input->size() > 0) call.arguments = json::raw(*member(*block, "input"));
  } else if (type == "redacted_thinking") {
    event.choices.emplace_back().redacted_thinking = text_of(*block, "data");
  } else if (type == "thinking") {
    ChoiceDelta& delta = event.choices.emplace_back();
    delta.thinking = text_of(*block, "thinking");
    delta.thinking_signature = text_of(*block, "signature");
  } else if (type == "text") {
    if (array_of(*block, "citations")) {
      borders_ = true;
      event.foreign.kind = ForeignPiece::Kind::end;  // of the text before it, if that is open
    }
    if (!text_of(*block, "text").empty()) {
      event.choices.emplace_back().text = text_of(*block, "text");
    }
  } else {
    in_foreign_ = borders_ = true;
    foreign_input_.clear();
    event.foreign = {ForeignPiece::Kind::block, json::raw(*member(root, "content_block"))};
  }
}

void StreamParser::anthropic_block_delta(const json::Object& root, ChatEvent& event) {
  const auto delta = object_of(root, "delta");
  if (!delta) return;
  const std::string_view type = text_of(*delta, "type");
  if (in_foreign_ || type == "citations_delta") {
    anthropic_foreign_delta(*member(root, "delta"), type, event);
  } else if (type == "text_delta") {
    event.choices.emplace_back().text = text_of(*delta, "text");
  } else if (type == "thinking_delta") {
    event.choices.emplace_back().thinking = text_of(*delta, "thinking");
  } else if (type == "signature_delta") {
    event.choices.emplace_back().thinking_signature = text_of(*delta, "signature");
  } else if (type == "input_json_delta") {
    const std::string_view piece = text_of(*delta, "partial_json");
    if (in_answer_tool_) {
      event.choices.emplace_back().text = piece;
      event.edited = true;
    } else if (in_call_ && !piece.empty()) {
      ToolCallDelta& call = event.choices.emplace_back().tool_calls.emplace_back();
      call.index = calls_ - 1;
      call.arguments = piece;
    }
  }
}

/// The input of a server's own tool is kept until it is whole: it is judged, and shown, as one.
void StreamParser::anthropic_foreign_delta(const json::Element& delta, std::string_view type,
                                           ChatEvent& event) {
  if (in_foreign_ && type == "input_json_delta") {
    foreign_input_ += text_of(delta.get_object(), "partial_json");
    return;
  }
  borders_ = true;
  event.foreign = {in_foreign_ ? ForeignPiece::Kind::delta : ForeignPiece::Kind::citation,
                   json::raw(delta)};
}

void StreamParser::anthropic_block_stop(ChatEvent& event) {
  if (in_answer_tool_) event.edited = true;
  if (borders_) event.foreign.kind = ForeignPiece::Kind::end;
  event.foreign.json = std::exchange(foreign_input_, {});
  in_answer_tool_ = in_call_ = in_foreign_ = false;
}

void StreamParser::anthropic_message_delta(const json::Object& root, ChatEvent& event) {
  std::string unread;  // as of the start
  read_others(root, AnswerPart::anthropic_end, event.others, unread);
  if (const auto told = object_of(root, "delta")) {
    ChoiceDelta& delta = event.choices.emplace_back();
    delta.finish_reason = read_anthropic_stop(text_of(*told, "stop_reason"), delta.finish_word);
    delta.stop_sequence = text_of(*told, "stop_sequence");
    const bool was_answer = delta.finish_reason == FinishReason::tool_calls && calls_ == 0;
    if (!answer_tool_.empty() && was_answer) {
      delta.finish_reason = FinishReason::stop;
      event.edited = true;
    }
    read_others(*told, AnswerPart::anthropic_end_delta, delta.others, unread);
    ChoiceState* state = choice(0);
    if (state != nullptr && delta.finish_reason != FinishReason::none) state->finished = true;
  }
  if (const auto usage = object_of(root, "usage")) {
    if (!usage_) usage_.emplace();
    read_anthropic_usage(*usage, *usage_);
    event.usage = usage_;
    event.usage_others = read_anthropic_usage_others(*usage);
  }
}

}  // namespace gatehouse::api
