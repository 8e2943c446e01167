#include "settlement/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include <simdjson.h>

namespace gatehouse::settlement {
namespace {

constexpr size_t kMaxLabelBytes = 128;
constexpr std::string_view kOther = "other";

bool is_name(std::string_view name, bool colons) {
  if (name.empty()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !(digit && i > 0) && !(c == ':' && colons)) return false;
  }
  return true;
}

[[noreturn]] void program_error(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "gatehouse: metric %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
               static_cast<int>(what.size()), what.data());
  std::abort();
}

void append_value(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
  } else if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
  } else {
    char buffer[40];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
}

void append_value(std::string& out, uint64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

/// Label values are any UTF-8 with backslash, quote and line feed escaped; HELP text escapes the
/// same but the quote.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '"' && quotes) {
      out.append("\\\"");
    } else {
      out.push_back(c);
    }
  }
}

/// A label value as it is kept: bounded, valid UTF-8.
std::string clean_value(std::string_view value) {
  std::string clean(value.substr(0, kMaxLabelBytes));
  if (!simdjson::validate_utf8(clean)) {
    for (char& c : clean) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  return clean;
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

bool is_valid_metric_name(std::string_view name) {
  return is_name(name, true);
}

bool is_valid_label_name(std::string_view name) {
  return is_name(name, false) && !name.starts_with("__");
}

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds), buckets_(new std::atomic<uint64_t>[bounds.size() + 1]()) {}

void Histogram::observe(double value) {
  if (std::isnan(value)) return;
  const auto index = static_cast<size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) -
                                         bounds_.begin());
  auto& bucket = buckets_[index];
  bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

/// One combination of label values, and each shard's cell for it (null until it was asked for).
struct MetricSeries {
  std::vector<Counter*> counters;
  std::vector<Gauge*> gauges;
  std::vector<Histogram*> histograms;
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::counter;
  std::vector<std::pair<std::string, bool>> labels;  // name, open
  std::vector<double> bounds;
  size_t max_series = 0;
  MetricsRegistry::Source source;
  std::map<std::vector<std::string>, MetricSeries> series;
};

Counter& MetricsShard::counter(MetricFamily& family,
                               std::initializer_list<std::string_view> values) {
  const std::scoped_lock lock(registry_.mutex_);
  auto& cells = registry_.series(family, values).counters;
  cells.resize(registry_.shards_.size());
  if (cells[index_] == nullptr) cells[index_] = &counters_.emplace_back();
  return *cells[index_];
}

Gauge& MetricsShard::gauge(MetricFamily& family, std::initializer_list<std::string_view> values) {
  const std::scoped_lock lock(registry_.mutex_);
  auto& cells = registry_.series(family, values).gauges;
  cells.resize(registry_.shards_.size());
  if (cells[index_] == nullptr) cells[index_] = &gauges_.emplace_back();
  return *cells[index_];
}

Histogram& MetricsShard::histogram(MetricFamily& family,
                                   std::initializer_list<std::string_view> values) {
  const std::scoped_lock lock(registry_.mutex_);
  auto& cells = registry_.series(family, values).histograms;
  cells.resize(registry_.shards_.size());
  if (cells[index_] == nullptr) cells[index_] = &histograms_.emplace_back(family.bounds);
  return *cells[index_];
}

MetricsRegistry::MetricsRegistry(size_t shards) {
  for (size_t i = 0; i <= shards; ++i) {
    shards_.push_back(std::unique_ptr<MetricsShard>(new MetricsShard(*this, i)));
  }
}

MetricsRegistry::~MetricsRegistry() = default;

MetricFamily& MetricsRegistry::family(const FamilyOptions& options) {
  if (!is_valid_metric_name(options.name)) program_error("not a valid name", options.name);
  for (const LabelName& label : options.labels) {
    if (!is_valid_label_name(label.name) || label.name == "le") {
      program_error("not a valid label name", label.name);
    }
  }
  if (!std::is_sorted(options.bounds.begin(), options.bounds.end())) {
    program_error("bounds must ascend", options.name);
  }
  const std::scoped_lock lock(mutex_);
  auto& family = families_[std::string(options.name)];
  if (family) {
    if (family->type != options.type || family->labels.size() != options.labels.size()) {
      program_error("declared twice in different ways", options.name);
    }
    return *family;
  }
  family = std::make_unique<MetricFamily>();
  family->name = options.name;
  family->help = options.help;
  family->type = options.type;
  for (const LabelName& label : options.labels) {
    family->labels.emplace_back(std::string(label.name), label.open);
  }
  family->bounds = options.bounds;
  family->max_series = options.max_series;
  return *family;
}

