#include "settlement/metrics.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "settlement/request_metrics.h"
#include "unit/settlement/support.h"

namespace gatehouse::settlement {
namespace {

/// A strict reader of the text format 0.0.4: what it does not understand fails the test.
struct Exposition {
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;  // by the whole name with labels

  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(text.empty() || text.back() == '\n');
    std::set<std::string> finished;
    std::string family;
    for (const std::string& line : test::lines_of(text)) {
      if (line.starts_with("# HELP ")) {
        continue;
      }
      if (line.starts_with("# TYPE ")) {
        const size_t space = line.find(' ', 7);
        family = line.substr(7, space - 7);
        EXPECT_TRUE(types.emplace(family, line.substr(space + 1)).second) << "twice: " << line;
        continue;
      }
      const size_t end = read_sample(line);
      EXPECT_TRUE(line.starts_with(family)) << line << " is not of " << family;
      char* rest = nullptr;
      const double value = std::strtod(line.c_str() + end, &rest);
      EXPECT_EQ(*rest, '\0') << line;
      EXPECT_TRUE(samples.emplace(line.substr(0, end - 1), value).second) << "twice: " << line;
    }
  }

  double at(const std::string& name) const {
    const auto found = samples.find(name);
    return found != samples.end() ? found->second : std::nan("");
  }

