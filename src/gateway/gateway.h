#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/services.h"
#include "net/server.h"

namespace gatehouse::gateway {

/// What the gateway is made of; all of it outlives the gateway.
struct GatewayParts {
  net::LoopGroup& loops;
  admission::AdmissionService& admission;
  settlement::Settlement& settlement;
  const firewall::Firewall& firewall;
  WorkerPool& workers;
  net::ClientOptions client;
  /// Answers what lies under /admin/; null: such paths do not exist on this listener.
  net::Handler admin;
  /// Adds what other parts count to the answer of /metrics; may be null.
  std::function<void(std::string&)> more_metrics;
};

/// The handler of the public listener: which path leads where, health and metrics.
///
/// `handle` runs on any loop of the group; `swap` and `set_ready` from any thread.
class Gateway {
 public:
  Gateway(GatewayParts parts, std::shared_ptr<const Snapshot> snapshot);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  Task<void> handle(net::Exchange& exchange);

  /// Requests that begin from now on use `snapshot`; those in flight keep theirs. Each loop swaps
  /// on its own thread, so the loops must run.
  void swap(std::shared_ptr<const Snapshot> snapshot);

  /// What /readyz says; false while starting and draining.
  void set_ready(bool ready) { ready_.store(ready, std::memory_order_relaxed); }

 private:
  /// What no endpoint takes; `remedy` is a header that says what would be taken.
  Task<void> turn_away(net::Exchange& exchange, Refusal refusal, net::Header remedy = {});
  Task<void> serve_metrics(net::Exchange& exchange, LoopServices& services);
  Task<void> serve_health(net::Exchange& exchange, bool ready_only);

  GatewayParts parts_;
  std::vector<std::unique_ptr<net::Client>> clients_;
  std::vector<std::unique_ptr<LoopServices>> services_;
  std::atomic<bool> ready_{false};
};

/// The body of an error that is no request's: before its head was whole, or on an unknown path.
net::Response render_plain_error(int status, const Refusal& refusal, std::string_view target);

}  // namespace gatehouse::gateway
