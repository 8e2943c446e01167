#include "gateway/input_guard.h"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "firewall/firewall.h"
#include "firewall/leak/canary.h"
#include "gateway/input_texts.h"
#include "gateway/spotlight.h"
#include "gateway/system_prompt.h"
#include "gateway/verdict_actions.h"

namespace gatehouse::gateway {
namespace {

using firewall::Segment;
using firewall::Source;

/// Above this much an inspection would hold up the other requests of the loop.
constexpr size_t kInlineBytes = 32 * 1024;
/// Above this many jobs of the workers nobody waits for a second opinion: at some 10 ms each it
/// would be a third of a second on one core, and the workers have other work.
constexpr size_t kBusyWorkers = 32;

/// What a text costs beside its bytes, in bytes.
constexpr size_t kSegmentBytes = 96;
/// What one job of the workers takes of many texts: some 20 ms, so that others get their turn.
constexpr size_t kJobBytes = 256 * 1024;

size_t work_of(std::span<const Segment> segments) {
  size_t work = 0;
  for (const Segment& segment : segments) work += segment.text.size() + kSegmentBytes;
  return work;
}

/// Inspects segments as the scope's policy says. Holds what an inspection needs, so that it can run
/// on a worker.
struct Inspection {
  const firewall::Firewall& firewall;
  const firewall::Policy& policy;
  firewall::Vault* vault;  // null: what is redacted is gone for good
  firewall::Caller caller;

  Inspection(RequestScope& scope, firewall::Vault* kept)
      : firewall(scope.services().firewall),
        policy(*scope.policy()),
        vault(kept),
        caller{scope.record.tenant, scope.record.key_id} {}

