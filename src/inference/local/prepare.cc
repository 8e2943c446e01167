#include "inference/local/prepare.h"

#include <algorithm>

#include <fmt/format.h>

#include "inference/local/parameters.h"

namespace gatehouse::inference::local {
namespace {

using Operation = api::ChatRequest::Operation;

Refusal too_long(const api::ChatRequest& request, int64_t limit, const std::string& found) {
  const bool chat = request.operation == Operation::chat;
  return Refusal::invalid(
      chat ? "messages" : "prompt",
      fmt::format("This model's context is {} tokens; the prompt has {}.", limit, found),
      "context_length_exceeded");
}

int64_t text_bytes(const api::ChatRequest& request) {
  size_t bytes = 0;
  for (const api::Message& message : request.messages) {
    for (const api::Part& part : message.parts) bytes += part.text.size();
  }
  for (const std::string& prompt : request.prompts) bytes = std::max(bytes, prompt.size());
  return static_cast<int64_t>(bytes);
}

}  // namespace

Result<void> check_request(const Preparation& with, const api::ChatRequest& request) {
  Result<void> supported = check_parameters(request);
  if (!supported) return supported;
  // No token stands for more bytes than the longest one.
  const int64_t fewest = text_bytes(request) / static_cast<int64_t>(with.model.longest_piece());
  if (fewest > with.context_tokens) {
    return refuse(too_long(request, with.context_tokens, "more than " + std::to_string(fewest)));
  }
  return {};
}

Result<Prompts> prepare_prompts(const Preparation& with, const api::ChatRequest& request) {
  Prompts made;
  std::vector<std::vector<Token>> all;
  if (request.operation == Operation::text_completion) {
    for (const std::string& prompt : request.prompts) {
      std::vector<PromptPiece> pieces{{prompt, /*trusted=*/false}};
      all.push_back(tokenize(with.model, pieces));
      // A model that wants no begin token still needs one token to start from.
      if (all.back().empty()) all.back().push_back(with.model.end_token());
    }
  } else {
    Result<Constraint> constraint = constraint_of(request);
    if (!constraint) return refuse(std::move(constraint).error());
    if (!constraint->grammar.empty() && ChatTemplate::goes_on(request)) {
      return refuse(Refusal::invalid(
          fmt::format("messages[{}]", request.messages.size() - 1),
          "The embedded model can't go on with an answer that must follow a schema; end with a "
          "message of the user.",
          "unsupported_content"));
    }
    made.constraint = std::move(*constraint);
    auto pieces = with.chat_template.render(request, made.constraint.system_text);
    if (!pieces) return refuse(std::move(pieces).error());
    all.push_back(tokenize(with.model, *pieces));
  }
  for (std::vector<Token>& tokens : all) {
    const auto size = static_cast<int64_t>(tokens.size());
    if (size >= with.context_tokens) {
      return refuse(too_long(request, with.context_tokens, std::to_string(size)));
    }
    made.prompts.push_back(std::make_shared<const std::vector<Token>>(std::move(tokens)));
  }
  return made;
}

Result<std::vector<Work>> prepare_work(const Preparation& with, const api::ChatRequest& request,
                                       const Prompts& prompts, uint64_t seed,
                                       const std::shared_ptr<Generation>& generation,
                                       const ToolReader::MakeId& make_id) {
  const api::Sampling& sampling = request.sampling;
  if (sampling.seed) seed = static_cast<uint64_t>(*sampling.seed);
  std::vector<Work> all;
  int index = 0;
  for (const auto& prompt : prompts.prompts) {
    const int64_t room = with.context_tokens - static_cast<int64_t>(prompt->size());
    const int64_t wanted = sampling.max_tokens.value_or(with.default_max_tokens);
    const int64_t max_new = std::clamp<int64_t>(wanted, 1, room);
    for (int i = 0; i < sampling.n; ++i, ++index) {
      auto answer = Answer::make(with.model, request, prompts.constraint, index,
                                 seed + static_cast<uint64_t>(index), max_new, make_id);
      if (!answer) return refuse(std::move(answer).error());
      all.push_back({generation, std::move(*answer), prompt, max_new, i == 0});
    }
  }
  return all;
}

}  // namespace gatehouse::inference::local
