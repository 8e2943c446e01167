#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/requests.h"
#include "api/responses.h"
#include "gateway/endpoints.h"
#include "gateway/input_guard.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kModel = "gatehouse-firewall";
/// What clients ask for: OpenAI's names, all answered by the firewall.
constexpr std::string_view kNames[] = {kModel,
                                       "omni-moderation-latest",
                                       "omni-moderation-2024-09-26",
                                       "text-moderation-latest",
                                       "text-moderation-stable",
                                       "text-moderation-007"};

/// A request need not name one.
bool is_known(std::string_view model) {
  return model.empty() ||
         std::find(std::begin(kNames), std::end(kNames), model) != std::end(kNames);
}

Refusal unknown_model(std::string_view model) {
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.layer = Layer::routing;
  refusal.code = "model_not_found";
  refusal.param = "model";
  refusal.message =
      fmt::format("The model \"{}\" does not exist for moderations; send 'omni-moderation-latest'.",
                  model.substr(0, 128));
  return refusal;
}

/// OpenAI's name of a category where it has one, else Gatehouse's own.
std::string moderation_name(firewall::Category category) {
  switch (category) {
    case firewall::Category::hate:
      return "hate";
    case firewall::Category::harassment:
      return "harassment";
    case firewall::Category::self_harm:
      return "self-harm";
    case firewall::Category::sexual:
      return "sexual";
    case firewall::Category::violence:
      return "violence";
    case firewall::Category::illicit:
      return "illicit";
    default:
      return std::string(to_string(category));
  }
}

api::ModerationResult result_of(const firewall::InputVerdict& verdict) {
  api::ModerationResult result;
  for (const firewall::Judged& judged : verdict.findings) {
    const std::string name = moderation_name(judged.finding.category);
    auto it = std::find_if(result.categories.begin(), result.categories.end(),
                           [&name](const auto& category) { return category.name == name; });
    if (it == result.categories.end()) {
      it = result.categories.insert(it, {name, false, 0});
    }
    it->score = std::max(it->score, static_cast<double>(judged.finding.score));
    it->flagged |= judged.action != firewall::Action::allow;
  }
  return result;
}

}  // namespace

Task<void> serve_moderations(net::Exchange& exchange, LoopServices& services) {
  RequestScope scope(exchange, services, api::Dialect::openai, "moderations");
  if (Result<void> begun = scope.begin(); !begun) {
    co_await scope.fail(std::move(begun.error()));
    co_return;
  }
  const auto bytes = static_cast<int64_t>(exchange.request().body().size());
  Result<api::ModerationRequest> request =
      api::parse_openai_moderation(std::move(exchange.request().body()));
  if (!request) {
    co_await scope.fail(std::move(request.error()));
    co_return;
  }
  if (!is_known(request->model)) {
    co_await scope.fail(unknown_model(request->model));
    co_return;
  }
  if (Result<void> admitted = scope.admit_any_model(bytes / 4); !admitted) {
    co_await scope.fail(std::move(admitted.error()));
    co_return;
  }
  std::vector<api::ModerationResult> results;
  if (request->multimodal) {
    std::string joined;
    for (const std::string& input : request->inputs) joined += input + "\n";
    request->inputs = {std::move(joined)};
  }
  Result<std::vector<firewall::InputVerdict>> verdicts =
      co_await judge_user_texts(scope, request->inputs);
  if (!verdicts) {
    co_await scope.fail(std::move(verdicts.error()));
    co_return;
  }
  for (const firewall::InputVerdict& verdict : *verdicts) {
    // "Not flagged" would be a lie about what no detector has seen.
    if (verdict.cannot_run) {
      verdict.note(scope.trail(), *scope.policy());
      co_await scope.fail(verdict.refusal());
      co_return;
    }
    results.push_back(result_of(verdict));
  }
  std::string body = api::render_moderations(services.loop.ids().make("modr-"), kModel, results);
  co_await scope.answer(std::move(body), api::Usage{});
}

}  // namespace gatehouse::gateway