  firewall::InputVerdict operator()(std::span<const Segment> segments,
                                    firewall::Effort effort) const {
    return firewall.inspect_input(policy, segments, vault, caller, effort);
  }
};

/// Runs the inspection, on the loop if it is short. What the fast tier is unsure of goes to a
/// worker, where the precise tier has its milliseconds.
Task<Result<firewall::InputVerdict>> inspect(RequestScope& scope, std::span<const Segment> segments,
                                             firewall::Vault* vault) {
  LoopServices& services = scope.services();
  const Inspection inspection(scope, vault);
  firewall::InputVerdict verdict;
  if (work_of(segments) <= kInlineBytes) {
    verdict = inspection(segments, firewall::Effort::fast);
    if (!verdict.unsure) co_return verdict;
    if (services.workers.pending() >= kBusyWorkers) {
      co_return inspection(segments, firewall::Effort::alone);
    }
  }
  std::function<void()> job = [&verdict, &inspection, segments] {
    verdict = inspection(segments, firewall::Effort::whole);
  };
  Result<void> ran = co_await services.workers.run(std::move(job));
  if (ran) {
    services.firewall.remember(verdict);
    co_return verdict;
  }
  if (!verdict.unsure) co_return refuse(std::move(ran.error()));
  // The workers are busy: what the policy says of a precise tier that cannot run decides.
  co_return inspection(segments, firewall::Effort::alone);
}

/// Inspects, replaces and does what else the verdict calls for; `edited` tells whether a text
/// changed. Gives all that it calls for.
Task<Result<firewall::ActionSet>> guard(RequestScope& scope, InputTexts& texts,
                                        firewall::Vault* vault, bool& edited) {
  const Clock& clock = scope.services().loop.clock();
  const SteadyTime begin = clock.steady();
  Result<firewall::InputVerdict> verdict = co_await inspect(scope, texts.segments(), vault);
  scope.record.firewall_input_time += clock.steady() - begin;
  if (!verdict) co_return refuse(std::move(verdict.error()));
  scope.record_verdict(*verdict, firewall::Direction::input);
  verdict->note(scope.trail(), *scope.policy(), texts.segments());
  if (verdict->blocks()) co_return refuse(verdict->refusal(texts.segments()));
  Result<void> done = co_await carry_out(scope, *verdict, texts.segments());
  if (!done) co_return refuse(std::move(done.error()));
  for (firewall::Replacement& replacement : verdict->replacements) {
    Result<void> written = texts.replace(replacement.segment, std::move(replacement.text));
    if (!written) co_return refuse(std::move(written.error()));
    edited = true;
  }
  co_return verdict->called_for;
}

/// Token ids of a vocabulary that only the upstream knows can't be read. Where a policy enforces
/// nothing on documents they may pass.
Result<void> refuse_tokens(RequestScope& scope, const api::EmbeddingRequest& request) {
  if (request.token_inputs.empty()) return {};
  const firewall::Policy& policy = *scope.policy();
  if (policy.shadow() || !policy.inspects(Source::retrieved)) {
    scope.trail().note(Layer::firewall, "token_ids", "passed without being read");
    return {};
  }
  return refuse(Refusal::invalid(
      "input",
      "Token ids can't be checked for what they say; send text. (LangChain's OpenAIEmbeddings "
      "sends text with check_embedding_ctx_length=False.)",
      "unsupported_value"));
}

/// A keyed hash of the tenant, the system prompt and what it is for, the same for each request with
/// that prompt. Valid until the hasher's next use.
std::string_view prompt_secret(RequestScope& scope, const api::ChatRequest& request,
                               std::string_view use) {
  settlement::PromptHasher& hasher = scope.services().settlement.prompt_hasher();
  hasher.begin(scope.record.tenant);
  hasher.add(use);
  hasher.add(system_prompt_of(request));
  return hasher.finish();
}

/// Puts the canary behind the last system text; where there is none nothing could leak.
void plant_canary(RequestScope& scope, api::ChatRequest& request) {
  if (!scope.policy()->spec().canary) return;
  std::string* system = last_system_text(request);
  if (system == nullptr) return;
  scope.canary() = firewall::make_canary(prompt_secret(scope, request, "canary"));
  const std::string sentence = "\n\n" + firewall::canary_sentence(scope.canary());
  *system += sentence;
  scope.added_bytes += static_cast<int64_t>(sentence.size());
  request.edited = true;
  scope.trail().note(Layer::firewall, "canary", "planted in the system prompt");
}

void spotlight(RequestScope& scope, api::ChatRequest& request) {
  const firewall::Spotlight how = scope.policy()->spec().spotlight;
  if (how == firewall::Spotlight::off) return;
  const size_t added = set_apart(request, how, prompt_secret(scope, request, "spotlight"));
  if (added == 0) return;
  scope.added_bytes += static_cast<int64_t>(added);
  scope.trail().number(Layer::firewall, "spotlight", static_cast<int64_t>(added), "bytes",
                       to_string(how));
}

/// What the policy adds to a request that may pass.
void add_own(RequestScope& scope, api::ChatRequest& request) {
  if (scope.policy()->shadow()) return;
  plant_canary(scope, request);
  spotlight(scope, request);
}

/// What no detector reads is told, so that nobody takes it for inspected. Of files
/// `read_documents` tells.
void note_unread(RequestScope& scope, const api::ChatRequest& request) {
  size_t unread = 0;
  for (const api::Message& message : request.messages) {
    for (const api::Part& part : message.parts) {
      using Kind = api::Part::Kind;
      unread += part.kind == Kind::image || part.kind == Kind::audio ? 1 : 0;
    }
  }
  if (unread == 0) return;
  scope.trail().note(Layer::firewall, "unread",
                     fmt::format("{} images or sounds passed without being read", unread));
}

}  // namespace

Task<Result<void>> guard_input(RequestScope& scope, api::ChatRequest& request) {
  if (!scope.inspected()) co_return Result<void>{};
  note_unread(scope, request);
  const SteadyTime begin = scope.services().loop.clock().steady();
  if (Result<void> read = co_await read_documents(scope, request); !read) co_return read;
  scope.record.firewall_input_time += scope.services().loop.clock().steady() - begin;
  InputTexts texts(request, scope.documents);
  const Result<firewall::ActionSet> passed =
      co_await guard(scope, texts, scope.vault(), request.edited);
  if (!passed) co_return refuse(passed.error());
  if (passed->has(firewall::Action::reroute)) {
    if (Result<void> detour = scope.take_detour(); !detour) co_return detour;
  }
  add_own(scope, request);
  co_return Result<void>{};
}

Task<Result<std::vector<firewall::InputVerdict>>> judge_user_texts(
    RequestScope& scope, std::span<const std::string> texts) {
  std::vector<Segment> segments;
  segments.reserve(texts.size());
  for (const std::string& text : texts) segments.push_back({Source::user, text, 0, 0});
  std::vector<firewall::InputVerdict> verdicts;
  verdicts.reserve(texts.size());
  std::span<const Segment> left = segments;
  if (work_of(left) <= kInlineBytes) {
    for (const Segment& segment : segments) {
      Result<firewall::InputVerdict> verdict = co_await inspect(scope, {&segment, 1}, nullptr);
      if (!verdict) co_return refuse(std::move(verdict.error()));
      verdicts.push_back(std::move(*verdict));
    }
    co_return verdicts;
  }
  // One after the other on the loop would hold up its other requests.
  const Inspection inspection(scope, nullptr);
  while (!left.empty()) {
    std::function<void()> job = [&verdicts, &inspection, &left] {
      for (size_t work = 0; !left.empty() && work < kJobBytes; left = left.subspan(1)) {
        work += work_of(left.first(1));
        verdicts.push_back(inspection(left.first(1), firewall::Effort::whole));
      }
    };
    Result<void> ran = co_await scope.services().workers.run(std::move(job));
    if (!ran) co_return refuse(std::move(ran.error()));
  }
  co_return verdicts;
}

Task<Result<void>> guard_embedding_input(RequestScope& scope, api::EmbeddingRequest& request) {
  if (!scope.inspected()) co_return Result<void>{};
  if (Result<void> readable = refuse_tokens(scope, request); !readable) co_return readable;
  InputTexts texts(request);
  const Result<firewall::ActionSet> passed = co_await guard(scope, texts, nullptr, request.edited);
  if (!passed) co_return refuse(passed.error());
  co_return Result<void>{};
}

}  // namespace gatehouse::gateway
