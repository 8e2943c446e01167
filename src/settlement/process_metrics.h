#pragma once

#include <string>

#include "settlement/metrics.h"

namespace gatehouse::settlement {

/// Adds what a scrape asks of the process itself, under the names that Prometheus' own libraries
/// use: process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds,
/// process_start_time_seconds; and gatehouse_build_info{version}.
void add_process_metrics(MetricsRegistry& registry, std::string version);

}  // namespace gatehouse::settlement
