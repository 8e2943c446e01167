// What settlement costs a request, and how fast the audit log is verified.
//   build/release/bench/bench_settlement
// Reads: Append = record to JSON, chain hash, append to the log; Settle = that and all metrics.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <benchmark/benchmark.h>

#include "core/log.h"
#include "settlement/record_json.h"
#include "settlement/settlement.h"
#include "settlement/verify.h"

namespace gatehouse::settlement {
namespace {

class Dir {
 public:
  Dir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Dir() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
  std::filesystem::path path;
};

void fill_trail(DecisionTrail& trail) {
  trail.note(Layer::admission, "key", "gh_ab12cd of tenant demo");
  trail.note(Layer::admission, "limits", "requests 59 of 60 left, tokens 9000 of 10000 left");
  trail.number(Layer::admission, "budget_reserve", 123456, "nano_usd", "month 2026-11");
  trail.note(Layer::firewall, "scan", "3 messages, policy default");
  trail.score(Layer::firewall, "injection", 0.03, 0.8, "linear/3");
  trail.note(Layer::routing, "route", "smollm2 to local");
  trail.note(Layer::inference, "slot", "2 of 4");
  trail.number(Layer::inference, "first_token", 85012, "us");
  trail.number(Layer::inference, "tokens", 41, "tokens");
  trail.score(Layer::firewall, "output", 0.01, 0.7, "leak/1");
}

RequestRecord typical(const DecisionTrail& trail) {
  RequestRecord record;
  record.request_id = "req_01hzx3k5v7m9q2w4e6r8t0y1p3";
  record.tenant = "demo";
  record.key_id = "gh_ab12cd";
  record.user = "alice";
  record.client = "127.0.0.1";
  record.api = "openai";
  record.operation = "chat";
  record.model_asked = "smollm2";
  record.prompt_hmac = "8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e8f3e";
  record.model_served = "SmolLM2-135M-Instruct";
  record.upstream = "local";
  record.provider = "local";
  record.attempts = 1;
  record.policy = "default";
  record.policy_version = "0af7651916cd43dd";
  record.verdicts.push_back({.direction = "input",
                             .category = "pii",
                             .action = "redact",
                             .detector = "checksum/1",
                             .rule = "pii.card",
                             .score = 1,
                             .threshold = 0.5,
                             .count = 2});
  record.input_tokens = 210;
  record.output_tokens = 41;
  record.reserved = Money{500000};
  record.cost = Money{123456};
  record.started = Clock::system().wall();
  record.firewall_input_time = std::chrono::microseconds(60);
  record.firewall_output_time = std::chrono::microseconds(40);
  record.upstream_time = std::chrono::milliseconds(300);
  record.first_token_time = std::chrono::milliseconds(85);
  record.total_time = std::chrono::milliseconds(310);
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  record.trail = &trail;
  return record;
}

void Trail(benchmark::State& state) {
  for (auto _ : state) {
    DecisionTrail trail(Clock::system());
    fill_trail(trail);
    benchmark::DoNotOptimize(trail.size());
  }
  state.SetItemsProcessed(state.iterations() * 10);  // notes
}
BENCHMARK(Trail);

void Build(benchmark::State& state) {
  DecisionTrail trail(Clock::system());
  fill_trail(trail);
  const RequestRecord record = typical(trail);
  std::string members;
  for (auto _ : state) {
    members.clear();
    append_members(members, record);
    benchmark::DoNotOptimize(members.data());
  }
  state.counters["bytes"] = static_cast<double>(members.size());
}
BENCHMARK(Build);

void Hash(benchmark::State& state) {
  DecisionTrail trail(Clock::system());
  fill_trail(trail);
  std::string members;
  append_members(members, typical(trail));
  Chain chain(chain_start("loop-0", "key"));
  for (auto _ : state) {
    benchmark::DoNotOptimize(chain.build(members));
    chain.commit();
  }
}
BENCHMARK(Hash);

void Append(benchmark::State& state) {
  const Dir dir;
  const auto audit = AuditLog::open({.dir = dir.path / "audit", .key_file = dir.path / "audit.key"},
                                    Clock::system(), Random::system());
  DecisionTrail trail(Clock::system());
  fill_trail(trail);
  const RequestRecord record = typical(trail);
  AuditStream& stream = (*audit)->stream(0);
  for (auto _ : state) benchmark::DoNotOptimize(stream.append(record).has_value());
  state.SetBytesProcessed(static_cast<int64_t>(stream.stats().bytes));
}
BENCHMARK(Append);

void Settle(benchmark::State& state) {
  const Dir dir;
  SettlementOptions options;
  options.data_dir = dir.path;
  const auto settlement = Settlement::open(options, Clock::system(), Random::system());
  DecisionTrail trail(Clock::system());
  fill_trail(trail);
  const RequestRecord record = typical(trail);
  LoopSettlement& loop = (*settlement)->loop(0);
  for (auto _ : state) benchmark::DoNotOptimize(loop.settle(record).has_value());
}
BENCHMARK(Settle);

void CounterAdd(benchmark::State& state) {
  MetricsRegistry registry(1);
  Counter& counter =
      registry.shard(0).counter(registry.family({.name = "bench_total", .help = "A counter."}), {});
  for (auto _ : state) counter.add();
}
BENCHMARK(CounterAdd);

void HistogramObserve(benchmark::State& state) {
  MetricsRegistry registry(1);
  Histogram& histogram = registry.shard(0).histogram(
      registry.family({.name = "bench_seconds",
                       .help = "A histogram.",
                       .type = MetricType::histogram,
                       .bounds = {0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24,
                                  20.48, 40.96, 81.92}}),
      {});
  double value = 0.001;
  for (auto _ : state) {
    histogram.observe(value);
    value = value < 90 ? value * 1.1 : 0.001;
  }
}
BENCHMARK(HistogramObserve);

void PromptHash(benchmark::State& state) {
  PromptHasher hasher("0123456789abcdef0123456789abcdef");
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    hasher.begin("demo");
    hasher.add("user");
    hasher.add(text);
    benchmark::DoNotOptimize(hasher.finish());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PromptHash)->Arg(100)->Arg(1024)->Arg(100 << 10);

void TraceAccept(benchmark::State& state) {
  SpanIds ids(Random::system());
  for (auto _ : state) {
    benchmark::DoNotOptimize(TraceContext::accept(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "congo=t61rcWkgMzE", "", ids));
  }
}
BENCHMARK(TraceAccept);

void LogLine(benchmark::State& state) {
  log::Logger logger({.fd = 2, .level = log::Level::info, .queue_bytes = 0});  // formats and drops
  for (auto _ : state) {
    logger.write(log::Level::info, "request",
                 {{"request_id", "req_01hzx3k5v7m9q2w4e6r8t0y1p3"},
                  {"tenant", "demo"},
                  {"status", 200},
                  {"ms", 310},
                  {"cost", 0.25}});
  }
}
BENCHMARK(LogLine);

void Verify(benchmark::State& state) {
  const Dir dir;
  {
    const auto audit =
        AuditLog::open({.dir = dir.path / "audit", .key_file = dir.path / "audit.key"},
                       Clock::system(), Random::system());
    DecisionTrail trail(Clock::system());
    fill_trail(trail);
    const RequestRecord record = typical(trail);
    while ((*audit)->stream(0).stats().bytes < (100 << 20)) {
      if (!(*audit)->stream(0).append(record)) return state.SkipWithError("cannot append");
    }
  }
  uint64_t bytes = 0;
  for (auto _ : state) {
    const auto report = verify_audit({.dir = dir.path, .public_key = {}, .anchor = {}});
    if (!report || !report->ok()) return state.SkipWithError("does not hold");
    bytes += report->bytes();
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(Verify)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gatehouse::settlement

BENCHMARK_MAIN();
