#include "firewall/answer/form.h"

#include <utility>

#include "core/json.h"
#include "firewall/kept_by_text.h"

namespace gatehouse::firewall {
namespace {

/// Deeper than the parser goes, though it may be well-formed.
bool too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    if ((c == '[' || c == '{') && ++depth > json::kMaxDepth) return true;
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return false;
}

}  // namespace

std::shared_ptr<const Form> Form::of(std::string_view schema) {
  static thread_local KeptByText<const Form> kept;
  return kept.of(schema);
}

Form::Form(std::string_view schema) {
  if (schema.empty()) return;
  auto compiled = AnswerSchema::compile(schema);
  complete_ = compiled && !(*compiled)->partly();
  if (compiled) schema_ = std::move(*compiled);
}

Form::Fit Form::check(std::string& text) const {
  if (text.size() > kMaxBytes) return Fit::unsure;
  if (!json::thread_parser().parse(text)) return too_deep(text) ? Fit::unsure : Fit::not_json;
  if (schema_ == nullptr) return Fit::fits;
  json::build::parse_options options;
  options.max_depth = json::kMaxDepth;
  boost::system::error_code bad;
  const json::build::value answer = json::build::parse(
      text, bad, json::build::make_shared_resource<json::build::monotonic_resource>(), options);
  if (bad) return Fit::unsure;
  switch (schema_->check(answer)) {
    case AnswerSchema::Fit::fits:
      return Fit::fits;
    case AnswerSchema::Fit::breaks:
      return Fit::not_schema;
    case AnswerSchema::Fit::unsure:
      return Fit::unsure;
  }
  return Fit::unsure;
}

}  // namespace gatehouse::firewall
