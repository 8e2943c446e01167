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

 private:
  struct Families;
  struct Cells;  // of one combination of labels
  Cells& cells_of(const RequestRecord& record);

  MetricsShard& shard_;
  std::unique_ptr<Families> families_;
  std::string key_;  // of the lookup; reused
  std::unordered_map<std::string, std::unique_ptr<Cells>> cells_;
};

}  // namespace gatehouse::settlement
