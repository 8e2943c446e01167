#include "app/server_metrics.h"

#include <utility>

namespace gatehouse::app {
namespace {

using settlement::MetricsRegistry;
using settlement::MetricType;

void add_connections(MetricsRegistry& registry, const net::Server& server) {
  registry.add_source({.name = "gatehouse_connections_open",
                       .help = "Client connections that are open.",
                       .type = MetricType::gauge},
                      [&server](const MetricsRegistry::Emit& emit) {
                        emit({}, static_cast<double>(server.stats().connections_open));
                      });
  registry.add_source({.name = "gatehouse_connections_accepted_total",
                       .help = "Client connections accepted.",
                       .type = MetricType::counter},
                      [&server](const MetricsRegistry::Emit& emit) {
                        emit({}, static_cast<double>(server.stats().connections_accepted));
                      });
  registry.add_source(
      {.name = "gatehouse_connections_failed_total",
       .help = "Connections refused or broken before a request was answered, by reason.",
       .type = MetricType::counter,
       .labels = {{"reason"}}},
      [&server](const MetricsRegistry::Emit& emit) {
        const net::ServerStats stats = server.stats();
        emit({"too_many"}, static_cast<double>(stats.rejected_connections_total));
        emit({"too_many_of_address"}, static_cast<double>(stats.rejected_connections_per_address));
        emit({"malformed"}, static_cast<double>(stats.malformed));
        emit({"body_too_large"}, static_cast<double>(stats.body_too_large));
        emit({"too_many_bodies"}, static_cast<double>(stats.bodies_full));
        emit({"read_timeout"}, static_cast<double>(stats.read_timeouts));
        emit({"write_timeout"}, static_cast<double>(stats.write_timeouts));
        emit({"tls"}, static_cast<double>(stats.tls_failures));
        emit({"client_gone"}, static_cast<double>(stats.client_gone));
      });
}

void add_engine(MetricsRegistry& registry,
                const std::shared_ptr<const inference::local::LocalBackend>& engine) {
  registry.add_source({.name = "gatehouse_engine_sequences",
                       .help = "Answers of the embedded model, running and waiting.",
                       .type = MetricType::gauge,
                       .labels = {{"state"}}},
                      [engine](const MetricsRegistry::Emit& emit) {
                        const auto stats = engine->stats();
                        emit({"running"}, static_cast<double>(stats.running));
                        emit({"waiting"}, static_cast<double>(stats.waiting));
                      });
  registry.add_source({.name = "gatehouse_engine_tokens_total",
                       .help = "Tokens of the embedded model: of prompts, of those the ones that "
                               "were there already, and generated.",
                       .type = MetricType::counter,
                       .labels = {{"kind"}}},
                      [engine](const MetricsRegistry::Emit& emit) {
                        const auto stats = engine->stats();
                        emit({"prompt"}, static_cast<double>(stats.prompt_tokens));
                        emit({"reused"}, static_cast<double>(stats.reused_tokens));
                        emit({"generated"}, static_cast<double>(stats.generated_tokens));
                      });
}

}  // namespace

void add_server_metrics(MetricsRegistry& registry, MeteredParts parts) {
  add_connections(registry, parts.server);
  if (parts.engine) add_engine(registry, parts.engine);
  registry.add_source(
      {.name = "gatehouse_log_healthy",
       .help = "1 while the budget journal and the audit log can be written.",
       .type = MetricType::gauge,
       .labels = {{"log"}}},
      [&admission = parts.admission, &audit = parts.audit](const MetricsRegistry::Emit& emit) {
        emit({"journal"}, admission.healthy() ? 1 : 0);
        emit({"audit"}, audit.healthy() ? 1 : 0);
      });
}

}  // namespace gatehouse::app
