#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "core/clock.h"
#include "core/money.h"
#include "core/refusal.h"
#include "core/trail.h"

namespace gatehouse::settlement {

/// How a request ended, seen from the caller.
enum class Outcome : unsigned char {
  completed,    // the whole answer was given
  refused,      // Gatehouse said no before a model was asked: admission, firewall, limits, …
  blocked,      // the firewall stopped the answer, or the prompt
  failed,       // an upstream or Gatehouse itself failed
  client_gone,  // the caller left before the end
};
std::string_view to_string(Outcome outcome);

/// Something that the firewall found and what the policy made of it.
struct Verdict {
  std::string_view direction = {};  // "input" or "output"
  std::string_view category = {};   // "injection", "pii", "secret", …
  std::string_view action = {};     // "allow", "flag", "redact", "block"
  std::string_view detector = {};   // with its version: "linear/3", "checksum/1"
  std::string_view rule = {};       // the rule's id, "pii.card"; empty for a detector without rules
  double score = 0;
  double threshold = 0;
  uint32_t count = 1;   // places where it was found
  bool shadow = false;  // recorded, not enforced
};

/// All that is kept of one request. The strings are views into the request's own state and need to
/// live only until `settle` returns; an empty one means "not known" or "does not apply". Nothing
/// here may hold content of a prompt or an answer.
struct RequestRecord {
  // Who
  std::string_view request_id;  // "req_…"
  std::string_view tenant;
  std::string_view key_id;  // names the key, is not the key
  std::string_view user;    // as the key or the `user` field says
  std::string_view client;  // the peer's address

  // What was asked
  std::string_view api;        // wire format: "openai", "anthropic"
  std::string_view operation;  // gen_ai.operation.name: "chat", "text_completion", "embeddings", …
  bool stream = false;
  std::string_view model_asked;
  /// 64 hex digits from `PromptHasher`; empty if there was no prompt to hash.
  std::string_view prompt_hmac;

  // What answered
  std::string_view model_served;
  std::string_view upstream;
  std::string_view provider;  // gen_ai.provider.name
  uint32_t attempts = 0;      // upstreams tried

  // The firewall
  std::string_view policy;
  std::string_view policy_version;  // hash of the policy's content
  /// Whose choice it was: "model", "key", "tenant" or "default". Static.
  std::string_view policy_from;
  boost::container::small_vector<Verdict, 4> verdicts;
  /// Of the firewall's precise tier: "asked", "skipped" where it was wanted and could not be asked,
  /// or empty where nothing was in doubt. Static.
  std::string_view second_opinion;

  // Usage. Input counts include cached tokens.
  int64_t input_tokens = 0;
  int64_t cached_tokens = 0;
  int64_t output_tokens = 0;
  bool usage_estimated = false;  // the upstream did not say, or the client left
  Money reserved;                // what the budget held back at admission
  Money cost;                    // what was settled

  // When
  WallTime started;
  Nanos firewall_input_time{0};
  Nanos firewall_output_time{0};
  Nanos queue_time{0};     // waiting for a slot of the model
  Nanos upstream_time{0};  // from the first upstream's request to the last byte of its answer
  std::optional<Nanos> first_token_time;  // from the start of the request; streams only
  Nanos total_time{0};

  // How it ended
  Outcome outcome = Outcome::completed;
  int status = 200;
  const Refusal* error = nullptr;  // its code, layer and private reason are kept

  /// Failed authentications that this one record stands for; 0: it is a request's own.
  uint64_t folded = 0;

  // Trace
  std::string_view trace_id;  // 32 hex digits
  const DecisionTrail* trail = nullptr;
};

}  // namespace gatehouse::settlement
