#include "firewall/eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace gatehouse::firewall::eval {
namespace {

std::vector<Group> grouped(const std::vector<Observation>& observations,
                           const std::function<std::string(const Observation&)>& name) {
  // Positive and negative rows of one source are two groups: one is recall, the other is not.
  std::map<std::pair<std::string, bool>, Group> groups;
  for (const Observation& seen : observations) {
    Group& group = groups[{name(seen), seen.positive}];
    group.name = name(seen);
    group.label = seen.positive ? "positive" : "negative";
    ++group.flagged.total;
    if (seen.flagged) ++group.flagged.hits;
    group.mean_score += static_cast<double>(seen.score);
  }
  std::vector<Group> out;
  for (auto& [key, group] : groups) {
    group.mean_score /= static_cast<double>(group.flagged.total);
    out.push_back(std::move(group));
  }
  return out;
}

}  // namespace

std::pair<double, double> Rate::interval() const {
  if (total == 0) return {0, 1};
  constexpr double z = 1.959964;  // 95 %
  const double n = static_cast<double>(total);
  const double p = value();
  const double centre = p + z * z / (2 * n);
  const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {std::max(0.0, (centre - spread) / scale), std::min(1.0, (centre + spread) / scale)};
}

double area_under_curve(const std::vector<Observation>& observations) {
  std::vector<std::pair<float, bool>> sorted;
  sorted.reserve(observations.size());
  for (const Observation& seen : observations) sorted.emplace_back(seen.score, seen.positive);
  std::sort(sorted.begin(), sorted.end());
  double positives = 0;
  double negatives = 0;
  double rank_sum = 0;
  for (size_t i = 0; i < sorted.size();) {
    size_t j = i;
    double tied = 0;
    while (j < sorted.size() && sorted[j].first == sorted[i].first) {
      if (sorted[j].second) ++tied;
      ++j;
    }
    rank_sum += tied * (static_cast<double>(i + j + 1) / 2);  // ranks i + 1 … j, on average
    positives += tied;
    negatives += static_cast<double>(j - i) - tied;
    i = j;
  }
  if (positives == 0 || negatives == 0) return 0;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double recall_at(const std::vector<Observation>& observations, double rate) {
  std::vector<float> negatives;
  uint64_t positives = 0;
  for (const Observation& seen : observations) {
    if (seen.positive) {
      ++positives;
    } else {
      negatives.push_back(seen.score);
    }
  }
  if (positives == 0 || negatives.empty()) return 0;
  std::sort(negatives.begin(), negatives.end(), std::greater<>());
  const auto allowed = static_cast<size_t>(rate * static_cast<double>(negatives.size()));
  const float limit = negatives[std::min(allowed, negatives.size() - 1)];
  uint64_t hits = 0;
  for (const Observation& seen : observations) {
    if (seen.positive && seen.score > limit) ++hits;
  }
  return static_cast<double>(hits) / static_cast<double>(positives);
}

TaskReport summarise(const std::string& task, const std::vector<Observation>& observations) {
  TaskReport report;
  report.task = task;
  for (const Observation& seen : observations) {
    if (seen.positive) {
      ++report.recall.total;
      if (seen.flagged) ++report.recall.hits;
    } else {
      ++report.false_positives.total;
      if (seen.flagged) ++report.false_positives.hits;
    }
    if (seen.flagged) {
      ++report.precision.total;
      if (seen.positive) ++report.precision.hits;
    }
  }
  report.auc = area_under_curve(observations);
  report.recall_at_1_percent = recall_at(observations, 0.01);
  report.recall_at_3_percent = recall_at(observations, 0.03);
  report.by_source = grouped(observations, [](const Observation& o) { return o.source; });
  report.by_category =
      grouped(observations, [](const Observation& o) { return o.source + "/" + o.category; });
  return report;
}

}  // namespace gatehouse::firewall::eval
