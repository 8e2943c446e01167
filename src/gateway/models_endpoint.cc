#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/responses.h"
#include "core/percent.h"
#include "gateway/endpoints.h"
#include "gateway/models_page.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kModelsPath = "/v1/models";

api::ModelEntry entry_of(const Snapshot& snapshot, const routing::AliasSpec& alias) {
  api::ModelEntry entry;
  entry.id = alias.name;
  entry.owned_by = "gatehouse";
  const routing::Target& target = alias.targets.front();
  const Upstream* upstream = snapshot.upstream(target.upstream);
  if (!upstream) return entry;
  for (const inference::ModelInfo& model : upstream->backend->models()) {
    const auto& names = model.other_names;
    if (model.id != target.model &&
        std::find(names.begin(), names.end(), target.model) == names.end()) {
      continue;
    }
    entry.owned_by = model.owned_by;
    entry.created = model.created;
  }
  return entry;
}

}  // namespace

Task<void> serve_models(net::Exchange& exchange, LoopServices& services) {
  const bool anthropic = !exchange.request().header("anthropic-version").empty();
  const api::Dialect dialect = anthropic ? api::Dialect::anthropic : api::Dialect::openai;
  RequestScope scope(exchange, services, dialect, "models");
  if (Result<void> begun = scope.begin(); !begun) {
    co_await scope.fail(std::move(begun.error()));
    co_return;
  }
  const Snapshot& snapshot = scope.snapshot();
  std::string body;
  const std::string_view path = exchange.request().path();
  if (path.size() > kModelsPath.size() + 1) {
    // Model names hold slashes and colons, which some clients escape.
    const std::string_view escaped = path.substr(kModelsPath.size() + 1);
    const std::string id = percent_decoded(escaped).value_or(std::string(escaped));
    Result<const routing::AliasSpec*> alias = scope.route(id);
    if (!alias) {
      co_await scope.fail(std::move(alias.error()));
      co_return;
    }
    body = api::render_model(entry_of(snapshot, **alias), dialect);
  } else {
    std::vector<api::ModelEntry> entries;
    for (const auto& [name, alias] : snapshot.routes->all()) {
      if (scope.principal().may_use_model(name)) entries.push_back(entry_of(snapshot, alias));
    }
    if (anthropic) {
      Result<api::ModelsPage> page = models_page(std::move(entries), exchange.request().query());
      if (!page) {
        co_await scope.fail(std::move(page.error()));
        co_return;
      }
      body = api::render_models(*page, dialect);
    } else {
      body = api::render_models({std::move(entries)}, dialect);
    }
  }
  co_await scope.answer(std::move(body), api::Usage{});
}

}  // namespace gatehouse::gateway
