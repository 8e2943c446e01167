#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "admission/admission.h"
#include "core/worker_pool.h"
#include "firewall/firewall.h"
#include "inference/backend.h"
#include "net/client.h"
#include "net/loop.h"
#include "routing/routes.h"
#include "settlement/settlement.h"

namespace gatehouse::gateway {

/// An upstream that is ready to be asked.
struct Upstream {
  std::shared_ptr<inference::Backend> backend;
  net::Deadlines deadlines;
  int64_t default_max_tokens = 0;  // what it generates at most when a request says nothing
};

/// What the configuration says, in the form that requests use. Immutable; swapped whole.
struct Snapshot {
  std::shared_ptr<const routing::RouteTable> routes;
  std::map<std::string, Upstream, std::less<>> upstreams;
  std::map<std::string, std::shared_ptr<const firewall::Policy>, std::less<>> policies;
  std::shared_ptr<const firewall::Policy> default_policy;
  bool firewall_enabled = true;
  bool budgets_enabled = true;
  bool audit_enabled = true;

  const Upstream* upstream(std::string_view name) const {
    const auto it = upstreams.find(name);
    return it == upstreams.end() ? nullptr : &it->second;
  }
  /// The policy of that name, the default one for an empty name; null for a name that nobody knows,
  /// which must not fall to a weaker policy than somebody chose.
  std::shared_ptr<const firewall::Policy> policy(std::string_view name) const {
    if (name.empty()) return default_policy;
    const auto it = policies.find(name);
    return it == policies.end() ? nullptr : it->second;
  }
};

/// What one event loop needs to serve requests. Used on that loop only; what it refers to outlives
/// the loop's requests.
struct LoopServices {
  net::Loop& loop;
  net::Client& client;
  admission::Admission& admission;
  settlement::LoopSettlement& settlement;
  const firewall::Firewall& firewall;
  WorkerPool& workers;
  std::shared_ptr<const Snapshot> snapshot;
};

}  // namespace gatehouse::gateway
