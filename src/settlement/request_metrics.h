#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "settlement/metrics.h"
#include "settlement/record.h"

namespace gatehouse::settlement {

/// The metrics that follow from a request's record, on one event loop. Under the names of the
/// OpenTelemetry GenAI conventions where they exist, else gatehouse_*. Not thread-safe.
class RequestMetrics {
 public:
  RequestMetrics(MetricsRegistry& registry, MetricsShard& shard);
  ~RequestMetrics();
  RequestMetrics(const RequestMetrics&) = delete;
  RequestMetrics& operator=(const RequestMetrics&) = delete;

  void observe(const RequestRecord& record);

  /// An upstream that failed a request or an attempt; `code` as in the error ("connect_timeout").
  void upstream_error(std::string_view upstream, std::string_view code);

 private:
  struct Families;
  struct Cells;  // of one combination of labels
  struct Endings;
  Cells& cells_of(const RequestRecord& record);
  Endings& endings_of(Cells& cells, const RequestRecord& record);
  Counter& verdict_counter(const Verdict& verdict);

  MetricsShard& shard_;
  std::unique_ptr<Families> families_;
  std::string key_;  // of a lookup; reused
  std::unordered_map<std::string, std::unique_ptr<Cells>> cells_;
  std::unordered_map<std::string, Counter*> counters_;  // of verdicts and upstream errors
};

}  // namespace gatehouse::settlement
