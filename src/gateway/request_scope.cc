#include "gateway/request_scope.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "api/errors.h"
#include "core/client_gone.h"
#include "gateway/betas.h"
#include "gateway/ignored.h"
#include "gateway/limit_headers.h"

namespace gatehouse::gateway {
namespace {

using settlement::Outcome;

Outcome outcome_of(const Refusal& refusal) {
  switch (refusal.kind) {
    case ErrorKind::blocked:
      return Outcome::blocked;
    case ErrorKind::client_gone:
      return Outcome::client_gone;
    case ErrorKind::internal:
    case ErrorKind::upstream_error:
    case ErrorKind::upstream_timeout:
      return Outcome::failed;
    default:
      return refusal.layer == Layer::inference ? Outcome::failed : Outcome::refused;
  }
}

Refusal unknown_model(std::string_view model) {
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.layer = Layer::routing;
  refusal.code = "model_not_found";
  refusal.param = "model";
  refusal.message = fmt::format(
      "The model \"{}\" does not exist or you do not have access to it. GET /v1/models lists "
      "yours.",
      model.substr(0, 128));
  return refusal;
}

}  // namespace

RequestScope::RequestScope(net::Exchange& exchange, LoopServices& services, api::Dialect dialect,
                           std::string_view operation)
    : exchange_(exchange),
      services_(services),
      snapshot_(services.snapshot),
      dialect_(dialect),
      id_(services.loop.ids().make("req_")),
      trail_(services.loop.clock(), exchange.received_at()),
      trace_(settlement::TraceContext::accept(
          exchange.request().header("traceparent"), exchange.request().header("tracestate"),
          exchange.request().header("baggage"), services.settlement.span_ids())),
      policy_(services.snapshot->default_policy) {
  record.request_id = id_;
  record.client = exchange.request().peer_address();
  record.api = to_string(dialect);
  record.operation = operation;
  record.started = services.loop.clock().wall();
  record.trace_id = trace_.trace_id();
  record.trail = &trail_;
}

RequestScope::~RequestScope() {
  if (settled_) return;
  const Refusal gone = client_gone({});
  (void)settle(Outcome::client_gone, gone.status(), api::Usage{}, &gone);
}

Result<void> RequestScope::begin() {
  if (snapshot_->audit_enabled) {
    if (Result<void> accepting = services_.settlement.accepting(); !accepting) return accepting;
  }
  const net::Request& request = exchange_.request();
  const std::string_view key =
      admission::presented_key(request.header("authorization"), request.header("x-api-key"));
  Result<admission::Principal> principal =
      services_.admission.authenticate(key, request.peer_address());
  if (!principal) return refuse(std::move(principal.error()));
  principal_ = std::move(*principal);
  record.tenant = principal_->tenant_id();
  record.key_id = principal_->key_id();
  record.user = principal_->user_id();
  Result<void> found = use_policy(principal_->policy());
  if (!found) return found;
  trail_.note(Layer::admission, "key",
              {principal_->key_id(), " of tenant ", principal_->tenant_id()});
  if (!principal_->has_role(admission::Role::data)) {
    Refusal refusal;
    refusal.kind = ErrorKind::permission;
    refusal.layer = Layer::admission;
    refusal.code = "role_missing";
    refusal.message =
        "This key is for the admin API; the model APIs need a key with the role \"data\".";
    return refuse(std::move(refusal));
  }
  Result<std::string> betas = beta_features(exchange_.request());
  if (!betas) return refuse(std::move(betas.error()));
  betas_ = std::move(*betas);
  return {};
}

Result<void> RequestScope::use_policy(const admission::PolicyChoice& choice) {
  if (!snapshot_->firewall_enabled) return {};
  if (std::shared_ptr<const firewall::Policy> found = snapshot_->policy(choice.name)) {
    policy_ = std::move(found);
    policy_from_ = choice.by;
    return {};
  }
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::firewall;
  refusal.code = "firewall_unavailable";
  refusal.message =
      "The firewall's policy for this request is not configured; the request was not sent to a "
      "model.";
  refusal.reason = fmt::format("no policy is named \"{}\"", choice.name);
  return refuse(std::move(refusal));
}

Result<const routing::AliasSpec*> RequestScope::route(std::string_view model) {
  model_asked_ = model;
  record.model_asked = model_asked_;
  const routing::AliasSpec* alias = snapshot_->routes->find(model);
  if (!alias || !principal_->may_use_model(model)) return refuse(unknown_model(model));
  if (!alias->policy.empty()) {
    if (Result<void> found = use_policy({alias->policy, "model"}); !found) {
      return refuse(std::move(found.error()));
    }
  }
  record.policy = policy_->name();
  record.policy_version = policy_->hash();
  record.policy_from = policy_from_;
  trail_.note(Layer::routing, "alias",
              {model, " has ", std::to_string(alias->targets.size()), " target(s)"});
  left_out_ = falls_out_of_sample();
  if (left_out_) trail_.note(Layer::firewall, "sample", "not inspected: not in the sample");
  return alias;
}

bool RequestScope::falls_out_of_sample() const {
  if (policy_->spec().mode != firewall::Mode::sample) return false;
  // Ids are random enough, and a record can be checked against its own.
  const auto place = static_cast<double>(std::hash<std::string_view>{}(id_)) /
                     static_cast<double>(std::numeric_limits<size_t>::max());
  return place >= static_cast<double>(policy_->spec().sample_share);
}

Result<void> RequestScope::take_detour() {
  const std::string& to = policy_->spec().reroute_to;
  detour_ = snapshot_->routes->find(to);
  if (detour_ == nullptr) {
    Refusal refusal;
    refusal.kind = ErrorKind::unavailable;
    refusal.layer = Layer::firewall;
    refusal.code = "reroute_unavailable";
    refusal.message =
        "The model that the firewall's policy sends this request to is not configured.";
    refusal.reason = fmt::format("no model is named \"{}\"", to);
    return refuse(std::move(refusal));
  }
  trail_.note(Layer::firewall, "reroute", {"to ", to});
  return {};
}

Result<void> RequestScope::admit(int64_t estimated_tokens) {
  Result<admission::Permit> permit =
      services_.admission.admit(*principal_, model_asked_, estimated_tokens);
  if (!permit) return refuse(std::move(permit.error()));
  permit_ = std::move(*permit);
  return {};
}

Result<void> RequestScope::admit_any_model(int64_t estimated_tokens) {
  const admission::KeyEntry& key = principal_->key();
  const admission::TenantEntry& tenant = principal_->tenant();
  Result<admission::Permit> permit = admission::admit(
      key.account->limits, key.record.spec.limits, tenant.state->limits, tenant.spec.limits,
      principal_->shared_key(), estimated_tokens, services_.loop.clock());
  if (!permit) return refuse(std::move(permit.error()));
  permit_ = std::move(*permit);
  return {};
}

Result<void> RequestScope::reserve(const routing::AliasSpec& alias,
                                   const admission::TokenBound& bound) {
  bound_ = bound;
  admission::Charge most;
  for (const routing::Target& target : alias.targets) {
    const auto price = services_.admission.price(target.upstream, target.model);
    if (price) prices_.push_back({&target, *price});
    if (!snapshot_->budgets_enabled) continue;
    Result<admission::Charge> charge = services_.admission.quote(*principal_, price, bound);
    if (!charge) return refuse(std::move(charge.error()));
    most.money = std::max(most.money, charge->money);
    most.tokens = std::max(most.tokens, charge->tokens);
  }
  if (!snapshot_->budgets_enabled) return {};
  Result<admission::Reservation> reservation = services_.admission.reserve(*principal_, most, id_);
  if (!reservation) return refuse(std::move(reservation.error()));
  reservation_ = std::move(*reservation);
  record.reserved = most.money;
  trail_.number(Layer::admission, "reserve", most.tokens, "tokens",
                most.money.to_string() + " USD");
  return {};
}

bool RequestScope::budgeted() const {
  return snapshot_->budgets_enabled && services_.admission.budgeted(*principal_);
}

bool RequestScope::owe(const api::Usage& used) {
  if (used.total() <= 0) return false;
  const admission::Charge charge{cost_of(used), used.total()};
  failed_usage_.input += used.input;
  failed_usage_.cached_input += used.cached_input;
  failed_usage_.output += used.output;
  failed_usage_.estimated |= used.estimated;
  failed_ += charge;
  unpaid_ += charge;
  trail_.number(Layer::settlement, used.estimated ? "owe_at_most" : "owe", charge.tokens, "tokens",
                charge.money.to_string() + " USD, for a call that came to nothing");
  return true;
}

bool RequestScope::owe_bound() {
  api::Usage most;
  most.input = bound_.input;
  most.output = bound_.output;
  most.estimated = true;
  return owe(most);
}

bool RequestScope::reserve_again() {
  if (!reservation_.open()) return true;
  const admission::Charge most = reservation_.bound();
  reservation_.settle(std::exchange(unpaid_, {}));
  Result<admission::Reservation> next = services_.admission.reserve(*principal_, most, id_);
  if (!next) {
    trail_.note(Layer::admission, "no_fallback", next.error().code);
    return false;
  }
  reservation_ = std::move(*next);
  record.reserved += most.money;
  trail_.number(Layer::admission, "reserve", most.tokens, "tokens",
                most.money.to_string() + " USD");
  return true;
}

Result<void> RequestScope::still_allowed() const {
  if (principal_->still_valid(services_.loop.clock().wall())) return {};
  Refusal refusal;
  refusal.kind = ErrorKind::authentication;
  refusal.layer = Layer::admission;
  refusal.code = "key_revoked";
  refusal.message = "The key was revoked or has expired while the answer was streamed.";
  return refuse(std::move(refusal));
}

firewall::Vault* RequestScope::vault() {
  if (!policy_->spec().reversible_redaction || policy_->shadow()) return nullptr;
  if (!vault_) vault_.emplace();
  return &*vault_;
}

Money RequestScope::cost_of(const api::Usage& usage) const {
  const auto served = std::find_if(prices_.begin(), prices_.end(), [this](const auto& priced) {
    return priced.target->upstream == record.upstream &&
           priced.target->model == record.model_served;
  });
  if (served == prices_.end()) return Money{};
  return served->price.cost(
      {usage.input, usage.cached_input, usage.output, usage.cache_write_input});
}

Result<void> RequestScope::settle(Outcome outcome, int status, const api::Usage& usage,
                                  const Refusal* error) {
  if (std::exchange(settled_, true)) return {};
  const admission::Charge answered{cost_of(usage), usage.total()};
  admission::Charge all = answered;
  all += failed_;
  admission::Charge due = answered;
  due += unpaid_;
  if (reservation_.open()) reservation_.settle(due);
  permit_.finish(all.tokens);
  if (all.tokens > 0) {
    trail_.number(Layer::settlement, "settle", all.tokens, "tokens",
                  all.money.to_string() + " USD");
  }
  record.input_tokens = usage.input + failed_usage_.input;
  record.cached_tokens = usage.cached_input + failed_usage_.cached_input;
  record.output_tokens = usage.output + failed_usage_.output;
  record.usage_estimated = usage.estimated || failed_usage_.estimated;
  record.cost = all.money;
  record.outcome = outcome;
  record.status = status;
  record.error = error;
  record.total_time = services_.loop.clock().steady() - trail_.start();
  if (snapshot_->audit_enabled) return services_.settlement.settle(record);
  services_.settlement.count(record);
  return {};
}

net::Headers RequestScope::headers() const {
  net::Headers headers;
  headers.add("x-request-id", id_);
  if (dialect_ == api::Dialect::anthropic) {
    headers.add("request-id", id_);
  } else {
    const Nanos spent = services_.loop.clock().steady() - trail_.start();
    headers.add("openai-processing-ms",
                std::chrono::duration_cast<std::chrono::milliseconds>(spent).count());
  }
  if (permit_.holds()) {
    add_limit_headers(headers, dialect_, permit_.figures(), services_.loop.clock());
  }
  if (!confirmation.empty()) headers.add("x-gatehouse-confirm", confirmation);
  if (!ignored.empty()) headers.add("x-gatehouse-ignored", fields_named(ignored));
  return headers;
}

Task<void> RequestScope::fail(Refusal refusal, api::Usage usage) {
  net::Response response;
  response.headers = headers();  // before the permit ends
  trail_.note(refusal.layer, "refuse", refusal.code);
  const api::ErrorResponse error = api::render_error(refusal, dialect_, id_);
  (void)settle(outcome_of(refusal), error.status, usage, &refusal);
  response.status = error.status;
  response.headers.add("content-type", "application/json");
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  response.body = error.body;
  co_await exchange_.respond(std::move(response));
}

Task<void> RequestScope::answer(std::string body, api::Usage usage) {
  net::Response response;
  response.headers = headers();
  response.headers.add("content-type", "application/json");
  Result<void> settled = settle(Outcome::completed, 200, usage);
  if (!settled) {
    const api::ErrorResponse error = api::render_error(settled.error(), dialect_, id_);
    response.status = error.status;
    for (const auto& [name, value] : error.headers) response.headers.add(name, value);
    response.body = error.body;
  } else {
    response.body = std::move(body);
  }
  co_await exchange_.respond(std::move(response));
}

void RequestScope::record_verdict(const firewall::Verdict& verdict, firewall::Direction direction) {
  for (const firewall::Judged& judged : verdict.findings) {
    settlement::Verdict entry;
    entry.direction = to_string(direction);
    entry.category = to_string(judged.finding.category);
    entry.action = to_string(judged.action);
    entry.detector = judged.finding.evidence;
    entry.rule = judged.finding.rule;
    entry.score = static_cast<double>(judged.finding.score);
    entry.threshold = static_cast<double>(judged.threshold);
    entry.shadow = verdict.action != verdict.unshadowed;
    const auto same = std::find_if(
        record.verdicts.begin(), record.verdicts.end(), [&entry](const settlement::Verdict& other) {
          return other.direction == entry.direction && other.rule == entry.rule &&
                 other.action == entry.action;
        });
    if (same == record.verdicts.end()) {
      record.verdicts.push_back(entry);
    } else {
      ++same->count;
      same->score = std::max(same->score, entry.score);
    }
  }
  if (verdict.skipped.has(firewall::Detector::precise)) {
    record.second_opinion = "skipped";
  } else if (verdict.ran.has(firewall::Detector::precise)) {
    record.second_opinion = "asked";
  }
}

void RequestScope::hash_prompt(const api::ChatRequest& request) {
  if (!snapshot_->audit_enabled) return;
  settlement::PromptHasher& hasher = services_.settlement.prompt_hasher();
  hasher.begin(record.tenant);
  for (const api::Message& message : request.messages) {
    hasher.add(to_string(message.role));
    for (const api::Part& part : message.parts)
      hasher.add(part.text.empty() ? part.raw : part.text);
    for (const api::ToolCall& call : message.tool_calls) hasher.add(call.arguments);
  }
  for (const std::string& prompt : request.prompts) hasher.add(prompt);
  prompt_hmac_ = hasher.finish();
  record.prompt_hmac = prompt_hmac_;
}

void RequestScope::hash_prompt(const api::EmbeddingRequest& request) {
  if (!snapshot_->audit_enabled) return;
  settlement::PromptHasher& hasher = services_.settlement.prompt_hasher();
  hasher.begin(record.tenant);
  for (const std::string& input : request.inputs) hasher.add(input);
  prompt_hmac_ = hasher.finish();
  record.prompt_hmac = prompt_hmac_;
}

}  // namespace gatehouse::gateway
