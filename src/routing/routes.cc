#include "routing/routes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace gatehouse::routing {
namespace {

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none is declared" : fmt::format("{}", fmt::join(names, ", "));
}

tl::unexpected<Refusal> refuse_alias(std::string param, std::string message) {
  return refuse(Refusal::invalid(std::move(param), std::move(message), "invalid_configuration"));
}

}  // namespace

Result<std::shared_ptr<const RouteTable>> RouteTable::build(
    std::vector<AliasSpec> aliases, const std::vector<std::string>& upstreams) {
  auto table = std::make_shared<RouteTable>();
  for (size_t i = 0; i < aliases.size(); ++i) {
    AliasSpec& alias = aliases[i];
    const std::string path = fmt::format("models[{}]", i);
    if (alias.name.empty()) return refuse_alias(path + ".name", "A model needs a name.");
    if (alias.targets.empty()) {
      return refuse_alias(path + ".targets",
                          fmt::format("Model \"{}\" needs at least one target.", alias.name));
    }
    for (size_t j = 0; j < alias.targets.size(); ++j) {
      const std::string& upstream = alias.targets[j].upstream;
      if (std::find(upstreams.begin(), upstreams.end(), upstream) == upstreams.end()) {
        return refuse_alias(fmt::format("{}.targets[{}].upstream", path, j),
                            fmt::format("Model \"{}\" names the upstream \"{}\"; known: {}.",
                                        alias.name, upstream, listed(upstreams)));
      }
    }
    const std::string name = alias.name;
    if (!table->aliases_.emplace(name, std::move(alias)).second) {
      return refuse_alias(path + ".name", fmt::format("Model \"{}\" is declared twice.", name));
    }
  }
  return table;
}

const AliasSpec* RouteTable::find(std::string_view model) const {
  const auto it = aliases_.find(model);
  return it == aliases_.end() ? nullptr : &it->second;
}

}  // namespace gatehouse::routing
