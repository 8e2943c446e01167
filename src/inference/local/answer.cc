#include "inference/local/answer.h"

#include <fmt/format.h>

#include "core/json.h"

namespace gatehouse::inference::local {
namespace {

void append_separator(std::string& list) {
  if (!list.empty()) list += ',';
}

void append_entry(std::string& out, std::string_view bytes, float logprob) {
  out += "{\"token\":";
  json::append_untrusted_string(out, bytes);
  fmt::format_to(std::back_inserter(out), ",\"logprob\":{:.6f},\"bytes\":[", logprob);
  for (size_t i = 0; i < bytes.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{}", i ? "," : "",
                   static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
  }
  out += ']';
}

}  // namespace

Answer::Answer(const Model& model, const api::ChatRequest& request, int choice_index,
               int64_t max_tokens, ToolReader::MakeId make_id)
    : model_(model),
      index_(choice_index),
      max_tokens_(max_tokens),
      legacy_(request.operation == api::ChatRequest::Operation::text_completion),
      text_(request.sampling.stop) {
  if (!request.tools.empty() && request.tool_choice.mode != api::ToolChoice::Mode::none) {
    tools_.emplace(std::move(make_id));
  }
  delta_.index = index_;
}

Result<std::unique_ptr<Answer>> Answer::make(const Model& model, const api::ChatRequest& request,
                                             const Constraint& constraint, int choice_index,
                                             uint64_t seed, int64_t max_tokens,
                                             ToolReader::MakeId make_id) {
  std::unique_ptr<Answer> answer(
      new Answer(model, request, choice_index, max_tokens, std::move(make_id)));
  auto sampler = Sampler::make(model, request.sampling, seed, constraint.grammar);
  if (!sampler) return refuse(std::move(sampler).error());
  answer->sampler_ = std::move(*sampler);
  answer->call_grammar_ = constraint.call_grammar;
  return answer;
}

std::optional<Token> Answer::advance(float* logits) {
  const Token token = sampler_->choose(logits);
  if (token < 0 || model_.ends_answer(token)) {
    // The token that ends an answer is generated, but OpenAI counts and shows it to nobody.
    end(api::FinishReason::stop);
    return std::nullopt;
  }
  ++generated_;
  const std::string_view bytes = model_.piece(token);
  if (sampler_->wants_logprobs()) note_logprob(token, bytes);
  std::string shown;
  text_.add(bytes, shown);
  show(shown);
  if (text_.stopped()) {
    end(api::FinishReason::stop_sequence);
    return std::nullopt;
  }
  if (generated_ >= max_tokens_) {
    end(api::FinishReason::length);
    return std::nullopt;
  }
  return token;
}

void Answer::show(const std::string& text) {
  if (text.empty()) return;
  if (!tools_) {
    delta_.text += text;
    return;
  }
  tools_->add(text, delta_);
  if (!call_grammar_.empty() && tools_->at_call_begin()) {
    // The model has decided to call: from here on the call must be one that the tools take. A
    // grammar that compiled when the request was checked compiles now.
    if (sampler_->start_grammar(call_grammar_)) call_grammar_.clear();
  }
}

void Answer::end(api::FinishReason reason) {
  std::string shown;
  text_.finish(shown);
  show(shown);
  const bool called = tools_ && tools_->calls() > 0;
  if (tools_) tools_->finish(delta_);
  if (called && reason == api::FinishReason::stop) reason = api::FinishReason::tool_calls;
  finish_ = reason;
  delta_.finish_reason = reason;
  if (text_.stopped()) delta_.stop_sequence = text_.stop_sequence();
}

void Answer::note_logprob(Token, std::string_view bytes) {
  const Sampler::Alternative& chosen = sampler_->chosen();
  if (legacy_) {
    append_separator(legacy_tokens_);
    json::append_untrusted_string(legacy_tokens_, bytes);
    append_separator(legacy_values_);
    fmt::format_to(std::back_inserter(legacy_values_), "{:.6f}", chosen.logprob);
    append_separator(legacy_offsets_);
    fmt::format_to(std::back_inserter(legacy_offsets_), "{}", text_offset_);
    text_offset_ += bytes.size();
    append_separator(legacy_top_);
    legacy_top_ += '{';
    const size_t before = legacy_top_.size();
    for (const auto& other : sampler_->top()) {
      if (legacy_top_.size() > before) legacy_top_ += ',';
      json::append_untrusted_string(legacy_top_, model_.piece(other.token));
      fmt::format_to(std::back_inserter(legacy_top_), ":{:.6f}", other.logprob);
    }
    legacy_top_ += '}';
    return;
  }
  append_separator(entries_);
  append_entry(entries_, bytes, chosen.logprob);
  entries_ += ",\"top_logprobs\":[";
  bool first = true;
  for (const auto& other : sampler_->top()) {
    if (!first) entries_ += ',';
    first = false;
    append_entry(entries_, model_.piece(other.token), other.logprob);
    entries_ += '}';
  }
  entries_ += "]}";
}

std::string Answer::logprobs_json() {
  std::string out;
  if (legacy_ && !legacy_tokens_.empty()) {
    out = "{\"tokens\":[" + legacy_tokens_ + "],\"token_logprobs\":[" + legacy_values_ +
          "],\"top_logprobs\":[" + legacy_top_ + "],\"text_offset\":[" + legacy_offsets_ + "]}";
    for (std::string* list : {&legacy_tokens_, &legacy_values_, &legacy_top_, &legacy_offsets_}) {
      list->clear();
    }
  } else if (!entries_.empty()) {
    out = "{\"content\":[" + entries_ + "],\"refusal\":null}";
    entries_.clear();
  }
  return out;
}

bool Answer::has_output() const {
  return delta_.has_output() || delta_.finish_reason != api::FinishReason::none;
}

api::ChoiceDelta Answer::take() {
  delta_.logprobs = logprobs_json();
  api::ChoiceDelta taken = std::move(delta_);
  delta_ = {};
  delta_.index = index_;
  return taken;
}

}  // namespace gatehouse::inference::local
