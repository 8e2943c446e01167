#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gatehouse::routing {

/// One place that can answer: a model of an upstream.
struct Target {
  std::string upstream;
  std::string model;  // as the upstream names it
};

/// A model name that clients use, and where it leads: the first target, then the others in order
/// when one fails before its first output.
struct AliasSpec {
  std::string name;
  std::vector<Target> targets;
  std::string policy;  // firewall policy of this route; empty: the key's or tenant's
};

/// All aliases; immutable, shared by the event loops.
class RouteTable {
 public:
  /// Refuses a duplicate or empty name, an alias without targets, and one that names an upstream
  /// not in `upstreams`; `param` is the path in the configuration, "models[2].targets[0].upstream".
  static Result<std::shared_ptr<const RouteTable>> build(std::vector<AliasSpec> aliases,
                                                         const std::vector<std::string>& upstreams);

  /// The alias of that name, or null.
  const AliasSpec* find(std::string_view model) const;
  const std::map<std::string, AliasSpec, std::less<>>& all() const { return aliases_; }

 private:
  std::map<std::string, AliasSpec, std::less<>> aliases_;
};

}  // namespace gatehouse::routing
