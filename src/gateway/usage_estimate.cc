#include "gateway/usage_estimate.h"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr size_t kBytesPerToken = 4;

int64_t output_of(const api::ChatCompletion& completion) {
  size_t bytes = 0;
  for (const api::Choice& choice : completion.choices) {
    bytes += choice.text.size() + choice.refusal.size();
    for (const api::Part& part : choice.thinking) bytes += part.text.size();
    for (const api::ToolCall& call : choice.tool_calls) {
      bytes += call.name.size() + call.arguments.size();
    }
  }
  return static_cast<int64_t>((bytes + kBytesPerToken - 1) / kBytesPerToken);
}

}  // namespace

int64_t estimated_input(size_t body_bytes) {
  return static_cast<int64_t>(body_bytes / kBytesPerToken) + 1;
}

void estimate_missing(api::ChatCompletion& completion, size_t request_bytes) {
  api::Usage& usage = completion.usage;
  if (usage.input > 0 && usage.output > 0) return;
  const int64_t output = usage.output > 0 ? usage.output : output_of(completion);
  if (usage.input > 0 && output == 0) return;  // an answer without a word
  if (usage.input == 0) usage.input = estimated_input(request_bytes);
  usage.output = output;
  usage.estimated = true;
  completion.edited = true;
}

void estimate_missing(api::EmbeddingResponse& response, size_t request_bytes) {
  if (response.usage.input > 0) return;
  response.usage.input = estimated_input(request_bytes);
  response.usage.estimated = true;
}

void UsageMeter::add(const api::ChatEvent& event) {
  if (event.usage && event.usage->total() > 0) told_ = event.usage;
  for (const api::ChoiceDelta& delta : event.choices) {
    if (!delta.has_output()) continue;
    ++pieces_;
    bytes_ += delta.text.size() + delta.thinking.size() + delta.refusal.size();
    for (const api::ToolCallDelta& call : delta.tool_calls) bytes_ += call.arguments.size();
  }
}

api::Usage UsageMeter::usage(bool whole) const {
  api::Usage usage = told_.value_or(api::Usage{});
  const bool complete = usage.input > 0 && (usage.output > 0 || pieces_ == 0);
  if (whole && complete) return usage;
  // Servers send about one token an event; four bytes a token bounds those that send more.
  usage.output = std::max({usage.output, pieces_, static_cast<int64_t>(bytes_ / kBytesPerToken)});
  if (usage.input == 0) usage.input = input_estimate_;
  usage.estimated = true;
  return usage;
}

}  // namespace gatehouse::gateway
