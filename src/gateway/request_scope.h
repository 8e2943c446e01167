#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "api/chat.h"
#include "core/task.h"
#include "core/trail.h"
#include "firewall/firewall.h"
#include "firewall/pii/vault.h"
#include "gateway/documents.h"
#include "gateway/services.h"
#include "net/server.h"
#include "routing/routes.h"
#include "settlement/record.h"
#include "settlement/trace.h"

namespace gatehouse::gateway {

/// One request from its head to its audit record. An endpoint calls, in this order: `begin`,
/// `route`, `admit`, `reserve`, then `settle` once before the last bytes of the answer are sent, or
/// `fail`. What is not settled when the scope ends is settled as a client that left. Belongs to one
/// event loop.
class RequestScope {
 public:
  /// `operation` is a literal: OpenTelemetry's gen_ai.operation.name.
  RequestScope(net::Exchange& exchange, LoopServices& services, api::Dialect dialect,
               std::string_view operation);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  /// Whether requests are taken at all, and whose this one is.
  Result<void> begin();
  /// The alias of a model name, if the key may use it.
  Result<const routing::AliasSpec*> route(std::string_view model);
  /// Sends the request where the policy's `reroute_to` says, whatever its key may use.
  Result<void> take_detour();
  /// `asked` unless the request was sent elsewhere.
  const routing::AliasSpec& answering(const routing::AliasSpec& asked) const {
    return detour_ != nullptr ? *detour_ : asked;
  }
  /// Rate, token and concurrency limits of key and tenant, with the request's likely size.
  Result<void> admit(int64_t estimated_tokens);
  /// The same for what asks no model.
  Result<void> admit_any_model(int64_t estimated_tokens);
  /// Holds the most that the request can cost at any target of the alias.
  Result<void> reserve(const routing::AliasSpec& alias, const admission::TokenBound& bound);
  /// Whether a budget limits what the request may cost.
  bool budgeted() const;
  /// Adds what a call to an upstream used that came to nothing to what the request is charged.
  /// False if that is nothing.
  bool owe(const api::Usage& used);
  /// The same where the upstream may have billed anything up to what was reserved (decision 0041).
  bool owe_bound();
  /// Settles what is owed and reserves the bound anew, for a call to another upstream. False if the
  /// budgets have no room for it.
  bool reserve_again();
  /// The key was not revoked meanwhile.
  Result<void> still_allowed() const;

  /// Ends the request's accounts: charges what was used, gives back the rest, writes the audit
  /// record, counts. An error means that no record could be written and the answer must not be
  /// given. Only the first call counts.
  Result<void> settle(settlement::Outcome outcome, int status, const api::Usage& usage,
                      const Refusal* error = nullptr);

  /// Settles and answers with the error in the caller's dialect.
  Task<void> fail(Refusal refusal, api::Usage usage = {});
  /// Settles as completed and answers with a JSON body.
  Task<void> answer(std::string body, api::Usage usage);

  /// Headers of every answer: request id, limits, processing time, what was ignored.
  net::Headers headers() const;

  void record_verdict(const firewall::Verdict& verdict, firewall::Direction direction);
  /// Puts the keyed hash of the prompt, as the client sent it, into the record.
  void hash_prompt(const api::ChatRequest& request);
  void hash_prompt(const api::EmbeddingRequest& request);

  net::Exchange& exchange() { return exchange_; }
  LoopServices& services() { return services_; }
  DecisionTrail& trail() { return trail_; }
  const settlement::TraceContext& trace() const { return trace_; }
  const std::string& id() const { return id_; }
  api::Dialect dialect() const { return dialect_; }
  /// What the client's `anthropic-beta` asks for; empty if nothing.
  const std::string& betas() const { return betas_; }
  const admission::Principal& principal() const { return *principal_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  /// The firewall policy of the route, else of the key, else of the tenant, else the default.
  const std::shared_ptr<const firewall::Policy>& policy() const { return policy_; }
  /// Whether the firewall looks at this request. Only after `route`.
  bool inspected() const { return snapshot_->firewall_enabled && !left_out_; }
  /// What was redacted in the input, to be put back in the answer; null if the policy says that
  /// redaction is final. Only after `route`, which may choose another policy.
  firewall::Vault* vault();
  /// The token planted in the system prompt; empty if none.
  std::string_view canary() const { return canary_; }
  std::string& canary() { return canary_; }

  settlement::RequestRecord record;
  /// What was read of the files in the request (`read_documents`).
  std::vector<DocumentText> documents;
  /// What the upstream asked last did not honour of the request, as "seed: why".
  std::vector<std::string> ignored;
  /// How much longer the prompt is than what the client sent, by sentences and marks of Gatehouse's
  /// own.
  int64_t added_bytes = 0;
  /// What confirms the request that an error says must be confirmed; empty if none must.
  std::string confirmation;

 private:
  /// Takes the policy of that name, `from` being whose choice it is; the default one if it is
  /// empty. Refuses a name that no policy has.
  Result<void> use_policy(const admission::PolicyChoice& choice);
  /// Whether the policy's mode leaves this request out.
  bool falls_out_of_sample() const;
  /// The tokens' cost at the upstream that answered, at the price of the reservation.
  Money cost_of(const api::Usage& usage) const;

  struct TargetPrice {
    const routing::Target* target;  // of snapshot_
    admission::ModelPrice price;
  };

  net::Exchange& exchange_;
  LoopServices& services_;
  std::shared_ptr<const Snapshot> snapshot_;  // the one that the request began with
  api::Dialect dialect_;
  std::string id_;
  DecisionTrail trail_;
  settlement::TraceContext trace_;
  std::optional<admission::Principal> principal_;
  admission::Permit permit_;
  admission::Reservation reservation_;
  admission::TokenBound bound_;
  /// Of the targets that have one, as it was when the bound was reserved: at any later price the
  /// bound would be none.
  std::vector<TargetPrice> prices_;
  api::Usage failed_usage_;   // of calls that came to nothing
  admission::Charge failed_;  // the same, charged
  admission::Charge unpaid_;  // the part of it that the open reservation is to be settled with
  std::shared_ptr<const firewall::Policy> policy_;
  std::string_view policy_from_ = "default";
  std::optional<firewall::Vault> vault_;
  std::string canary_;
  std::string model_asked_, prompt_hmac_, betas_;
  const routing::AliasSpec* detour_ = nullptr;  // of snapshot_
  bool left_out_ = false;
  bool settled_ = false;
};

}  // namespace gatehouse::gateway
