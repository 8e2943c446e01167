#pragma once

#include <string>

#include "api/chat.h"
#include "core/result.h"

namespace gatehouse::inference::local {

/// What a request demands of the form of its answer, as grammars (GBNF) for the sampler.
struct Constraint {
  std::string grammar;  // of the whole answer; empty: free text
  /// Of what follows "<tool_call>", once the model decides to call a tool; empty: no tools.
  std::string call_grammar;
  bool calls_only = false;  // `grammar` makes the answer a call
  std::string system_text;  // tells the model what it may call or must write
};

inline constexpr std::string_view kCallBegin = "<tool_call>";
inline constexpr std::string_view kCallEnd = "</tool_call>";

/// From `response_format`, `tools` and `tool_choice`. Refuses schemas that cannot be enforced,
/// rather than answering without them. Costs up to some milliseconds: not for event loops.
Result<Constraint> constraint_of(const api::ChatRequest& request);

}  // namespace gatehouse::inference::local
