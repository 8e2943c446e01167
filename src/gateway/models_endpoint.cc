#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/responses.h"
#include "gateway/endpoints.h"
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

/// Model names hold slashes and colons, which some clients escape.
std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = digit(text[i + 1]);
      const int low = digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
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
    const std::string id = percent_decoded(path.substr(kModelsPath.size() + 1));
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
    body = api::render_models(entries, dialect);
  }
  co_await scope.answer(std::move(body), api::Usage{});
}

}  // namespace gatehouse::gateway