 private:
  /// Where the value begins.
  static size_t read_sample(const std::string& line) {
    size_t i = line.find_first_of("{ ");
    EXPECT_TRUE(i != std::string::npos && is_valid_metric_name(line.substr(0, i))) << line;
    if (line[i] == ' ') return i + 1;
    while (line[i] != '}') {
      const size_t equals = line.find('=', ++i);
      EXPECT_TRUE(is_valid_label_name(line.substr(i, equals - i))) << line;
      i = equals + 1;
      EXPECT_EQ(line[i], '"') << line;
      for (++i; line[i] != '"'; ++i) {
        if (line[i] != '\\') continue;
        ++i;
        EXPECT_TRUE(line[i] == '\\' || line[i] == '"' || line[i] == 'n') << line;
      }
      ++i;
      EXPECT_TRUE(line[i] == ',' || line[i] == '}') << line;
    }
    EXPECT_EQ(line[i + 1], ' ') << line;
    return i + 2;
  }
};

TEST(Metrics, AddsTheShardsUp) {
  MetricsRegistry registry(3);
  MetricFamily& family = registry.family({.name = "x_total", .help = "X.", .labels = {{"a"}}});
  for (size_t i = 0; i < 3; ++i) registry.shard(i).counter(family, {"one"}).add(i + 1);
  registry.shared().counter(family, {"one"}).add_shared(10);
  registry.shard(1).counter(family, {"two"}).add();
  const Exposition out(registry.scrape());
  EXPECT_EQ(out.at("x_total{a=\"one\"}"), 16);
  EXPECT_EQ(out.at("x_total{a=\"two\"}"), 1);
  EXPECT_EQ(out.types.at("x_total"), "counter");
}

TEST(Metrics, HistogramBoundsAreInclusiveAndCumulative) {
  MetricsRegistry registry(2);
  MetricFamily& family = registry.family(
      {.name = "h_seconds", .help = "H.", .type = MetricType::histogram, .bounds = {0.1, 1, 10}});
  for (const double value : {0.05, 0.1, 0.5, 10.0, 11.0}) {
    registry.shard(0).histogram(family, {}).observe(value);
  }
  registry.shard(1).histogram(family, {}).observe(1);
  registry.shard(1).histogram(family, {}).observe(std::nan(""));  // not counted
  const Exposition out(registry.scrape());
  EXPECT_EQ(out.at("h_seconds_bucket{le=\"0.1\"}"), 2);
  EXPECT_EQ(out.at("h_seconds_bucket{le=\"1\"}"), 4);
  EXPECT_EQ(out.at("h_seconds_bucket{le=\"10\"}"), 5);
  EXPECT_EQ(out.at("h_seconds_bucket{le=\"+Inf\"}"), 6);
  EXPECT_EQ(out.at("h_seconds_count"), 6);
  EXPECT_DOUBLE_EQ(out.at("h_seconds_sum"), 22.65);
}

TEST(Metrics, EscapesHostileLabels) {
  MetricsRegistry registry(1);
  MetricFamily& family = registry.family(
      {.name = "y_total", .help = "Back\\slash\nand line.", .labels = {{"a", true}}});
  registry.shard(0).counter(family, {"q\"b\\n\nx"}).add();
  registry.shard(0).counter(family, {"\xff\xfe"}).add();
  registry.shard(0).counter(family, {std::string(1000, 'z')}).add();
  const std::string text = registry.scrape();
  const Exposition out(text);
  EXPECT_EQ(out.at("y_total{a=\"q\\\"b\\\\n\\nx\"}"), 1);
  EXPECT_EQ(out.at("y_total{a=\"??\"}"), 1);
  EXPECT_EQ(out.at("y_total{a=\"" + std::string(128, 'z') + "\"}"), 1);
  EXPECT_NE(text.find("# HELP y_total Back\\\\slash\\nand line.\n"), std::string::npos);
}

TEST(Metrics, TooManySeriesBecomeOther) {
  MetricsRegistry registry(1);
  MetricFamily& family = registry.family(
      {.name = "z_total", .help = "Z.", .labels = {{"tenant", true}, {"kind"}}, .max_series = 10});
  for (int i = 0; i < 1000; ++i) {
    registry.shard(0).counter(family, {"t" + std::to_string(i), i % 2 == 0 ? "a" : "b"}).add();
  }
  const Exposition out(registry.scrape());
  EXPECT_EQ(out.samples.size(), 12U);
  EXPECT_EQ(out.at("z_total{tenant=\"other\",kind=\"a\"}"), 495);
  EXPECT_EQ(out.at("z_total{tenant=\"other\",kind=\"b\"}"), 495);
}

TEST(Metrics, ScrapeRunsBesideTheWriters) {
  MetricsRegistry registry(2);
  MetricFamily& family =
      registry.family({.name = "r_total", .help = "R.", .labels = {{"i", true}}});
  std::vector<std::thread> writers;
  for (size_t shard = 0; shard < 2; ++shard) {
    writers.emplace_back([&, shard] {
      for (int i = 0; i < 2000; ++i) {
        registry.shard(shard).counter(family, {std::to_string(i % 100)}).add();
      }
    });
  }
  for (int i = 0; i < 20; ++i) Exposition out(registry.scrape());
  for (auto& writer : writers) writer.join();
  const Exposition out(registry.scrape());
  double sum = 0;
  for (const auto& [name, value] : out.samples) sum += value;
  EXPECT_EQ(sum, 4000);
}

TEST(MetricsDeathTest, RefusesNamesThatPrometheusRefuses) {
  MetricsRegistry registry(1);
  EXPECT_DEATH(registry.family({.name = "9x", .help = ""}), "not a valid name");
  EXPECT_DEATH(registry.family({.name = "gen_ai.x", .help = ""}), "not a valid name");
  EXPECT_DEATH(registry.family({.name = "x", .help = "", .labels = {{"le"}}}), "label");
  EXPECT_DEATH(registry.family({.name = "x", .help = "", .labels = {{"a-b"}}}), "label");
}

TEST(RequestMetrics, UsesTheGenAiNames) {
  MetricsRegistry registry(1);
  RequestMetrics metrics(registry, registry.shard(0));
  RequestRecord record = test::simple_record("req_1");
  record.verdicts.push_back({.direction = "input",
                             .category = "pii",
                             .action = "redact",
                             .detector = "checksum/1",
                             .count = 2});
  record.first_token_time = std::chrono::milliseconds(110);
  record.upstream_time = std::chrono::milliseconds(300);
  metrics.observe(record);
  Refusal refusal;
  refusal.kind = ErrorKind::budget_exhausted;
  refusal.layer = Layer::admission;
  refusal.code = "budget_exhausted";
  RequestRecord refused;
  refused.tenant = "demo";
  refused.operation = "chat";
  refused.model_asked = "whatever the caller wrote";
  refused.outcome = Outcome::refused;
  refused.status = 429;
  refused.error = &refusal;
  metrics.observe(refused);
  metrics.upstream_error("local", "connect_timeout");
  const Exposition out(registry.scrape());
  const std::string labels =
      "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"local\",gen_ai_request_model="
      "\"smollm2\",gen_ai_response_model=\"SmolLM2-135M\",tenant=\"demo\"";
  EXPECT_EQ(out.at("gen_ai_client_token_usage_sum{" + labels + ",gen_ai_token_type=\"input\"}"),
            21);
  EXPECT_EQ(out.at("gen_ai_client_token_usage_sum{" + labels + ",gen_ai_token_type=\"output\"}"),
            41);
  EXPECT_DOUBLE_EQ(
      out.at("gen_ai_client_operation_duration_seconds_sum{" + labels + ",error_type=\"\"}"), 0.31);
  EXPECT_DOUBLE_EQ(out.at("gen_ai_server_time_to_first_token_seconds_sum{" + labels + "}"), 0.11);
  EXPECT_DOUBLE_EQ(out.at("gen_ai_server_time_per_output_token_seconds_sum{" + labels + "}"),
                   0.005);
  EXPECT_EQ(out.at("gatehouse_requests_total{tenant=\"demo\",operation=\"chat\","
                   "outcome=\"completed\",status=\"200\"}"),
            1);
  EXPECT_EQ(out.at("gatehouse_refusals_total{tenant=\"demo\",layer=\"admission\","
                   "code=\"budget_exhausted\"}"),
            1);
  EXPECT_EQ(out.at("gatehouse_budget_refusals_total{tenant=\"demo\"}"), 1);
  EXPECT_EQ(out.at("gatehouse_firewall_verdicts_total{direction=\"input\",category=\"pii\","
                   "action=\"redact\",detector=\"checksum/1\",mode=\"enforce\"}"),
            2);
  EXPECT_EQ(out.at("gatehouse_upstream_errors_total{upstream=\"local\",code=\"connect_timeout\"}"),
            1);
  EXPECT_EQ(out.at("gatehouse_cost_nano_usd_total{tenant=\"demo\",model=\"SmolLM2-135M\"}"), 1234);
  EXPECT_NEAR(out.at("gatehouse_overhead_duration_seconds_sum"), 0.01, 1e-9);
  EXPECT_EQ(registry.scrape().find("whatever"), std::string::npos);
}

TEST(RequestMetrics, MadeUpNamesCostBoundedMemory) {
  MetricsRegistry registry(1);
  RequestMetrics metrics(registry, registry.shard(0));
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "tenant-" + std::to_string(i);
    RequestRecord record = test::simple_record("req_1");
    record.tenant = name;
    record.model_asked = name;
    metrics.observe(record);
  }
  const Exposition out(registry.scrape());
  EXPECT_LT(out.samples.size(), 60000U);
  double requests = 0;
  for (const auto& [name, value] : out.samples) {
    if (name.starts_with("gatehouse_requests_total")) requests += value;
  }
  EXPECT_EQ(requests, 5000);
}

}  // namespace
}  // namespace gatehouse::settlement
