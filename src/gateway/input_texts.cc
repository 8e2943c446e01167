#include "gateway/input_texts.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/side_texts.h"
#include "core/json.h"

namespace gatehouse::gateway {
namespace {

using firewall::Segment;
using firewall::Source;

Source source_of(api::Role role) {
  switch (role) {
    case api::Role::system:
      return Source::system;
    case api::Role::developer:
      return Source::developer;
    case api::Role::user:
      return Source::user;
    case api::Role::assistant:
      return Source::assistant;
    case api::Role::tool:
      return Source::tool;
  }
  return Source::user;
}

/// Who supplied what stands beside the content of a message: with a user's words it is a document.
Source source_beside(api::Role role) {
  return role == api::Role::user ? Source::retrieved : source_of(role);
}

/// Fields that no model reads: how the provider keeps and routes a request.
bool is_bookkeeping(std::string_view name) {
  return name == "stream_options" || name == "safety_identifier" || name == "prompt_cache_key";
}

/// Fields of other servers that prescribe the form of an answer, as `response_format` does.
bool is_form(std::string_view name) {
  constexpr std::string_view kForms[] = {"guided_json",   "guided_regex",       "guided_grammar",
                                         "guided_choice", "structured_outputs", "json_schema",
                                         "grammar"};
  return std::find(std::begin(kForms), std::end(kForms), name) != std::end(kForms);
}

/// A field's name as errors and the trail show it: what the client made up must not be content.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, 64));
  while (!simdjson::validate_utf8(text)) text.pop_back();
  return text;
}

}  // namespace

InputTexts::InputTexts(api::ChatRequest& request, std::span<const DocumentText> documents)
    : documents_(documents) {
  // In the order in which a model reads them, so that placeholders in what comes first stay the
  // same while a conversation grows, and providers' caches of prompts with them.
  add_definitions(request);
  add_extra(request.extra);
  for (size_t i = 0; i < request.messages.size(); ++i) add_message(request.messages[i], i);
  for (size_t i = 0; i < request.prompts.size(); ++i) add(Source::user, request.prompts[i], i, 0);
}

InputTexts::InputTexts(api::EmbeddingRequest& request) {
  add_extra(request.extra);
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    add(Source::retrieved, request.inputs[i], i, 0);
  }
}

void InputTexts::add(Source source, std::string& text, size_t message, size_t part, bool json) {
  if (text.empty()) return;
  segments_.push_back(
      {source, text, static_cast<uint32_t>(message), static_cast<uint32_t>(part), json});
  places_.push_back({&text, nullptr});
}

void InputTexts::add_at(Source source, std::string path, std::string& text) {
  const Side& side = sides_.emplace_back(Side{std::move(path), {}, &text});
  segments_.push_back({source, text, 0, 0, false, side.path});
  places_.push_back({&text, nullptr});
}

void InputTexts::add_id(Source source, size_t message, std::string& id) {
  if (!api::is_one_word(id)) add_at(source, fmt::format("messages[{}]", message), id);
}

void InputTexts::add_side(Source source, Side side, std::string_view in_request) {
  if (side.text.empty() && in_request.empty()) return;
  const Side& kept = sides_.emplace_back(std::move(side));
  const std::string_view text = in_request.empty() ? std::string_view(kept.text) : in_request;
  segments_.push_back({source, text, 0, 0, false, kept.path});
  places_.push_back({nullptr, &kept});
}

void InputTexts::add_definitions(api::ChatRequest& request) {
  const std::string_view field = request.legacy_functions ? "functions" : "tools";
  for (size_t i = 0; i < request.tools.size(); ++i) {
    api::Tool& tool = request.tools[i];
    if (tool.side_text.empty()) continue;
    tool_names_.push_back(tool.name);
    add_side(Source::definition, {fmt::format("{}[{}]", field, i), {}, &tool}, tool.side_text);
  }
  std::sort(tool_names_.begin(), tool_names_.end());
  api::ResponseFormat& format = request.response_format;
  if (!format.side_text.empty()) {
    add_side(Source::definition, {"response_format", {}, &format}, format.side_text);
  }
}

