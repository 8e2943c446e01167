#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Counters that event loops add to without locks or shared cache lines: each loop has a shard with
/// cells of its own, and a scrape adds the shards up. See docs/decisions/0052-own-metrics.md.
namespace gatehouse::settlement {

/// Written by one thread (`add`), or by any (`add_shared`), never both; read by any.
class Counter {
 public:
  void add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void add_shared(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// A level that a loop keeps; a scrape shows the sum over the shards. One writer.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by) { set(value() + by); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Counts observations in buckets with inclusive upper bounds. One writer.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);

 private:
  friend class MetricsRegistry;
  std::span<const double> bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> buckets_;  // one more than bounds: +Inf
  std::atomic<double> sum_{0};
};

enum class MetricType : unsigned char { counter, gauge, histogram };

/// A label of a family. The values of an `open` one come from outside the program (tenants,
/// models); when a family has too many series, they become "other" in new ones.
struct LabelName {
  std::string_view name;
  bool open = false;
};

struct FamilyOptions {
  std::string_view name;  // [a-zA-Z_:][a-zA-Z0-9_:]*; a counter's ends in _total
  std::string_view help;
  MetricType type = MetricType::counter;
  std::vector<LabelName> labels = {};
  std::vector<double> bounds = {};  // of a histogram, ascending, without +Inf
  size_t max_series = 512;
};

struct MetricFamily;  // lives as long as its registry
struct MetricSeries;

/// The cells of one thread. Looking a cell up takes the registry's lock: do it once and keep the
/// reference, which lives as long as the registry.
class MetricsShard {
 public:
  /// `values` are those of the family's labels, in order.
  Counter& counter(MetricFamily& family, std::initializer_list<std::string_view> values);
  Gauge& gauge(MetricFamily& family, std::initializer_list<std::string_view> values);
  Histogram& histogram(MetricFamily& family, std::initializer_list<std::string_view> values);

 private:
  friend class MetricsRegistry;
  MetricsShard(class MetricsRegistry& registry, size_t index)
      : registry_(registry), index_(index) {}

  class MetricsRegistry& registry_;
  size_t index_;
  // Deques, so that cells stay where they are; guarded by the registry's lock.
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::deque<Histogram> histograms_;
};

/// All families of the program. Thread-safe.
class MetricsRegistry {
 public:
  /// One shard for each event loop, and one more, `shared()`, for all other threads.
  explicit MetricsRegistry(size_t shards);
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  /// Adds a family, or returns the one of that name, whose type and labels must be the same. A name
  /// that Prometheus would refuse is a mistake in the program and ends it.
  MetricFamily& family(const FamilyOptions& options);

  MetricsShard& shard(size_t index) { return *shards_[index]; }
  /// For threads that are no event loop: use `Counter::add_shared` on its cells.
  MetricsShard& shared() { return *shards_.back(); }

  /// Gives `emit` the values of a source's series, label values in order.
  using Emit = std::function<void(std::initializer_list<std::string_view> values, double value)>;
  using Source = std::function<void(const Emit& emit)>;
  /// A family whose values are asked for at each scrape. `source` runs on the scraping thread, must
  /// not call the registry, and must stay valid as long as the registry.
  void add_source(const FamilyOptions& options, Source source);

  /// All families in the Prometheus text format 0.0.4, sorted by name.
  std::string scrape() const;

 private:
  friend class MetricsShard;
  MetricSeries& series(MetricFamily& family, std::initializer_list<std::string_view> values);
  void append_family(std::string& out, const MetricFamily& family) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<MetricFamily>, std::less<>> families_;
  std::vector<std::unique_ptr<MetricsShard>> shards_;
};

/// Whether Prometheus takes the name; label names may hold no ':' and not begin with "__".
bool is_valid_metric_name(std::string_view name);
bool is_valid_label_name(std::string_view name);

}  // namespace gatehouse::settlement
