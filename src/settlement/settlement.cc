#include "settlement/settlement.h"

#include <string>

#include "core/log.h"
#include "settlement/refusal.h"

namespace gatehouse::settlement {
namespace {

int64_t millis(Nanos time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

void write_access_log(const RequestRecord& record) {
  log::info("request", {{"request_id", record.request_id},
                        {"tenant", record.tenant},
                        {"key", record.key_id},
                        {"operation", record.operation},
                        {"model", record.model_asked},
                        {"upstream", record.upstream},
                        {"status", record.status},
                        {"outcome", to_string(record.outcome)},
                        {"code", record.error != nullptr ? std::string_view(record.error->code)
                                                         : std::string_view()},
                        {"input_tokens", record.input_tokens},
                        {"output_tokens", record.output_tokens},
                        {"ms", millis(record.total_time)},
                        {"trace_id", record.trace_id}});
}

void add_audit_sources(MetricsRegistry& metrics, AuditLog& audit) {
  const auto of_streams = [&metrics, &audit](std::string_view name, std::string_view help,
                                             uint64_t AuditStream::Stats::*member,
                                             MetricType type) {
    metrics.add_source({.name = name, .help = help, .type = type},
                       [&audit, member](const MetricsRegistry::Emit& emit) {
                         uint64_t sum = 0;
                         for (const auto& stream : audit.streams()) sum += stream->stats().*member;
                         emit({}, static_cast<double>(sum));
                       });
  };
  using Stats = AuditStream::Stats;
  of_streams("gatehouse_audit_records_total", "Audit records written.", &Stats::records,
             MetricType::counter);
  of_streams("gatehouse_audit_bytes_total", "Bytes of audit records written.", &Stats::bytes,
             MetricType::counter);
  of_streams("gatehouse_audit_failures_total", "Audit records that could not be written at first.",
             &Stats::failures, MetricType::counter);
  of_streams("gatehouse_audit_lost_total", "Audit records that were lost.", &Stats::lost,
             MetricType::counter);
  of_streams("gatehouse_audit_waiting", "Audit records in memory until the log can be written.",
             &Stats::backlog, MetricType::gauge);
  metrics.add_source(
      {.name = "gatehouse_audit_healthy",
       .help = "1 while audit records can be written and sealed.",
       .type = MetricType::gauge},
      [&audit](const MetricsRegistry::Emit& emit) { emit({}, audit.healthy() ? 1 : 0); });
  metrics.add_source({.name = "gatehouse_audit_seals_total",
                      .help = "Signed heads of the audit log, by whether they could be written.",
                      .labels = {{"result"}}},
                     [&audit](const MetricsRegistry::Emit& emit) {
                       emit({"ok"}, static_cast<double>(audit.seals()));
                       emit({"failed"}, static_cast<double>(audit.seal_failures()));
                     });
}

}  // namespace

LoopSettlement::LoopSettlement(AuditLog& audit, MetricsRegistry& registry, size_t loop,
                               const SettlementOptions& options, const Clock& clock, Random& random)
    : audit_(audit),
      clock_(clock),
      stream_(audit.stream(loop)),
      shard_(registry.shard(loop)),
      request_metrics_(registry, shard_),
      hasher_(audit.prompt_key()),
      span_ids_(random),
      on_audit_failure_(options.on_audit_failure),
      access_log_(options.access_log) {
  MetricFamily& unaudited = registry.family(
      {.name = "gatehouse_audit_failure_decisions_total",
       .help = "Requests refused (closed) or answered without a record (open), while the audit log "
               "could not be written.",
       .labels = {{"mode"}}});
  failed_closed_ = &shard_.counter(unaudited, {"closed"});
  failed_open_ = &shard_.counter(unaudited, {"open"});
}

Result<void> LoopSettlement::accepting() {
  if (stream_.stats().backlog != 0) stream_.retry();
  if (stream_.healthy() && audit_.seal_works()) return {};
  if (on_audit_failure_ == OnAuditFailure::continue_) return {};
  failed_closed_->add();
  return refuse(audit_unavailable(stream_.healthy() ? "the head of the audit log cannot be written"
                                                    : "records of this loop cannot be written"));
}

void LoopSettlement::count(const RequestRecord& record) {
  request_metrics_.observe(record);
  if (access_log_) write_access_log(record);
}

void LoopSettlement::settle_failed(bool all) {
  failed_.settle(clock_.steady(), all, [this](const RequestRecord& record) {
    // What can't be written now waits in the stream's backlog; nobody is left to be told.
    (void)stream_.append(record);
  });
}

Result<void> LoopSettlement::settle(const RequestRecord& record) {
  if (FailedAuthentications::is_one(record) && failed_.folds(record, clock_.steady())) {
    count(record);
    return {};
  }
  const auto appended = stream_.append(record);
  count(record);
  if (appended) return {};
  if (on_audit_failure_ == OnAuditFailure::continue_) {
    failed_open_->add();
    return {};
  }
  failed_closed_->add();
  return refuse(audit_unavailable(appended.error().reason));
}

Result<std::unique_ptr<Settlement>> Settlement::open(const SettlementOptions& options,
                                                     const Clock& clock, Random& random) {
  std::unique_ptr<Settlement> settlement(new Settlement(options.loops));
  auto audit = AuditLog::open({.dir = options.data_dir / "audit",
                               .key_file = options.data_dir / "audit.key",
                               .streams = options.loops,
                               .seal_every = options.seal_every},
                              clock, random);
  if (!audit) return refuse(audit.error());
  settlement->audit_ = std::move(*audit);
  add_audit_sources(settlement->metrics_, *settlement->audit_);
  for (size_t i = 0; i < options.loops; ++i) {
    settlement->loops_.push_back(std::unique_ptr<LoopSettlement>(
        new LoopSettlement(*settlement->audit_, settlement->metrics_, i, options, clock, random)));
  }
  return settlement;
}

Settlement::~Settlement() {
  for (const auto& loop : loops_) loop->settle_failed(/*all=*/true);
}

std::string Settlement::scrape() {
  return metrics_.scrape();
}

}  // namespace gatehouse::settlement