void InputTexts::add_extra(std::vector<std::pair<std::string, std::string>>& extra) {
  for (auto& [name, json] : extra) {
    const bool may_say = json[0] == '"' || json[0] == '{' || json[0] == '[';
    if (!may_say || is_bookkeeping(name)) continue;
    const Source source = is_form(name) ? Source::definition : Source::retrieved;
    add_side(source, {shown(name), api::side_text(json), &json});
  }
}

void InputTexts::add_message(api::Message& message, size_t index) {
  const Source source = source_of(message.role);
  const Source beside = source_beside(message.role);
  if (!message.name.empty() && api::says_something(message.name)) {
    add_at(source, fmt::format("messages[{}].name", index), message.name);
  }
  add_id(source, index, message.tool_call_id);
  if (!message.extra.empty()) {
    add_side(beside, {fmt::format("messages[{}]", index), api::side_text_of_message(message.extra),
                      &message.extra});
  }
  for (size_t i = 0; i < message.parts.size(); ++i) {
    api::Part& part = message.parts[i];
    // A document that the user attaches is not the user speaking.
    const bool document = part.kind == api::Part::Kind::file;
    add(document ? Source::retrieved : source, part.text, index, i,
        message.role == api::Role::tool);
    add_documents(index, i, part.raw);
    if (part.beside.empty()) continue;
    add_side(part.from_tool ? Source::tool : beside,
             {fmt::format("messages[{}].content[{}]", index, i), {}, &part.raw}, part.beside);
  }
  for (size_t i = 0; i < message.tool_calls.size(); ++i) {
    api::ToolCall& call = message.tool_calls[i];
    add_id(source, index, call.id);
    add(Source::assistant, call.arguments, index, message.parts.size() + i, !call.custom);
    add_call_beside(call, beside, index, i);
  }
}

void InputTexts::add_documents(size_t message, size_t part, std::string_view raw) {
  const auto is_here = [=](const DocumentText& text) {
    return text.message == message && text.part == part;
  };
  for (; !documents_.empty() && is_here(documents_.front()); documents_ = documents_.subspan(1)) {
    const DocumentText& document = documents_.front();
    // Who is asked about a file that can't be read stands for its bytes.
    const std::string_view text = document.unread.empty() ? document.text : raw;
    Segment segment{Source::retrieved, text, document.message, document.part};
    segment.fixed = true;
    segment.hidden = document.hidden;
    segment.unread = document.unread;
    segments_.push_back(segment);
    places_.emplace_back();
  }
}

/// What a call says beside its arguments. Its name is mostly a defined tool's.
void InputTexts::add_call_beside(api::ToolCall& call, Source beside, size_t index, size_t at) {
  const auto path = [=] { return fmt::format("messages[{}].tool_calls[{}]", index, at); };
  const bool defined = std::binary_search(tool_names_.begin(), tool_names_.end(), call.name);
  if (!defined && api::says_something(call.name)) {
    add_side(Source::assistant, {path() + ".name", call.name, &call});
  }
  for (std::string* extra : {&call.extra, &call.function_extra}) {
    if (!extra->empty()) add_side(beside, {path(), api::side_text_of_message(*extra), extra});
  }
}

Result<void> InputTexts::replace(uint32_t segment, std::string text) {
  const Place& place = places_[segment];
  if (place.text != nullptr) {
    *place.text = std::move(text);
    return {};
  }
  if (place.side == nullptr) return {};  // of a file: nothing of it is ever replaced
  const api::SideEdit edit(segments_[segment].text, text);
  const bool written =
      std::visit([&edit](auto* target) { return edit.write_to(*target); }, place.side->place);
  if (written) return {};
  return refuse(Refusal::invalid(
      place.side->path,
      fmt::format("'{}' holds text that had to be redacted where it can't be written anew.",
                  place.side->path),
      "unsupported_parameter"));
}

}  // namespace gatehouse::gateway
