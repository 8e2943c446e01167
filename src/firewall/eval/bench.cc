#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "core/json.h"
#include "firewall/eval/eval.h"

namespace gatehouse::firewall::eval {
namespace {

/// Prose and a little code, none of it from any data set, repeated to size with a number in each
/// round, so that no two windows are alike.
std::string sample(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i) {
    text += fmt::format(
        "Paragraph {}: could you look at the report that Maria sent on Friday? The third table "
        "adds "
        "up to {} units, while the summary says otherwise. In the script I read the file with "
        "`rows = list(csv.reader(f))` and skip the header; then I group by region and month. "
        "Please explain what could cause the difference, and suggest a test that would show it. ",
        i + 1, 1000 + i * 37);
  }
  text.resize(bytes);
  return text;
}

double micros(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

BenchRow measure(const Firewall& firewall, const Policy& policy, std::string name, size_t bytes,
                 Source source, double seconds) {
  constexpr size_t kMaxRounds = 100'000;
  const std::string text = sample(bytes);
  const Segment segment{source, text, 0, 0};
  for (int i = 0; i < 3; ++i) firewall.inspect_input(policy, {&segment, 1}, nullptr);
  BenchRow row;
  row.name = std::move(name);
  row.bytes = bytes;
  std::vector<double> times;
  const auto begin = std::chrono::steady_clock::now();
  while (times.size() < kMaxRounds) {
    const auto start = std::chrono::steady_clock::now();
    const InputVerdict verdict = firewall.inspect_input(policy, {&segment, 1}, nullptr);
    const auto end = std::chrono::steady_clock::now();
    times.push_back(micros(end - start));
    for (size_t s = 0; s < kStageCount; ++s) row.stage_us[s] += micros(verdict.spent[s]);
    if (std::chrono::duration<double>(end - begin).count() > seconds) break;
  }
  for (double& stage : row.stage_us) stage /= static_cast<double>(times.size());
  std::sort(times.begin(), times.end());
  row.p50_us = times[times.size() / 2];
  row.p99_us = times[std::min(times.size() - 1, times.size() * 99 / 100)];
  row.mb_per_s = static_cast<double>(bytes) / row.p50_us;
  return row;
}

}  // namespace

std::vector<BenchRow> bench(const Firewall& firewall, const Policy& policy, double seconds) {
  struct Shape {
    const char* name;
    size_t bytes;
    Source source;
  };
  constexpr Shape kShapes[] = {{"200 B chat turn", 200, Source::user},
                               {"2 KB prompt", 2048, Source::user},
                               {"10 KB tool result", 10 << 10, Source::tool},
                               {"100 KB document", 100 << 10, Source::retrieved},
                               {"1 MB document", 1 << 20, Source::retrieved}};
  std::vector<BenchRow> rows;
  for (const Shape& shape : kShapes) {
    rows.push_back(measure(firewall, policy, shape.name, shape.bytes, shape.source,
                           seconds / std::size(kShapes)));
  }
  return rows;
}

std::string to_text(const std::vector<BenchRow>& rows) {
  std::string out = fmt::format("{:20} {:>10} {:>10} {:>9}", "text", "p50 us", "p99 us", "MB/s");
  for (size_t s = 0; s < kStageCount; ++s) {
    out += fmt::format(" {:>10}", to_string(static_cast<Stage>(s)));
  }
  out += "  (us a stage, mean)\n";
  for (const BenchRow& row : rows) {
    out += fmt::format("{:20} {:10.1f} {:10.1f} {:9.1f}", row.name, row.p50_us, row.p99_us,
                       row.mb_per_s);
    for (const double stage : row.stage_us) out += fmt::format(" {:10.2f}", stage);
    out += '\n';
  }
  return out;
}

std::string to_json(const std::vector<BenchRow>& rows) {
  json::build::array list;
  for (const BenchRow& row : rows) {
    json::build::object stages;
    for (size_t s = 0; s < kStageCount; ++s) {
      stages[std::string(to_string(static_cast<Stage>(s)))] = row.stage_us[s];
    }
    list.push_back(json::build::object{{"text", row.name},
                                       {"bytes", row.bytes},
                                       {"p50_us", row.p50_us},
                                       {"p99_us", row.p99_us},
                                       {"mb_per_s", row.mb_per_s},
                                       {"stage_us", std::move(stages)}});
  }
  return json::build::serialize(list);
}

}  // namespace gatehouse::firewall::eval
