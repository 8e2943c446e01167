#include "app/snapshot.h"

#include <utility>

#include "inference/providers/providers.h"

namespace gatehouse::app {
namespace {

net::Deadlines deadlines_of(const inference::UpstreamSpec& spec) {
  net::Deadlines deadlines;
  deadlines.connect_ms = spec.connect_timeout_ms;
  deadlines.first_byte_ms = spec.first_byte_timeout_ms;
  deadlines.between_chunks_ms = spec.between_chunks_timeout_ms;
  deadlines.total_ms = spec.total_timeout_ms;
  return deadlines;
}

Result<gateway::Upstream> build_upstream(const inference::UpstreamSpec& spec,
                                         const config::Config& config,
                                         const std::shared_ptr<inference::Backend>& local) {
  gateway::Upstream upstream;
  upstream.deadlines = deadlines_of(spec);
  upstream.default_max_tokens = spec.default_max_tokens;
  if (spec.kind == inference::UpstreamSpec::Kind::local) {
    if (!local) {
      return refuse(
          Refusal::invalid("engine.enabled",
                           "The embedded engine was off when the server started; restart it "
                           "to turn the engine on.",
                           "restart_required"));
    }
    upstream.backend = local;
    upstream.default_max_tokens = config.engine.default_max_tokens;
    return upstream;
  }
  Result<std::shared_ptr<inference::Backend>> backend = inference::make_backend(spec);
  if (!backend) return refuse(std::move(backend.error()));
  upstream.backend = std::move(*backend);
  return upstream;
}

Result<void> add_policies(const config::Config& config, gateway::Snapshot& snapshot) {
  snapshot.default_policy = firewall::Policy::default_policy();
  for (const firewall::PolicySpec& spec : config.firewall.policies) {
    Result<std::shared_ptr<const firewall::Policy>> policy = firewall::Policy::compile(spec);
    if (!policy) return refuse(std::move(policy.error()));
    if (spec.name == "default") snapshot.default_policy = *policy;
    snapshot.policies[spec.name] = std::move(*policy);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const gateway::Snapshot>> build_snapshot(
    const config::Config& config, const std::shared_ptr<inference::Backend>& local) {
  auto snapshot = std::make_shared<gateway::Snapshot>();
  for (const inference::UpstreamSpec& spec : config.upstreams) {
    Result<gateway::Upstream> upstream = build_upstream(spec, config, local);
    if (!upstream) return refuse(std::move(upstream.error()));
    snapshot->upstreams.emplace(spec.name, std::move(*upstream));
  }
  auto routes = routing::RouteTable::build(config.models, config.upstream_names());
  if (!routes) return refuse(std::move(routes.error()));
  snapshot->routes = std::move(*routes);
  if (Result<void> added = add_policies(config, *snapshot); !added) {
    return refuse(std::move(added.error()));
  }
  snapshot->firewall_enabled = config.firewall.enabled;
  snapshot->budgets_enabled = config.budgets.enabled;
  snapshot->audit_enabled = config.audit.enabled;
  return snapshot;
}

}  // namespace gatehouse::app