void MetricsRegistry::add_source(const FamilyOptions& options, Source source) {
  MetricFamily& added = family(options);
  const std::scoped_lock lock(mutex_);
  added.source = std::move(source);
}

MetricSeries& MetricsRegistry::series(MetricFamily& family,
                                      std::initializer_list<std::string_view> values) {
  if (values.size() != family.labels.size()) program_error("wrong number of labels", family.name);
  std::vector<std::string> key;
  key.reserve(values.size());
  for (const std::string_view value : values) key.push_back(clean_value(value));
  auto found = family.series.find(key);
  if (found == family.series.end() && family.series.size() >= family.max_series) {
    // Too many: what comes from outside becomes "other". The other labels have few values by
    // nature, so that this adds few series more.
    for (size_t i = 0; i < key.size(); ++i) {
      if (family.labels[i].second) key[i] = kOther;
    }
  }
  return family.series[std::move(key)];
}

std::string MetricsRegistry::scrape() const {
  std::string out;
  out.reserve(16384);
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, family] : families_) append_family(out, *family);
  return out;
}

namespace {

/// `name_suffix{label="value",…,le="…"} ` of one sample.
template <typename Values>
void append_sample(std::string& out, const MetricFamily& family, std::string_view suffix,
                   const Values& values, std::optional<double> le = std::nullopt) {
  out.append(family.name).append(suffix);
  bool open = false;
  size_t i = 0;
  for (const auto& value : values) {
    out.push_back(open ? ',' : '{');
    open = true;
    out.append(family.labels[i++].first).append("=\"");
    append_escaped(out, value, true);
    out.push_back('"');
  }
  if (le) {
    out.append(open ? ",le=\"" : "{le=\"");
    open = true;
    append_value(out, *le);
    out.push_back('"');
  }
  if (open) out.push_back('}');
  out.push_back(' ');
}

}  // namespace

void MetricsRegistry::append_family(std::string& out, const MetricFamily& family) const {
  if (family.series.empty() && !family.source) return;
  out.append("# HELP ").append(family.name).push_back(' ');
  append_escaped(out, family.help, false);
  out.append("\n# TYPE ").append(family.name).push_back(' ');
  out.append(type_name(family.type)).push_back('\n');

  if (family.source) {
    family.source([&](std::initializer_list<std::string_view> values, double value) {
      if (values.size() != family.labels.size()) return;
      std::vector<std::string> clean;
      for (const std::string_view each : values) clean.push_back(clean_value(each));
      append_sample(out, family, "", clean);
      append_value(out, value);
      out.push_back('\n');
    });
  }
  for (const auto& [values, series] : family.series) {
    switch (family.type) {
      case MetricType::counter: {
        uint64_t total = 0;
        for (const Counter* cell : series.counters) total += cell != nullptr ? cell->value() : 0;
        append_sample(out, family, "", values);
        append_value(out, total);
        out.push_back('\n');
        break;
      }
      case MetricType::gauge: {
        double total = 0;
        for (const Gauge* cell : series.gauges) total += cell != nullptr ? cell->value() : 0;
        append_sample(out, family, "", values);
        append_value(out, total);
        out.push_back('\n');
        break;
      }
      case MetricType::histogram: {
        uint64_t count = 0;
        double sum = 0;
        for (const Histogram* cell : series.histograms) {
          if (cell != nullptr) sum += cell->sum_.load(std::memory_order_relaxed);
        }
        for (size_t i = 0; i <= family.bounds.size(); ++i) {
          for (const Histogram* cell : series.histograms) {
            if (cell != nullptr) count += cell->buckets_[i].load(std::memory_order_relaxed);
          }
          append_sample(out, family, "_bucket", values,
                        i < family.bounds.size() ? family.bounds[i] : HUGE_VAL);
          append_value(out, count);
          out.push_back('\n');
        }
        append_sample(out, family, "_sum", values);
        append_value(out, sum);
        out.push_back('\n');
        append_sample(out, family, "_count", values);
        append_value(out, count);
        out.push_back('\n');
        break;
      }
    }
  }
}

}  // namespace gatehouse::settlement
