#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "settlement/audit.h"
#include "settlement/failed_authentications.h"
#include "settlement/metrics.h"
#include "settlement/prompt_hash.h"
#include "settlement/record.h"
#include "settlement/request_metrics.h"
#include "settlement/trace.h"

namespace gatehouse::settlement {

/// What to do with requests while their audit records can't be written.
enum class OnAuditFailure : unsigned char {
  refuse,    // fail closed: 503 "audit_unavailable" until it works again
  continue_  // fail open: answer, count what is not recorded, and say so
};

struct SettlementOptions {
  std::filesystem::path data_dir;  // the audit log is its folder "audit"
  size_t loops = 1;
  OnAuditFailure on_audit_failure = OnAuditFailure::refuse;
  bool access_log = false;  // one log line "request" for each request
  std::chrono::milliseconds seal_every{1000};
};

/// The end of a request on one event loop: audit record, metrics and log line in one call. Not
/// thread-safe; belongs to its loop.
class LoopSettlement {
 public:
  /// Whether a new request may begin. While the audit log can't be written and the policy is to
  /// fail closed: an error `unavailable`, code "audit_unavailable".
  Result<void> accepting();

  /// Records the request. Call it before the last bytes of the answer are sent, so that no answer
  /// is acknowledged without its record. An error means that the record could not be written and
  /// the policy is to fail closed: then do not give the answer. (The record is kept in memory and
  /// written when that works again, as far as the bounded backlog reaches.) Failed authentications
  /// get a record each only as far as `FailedAuthentications` says; the others are counted.
  Result<void> settle(const RequestRecord& record);

  /// Writes the records of the failed authentications whose minute is over, or of all. Call it
  /// every few seconds.
  void settle_failed(bool all = false);

  /// Metrics and log line alone: for where the operator has switched the audit log off.
  void count(const RequestRecord& record);

  /// An upstream that failed a call, whether or not another one then answered.
  void count_upstream_error(std::string_view upstream, std::string_view code) {
    request_metrics_.upstream_error(upstream, code);
  }

  /// The loop's own counters, for layers that count more than requests.
  MetricsShard& metrics() { return shard_; }
  PromptHasher& prompt_hasher() { return hasher_; }
  SpanIds& span_ids() { return span_ids_; }

 private:
  friend class Settlement;
  LoopSettlement(AuditLog& audit, MetricsRegistry& registry, size_t loop,
                 const SettlementOptions& options, const Clock& clock, Random& random);

  const AuditLog& audit_;
  const Clock& clock_;
  AuditStream& stream_;
  MetricsShard& shard_;
  RequestMetrics request_metrics_;
  PromptHasher hasher_;
  SpanIds span_ids_;
  FailedAuthentications failed_;
  OnAuditFailure on_audit_failure_;
  bool access_log_;
  Counter* failed_closed_;
  Counter* failed_open_;
};

/// Opens the audit log and holds what all loops share. `clock` and `random` must outlive it.
class Settlement {
 public:
  static Result<std::unique_ptr<Settlement>> open(const SettlementOptions& options,
                                                  const Clock& clock, Random& random);
  /// Seals the audit log. All loops must have ended.
  ~Settlement();
  Settlement(const Settlement&) = delete;
  Settlement& operator=(const Settlement&) = delete;

  LoopSettlement& loop(size_t index) { return *loops_[index]; }
  AuditLog& audit() { return *audit_; }
  MetricsRegistry& metrics() { return metrics_; }

  /// The answer of `/metrics` (Prometheus text format 0.0.4). Thread-safe; locks no loop.
  std::string scrape();

 private:
  explicit Settlement(size_t loops) : metrics_(loops) {}

  MetricsRegistry metrics_;
  std::unique_ptr<AuditLog> audit_;
  std::vector<std::unique_ptr<LoopSettlement>> loops_;
};

}  // namespace gatehouse::settlement
