#pragma once

#include <memory>

#include "admission/admission.h"
#include "inference/local/local_backend.h"
#include "net/server.h"
#include "settlement/audit.h"
#include "settlement/metrics.h"

namespace gatehouse::app {

/// What the metrics tell of the server itself. Every part must outlive the last scrape.
struct MeteredParts {
  const net::Server& server;
  const admission::AdmissionService& admission;
  const settlement::AuditLog& audit;
  std::shared_ptr<const inference::local::LocalBackend> engine;  // null: there is none
};

/// Adds connections and what was turned away, the embedded engine's queue and work, and whether
/// journal and audit log can be written.
void add_server_metrics(settlement::MetricsRegistry& registry, MeteredParts parts);

}  // namespace gatehouse::app
