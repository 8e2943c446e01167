#include "gateway/input_guard.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "firewall/firewall.h"
#include "firewall/leak/canary.h"

namespace gatehouse::gateway {
namespace {

using firewall::Segment;
using firewall::Source;

/// Above this many bytes an inspection would hold up the other requests of the loop.
constexpr size_t kInlineBytes = 32 * 1024;
/// Above this many jobs of the workers nobody waits for a second opinion: at some 10 ms each it
/// would be a third of a second on one core, and the workers have other work.
constexpr size_t kBusyWorkers = 32;

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

/// The texts to inspect, and where each one's replacement goes.
struct Texts {
  std::vector<Segment> segments;
  std::vector<std::string*> places;
  firewall::Vault* vault = nullptr;  // null: what is redacted is gone for good
  size_t bytes = 0;

  void add(Source source, std::string& text, size_t message, size_t part, bool json = false) {
    if (text.empty()) return;
    segments.push_back(
        {source, text, static_cast<uint32_t>(message), static_cast<uint32_t>(part), json});
    places.push_back(&text);
    bytes += text.size();
  }
};

Texts texts_of(api::ChatRequest& request) {
  Texts texts;
  for (size_t i = 0; i < request.messages.size(); ++i) {
    api::Message& message = request.messages[i];
    for (size_t j = 0; j < message.parts.size(); ++j) {
      api::Part& part = message.parts[j];
      // A document that the user attaches is not the user speaking.
      const bool document = part.kind == api::Part::Kind::file;
      texts.add(document ? Source::retrieved : source_of(message.role), part.text, i, j,
                message.role == api::Role::tool);
    }
    for (size_t j = 0; j < message.tool_calls.size(); ++j) {
      texts.add(Source::assistant, message.tool_calls[j].arguments, i, message.parts.size() + j,
                true);
    }
  }
  for (size_t i = 0; i < request.prompts.size(); ++i) {
    texts.add(Source::user, request.prompts[i], i, 0);
  }
  return texts;
}

/// Runs the inspection, on the loop if it is short. What the fast tier is unsure of goes to a
/// worker, where the precise tier has its milliseconds.
Task<Result<firewall::InputVerdict>> inspect(RequestScope& scope, const Texts& texts) {
  LoopServices& services = scope.services();
  const firewall::Policy& policy = *scope.policy();
  const firewall::Caller caller{scope.record.tenant, scope.record.key_id};
  const auto inspect_with = [&services, &policy, &texts, caller](firewall::Effort effort) {
    return services.firewall.inspect_input(policy, texts.segments, texts.vault, caller, effort);
  };
  firewall::InputVerdict verdict;
  if (texts.bytes <= kInlineBytes) {
    verdict = inspect_with(firewall::Effort::fast);
    if (!verdict.unsure) co_return verdict;
    if (services.workers.pending() >= kBusyWorkers) {
      co_return inspect_with(firewall::Effort::alone);
    }
  }
  std::function<void()> job = [&verdict, &inspect_with] {
    verdict = inspect_with(firewall::Effort::whole);
  };
  Result<void> ran = co_await services.workers.run(std::move(job));
  if (ran) co_return verdict;
  if (!verdict.unsure) co_return refuse(std::move(ran.error()));
  // The workers are busy: what the policy says of a precise tier that cannot run decides.
  co_return inspect_with(firewall::Effort::alone);
}

/// Inspects and replaces; `edited` tells whether a text changed.
Task<Result<void>> guard(RequestScope& scope, Texts& texts, bool& edited) {
  const Clock& clock = scope.services().loop.clock();
  const SteadyTime begin = clock.steady();
  Result<firewall::InputVerdict> verdict = co_await inspect(scope, texts);
  scope.record.firewall_input_time += clock.steady() - begin;
  if (!verdict) co_return refuse(std::move(verdict.error()));
  scope.record_verdict(*verdict, firewall::Direction::input);
  verdict->note(scope.trail(), *scope.policy(), texts.segments);
  if (verdict->blocks()) co_return refuse(verdict->refusal(texts.segments));
  for (firewall::Replacement& replacement : verdict->replacements) {
    *texts.places[replacement.segment] = std::move(replacement.text);
    edited = true;
  }
  co_return Result<void>{};
}

/// Puts the canary behind the last system text. It depends on the tenant, the prompt and the
/// installation's key alone.
void plant_canary(RequestScope& scope, api::ChatRequest& request) {
  const firewall::Policy& policy = *scope.policy();
  if (!policy.spec().canary || policy.shadow()) return;
  const auto is_system = [](const api::Message& message) {
    return (message.role == api::Role::system || message.role == api::Role::developer) &&
           !message.parts.empty() && message.parts.back().kind == api::Part::Kind::text;
  };
  const auto last = std::find_if(request.messages.rbegin(), request.messages.rend(), is_system);
  if (last == request.messages.rend()) return;  // nothing that could leak
  settlement::PromptHasher& hasher = scope.services().settlement.prompt_hasher();
  hasher.begin(scope.record.tenant);
  hasher.add("canary");
  hasher.add(system_prompt_of(request));
  scope.canary() = firewall::make_canary(hasher.finish());
  last->parts.back().text += "\n\n" + firewall::canary_sentence(scope.canary());
  request.edited = true;
  scope.trail().note(Layer::firewall, "canary", "planted in the system prompt");
}

}  // namespace

std::string system_prompt_of(const api::ChatRequest& request) {
  std::string joined;
  for (const api::Message& message : request.messages) {
    if (message.role != api::Role::system && message.role != api::Role::developer) continue;
    if (!joined.empty()) joined.push_back('\n');
    joined += message.text();
  }
  return joined;
}

std::vector<std::string_view> sources_of(const api::ChatRequest& request) {
  std::vector<std::string_view> sources;
  for (const api::Message& message : request.messages) {
    for (const api::Part& part : message.parts) {
      const bool source = message.role == api::Role::tool || part.kind == api::Part::Kind::file;
      if (source && !part.text.empty()) sources.emplace_back(part.text);
    }
  }
  return sources;
}

Task<Result<void>> guard_input(RequestScope& scope, api::ChatRequest& request) {
  if (!scope.snapshot().firewall_enabled) co_return Result<void>{};
  Texts texts = texts_of(request);
  texts.vault = scope.vault();
  Result<void> passed = co_await guard(scope, texts, request.edited);
  if (passed) plant_canary(scope, request);
  co_return passed;
}

Task<Result<firewall::InputVerdict>> judge_user_text(RequestScope& scope, const std::string& text) {
  Texts texts;
  texts.segments.push_back({Source::user, text, 0, 0});
  texts.bytes = text.size();
  co_return co_await inspect(scope, texts);
}

Task<Result<void>> guard_embedding_input(RequestScope& scope, api::EmbeddingRequest& request) {
  if (!scope.snapshot().firewall_enabled) co_return Result<void>{};
  Texts texts;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    texts.add(Source::retrieved, request.inputs[i], i, 0);
  }
  co_return co_await guard(scope, texts, request.edited);
}

}  // namespace gatehouse::gateway
