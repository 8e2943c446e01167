#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/chat.h"
#include "core/result.h"
#include "inference/local/chat_template.h"
#include "inference/local/engine.h"

namespace gatehouse::inference::local {

/// What turns requests into the engine's work.
struct Preparation {
  const Model& model;
  const ChatTemplate& chat_template;
  int64_t context_tokens;      // of a prompt and its answer together
  int64_t default_max_tokens;  // where the request sets none
};

/// The cheap checks, for the event loop: parameters that this engine cannot honour are refused, and
/// so is a text that is too long whatever its tokens turn out to be.
Result<void> check_request(const Preparation& with, const api::ChatRequest& request);

struct Prompts {
  Constraint constraint;
  std::vector<std::shared_ptr<const std::vector<Token>>> prompts;  // one, or one a text completion
};

/// Renders and tokenises. Off the event loop. Refuses a prompt that leaves no room for an answer.
Result<Prompts> prepare_prompts(const Preparation& with, const api::ChatRequest& request);

/// The choices of a request, `n` for each prompt. `seed` is used if the request names none.
Result<std::vector<Work>> prepare_work(const Preparation& with, const api::ChatRequest& request,
                                       const Prompts& prompts, uint64_t seed,
                                       const std::shared_ptr<Generation>& generation,
                                       const ToolReader::MakeId& make_id);

}  // namespace gatehouse::inference::local
