/// What admission costs a request, each step and in whole. With two threads: two event loops that
/// share one tenant's counters.
///
///   build/release/bench/bench_admission
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include "admission/admission.h"

namespace gatehouse::admission {
namespace {

/// One service for all benchmarks, with 1,000 keys of one tenant and every limit and budget on.
struct World {
  World() {
    char name[] = "/var/tmp/gatehouse-bench-XXXXXX";
    dir = ::mkdtemp(name);
    const auto pepper = Pepper::load_or_make(dir, Random::system());
    KeyHasher hasher(*pepper);
    AdmissionSpecs specs;
    specs.tenants.resize(1);
    specs.tenants[0].id = "acme";
    specs.tenants[0].limits = {60'000'000, 60'000'000'000, 10'000};
    specs.tenants[0].budgets = {{Period::day, Money::dollars(1'000'000), int64_t{1} << 50},
                                {Period::month, Money::dollars(9'000'000), int64_t{1} << 50}};
    specs.users.push_back({"ann", "acme", "", specs.tenants[0].budgets});
    specs.prices.push_back({"stub", "small", WallTime{}, {150'000'000}, {}, {}, {600'000'000}});
    for (int i = 0; i < 1000; ++i) {
      const NewKey made = make_key(hasher, Random::system());
      KeyRecord record;
      record.spec.id = made.id;
      record.spec.tenant = "acme";
      record.spec.user = "ann";
      record.spec.limits = specs.tenants[0].limits;
      record.spec.budgets = specs.tenants[0].budgets;
      record.hash = made.hash;
      specs.keys.push_back(record);
      if (i < 2) keys[i] = made.text;
    }
    AdmissionOptions options;
    options.dir = dir;
    options.loops = 2;
    auto opened = AdmissionService::open(options, specs);
    if (!opened) {
      std::fprintf(stderr, "cannot open: %s\n", opened.error().reason.c_str());
      std::exit(1);
    }
    service = std::move(*opened);
  }
  ~World() {
    service.reset();
    std::filesystem::remove_all(dir);
  }

  std::filesystem::path dir;
  std::string keys[2];
  std::unique_ptr<AdmissionService> service;
};

World& world() {
  static World world;
  return world;
}

Admission& loop_of(const benchmark::State& state) {
  return world().service->loop(static_cast<size_t>(state.thread_index()));
}

void hash_key(benchmark::State& state) {
  KeyHasher hasher(world().service->pepper());
  for (auto _ : state) benchmark::DoNotOptimize(hasher(world().keys[0]));
}
BENCHMARK(hash_key);

void authenticate(benchmark::State& state) {
  Admission& admission = loop_of(state);
  const std::string key = world().keys[state.thread_index()];
  for (auto _ : state) benchmark::DoNotOptimize(admission.authenticate(key, "127.0.0.1"));
}
BENCHMARK(authenticate)->Threads(1)->Threads(2)->UseRealTime();

void admit(benchmark::State& state) {
  Admission& admission = loop_of(state);
  const auto principal = admission.authenticate(world().keys[state.thread_index()], "127.0.0.1");
  for (auto _ : state) {
    auto permit = admission.admit(*principal, "small", 500);
    if (!permit) state.SkipWithError(permit.error().reason.c_str());
    permit->finish(300);
  }
}
BENCHMARK(admit)->Threads(1)->Threads(2)->UseRealTime();

void reserve_and_settle(benchmark::State& state) {
  Admission& admission = loop_of(state);
  const auto principal = admission.authenticate(world().keys[state.thread_index()], "127.0.0.1");
  for (auto _ : state) {
    auto reservation =
        admission.reserve(*principal, {Money{1000}, 500}, "req_01hzx3k5v7m9q2w4e6r8t0y1p3");
    if (!reservation) state.SkipWithError(reservation.error().reason.c_str());
    reservation->settle({Money{700}, 300});
  }
}
BENCHMARK(reserve_and_settle)->Threads(1)->Threads(2)->UseRealTime();

/// All that a request meets, as the gateway calls it; both journal writes included.
void whole_request(benchmark::State& state) {
  Admission& admission = loop_of(state);
  const std::string key = world().keys[state.thread_index()];
  for (auto _ : state) {
    auto principal = admission.authenticate(key, "127.0.0.1");
    auto permit = admission.admit(*principal, "small", estimate_tokens(919, 0, 256, 1));
    const auto price = admission.price("stub", "small");
    const auto charge = admission.quote(*principal, price, upper_bound(919, 0, 256, 1));
    auto reservation = admission.reserve(*principal, *charge, "req_01hzx3k5v7m9q2w4e6r8t0y1p3");
    if (!reservation) state.SkipWithError(reservation.error().reason.c_str());
    const Usage usage{230, 0, 64};
    reservation->settle({price->cost(usage), usage.total()});
    permit->finish(usage.total());
  }
}
BENCHMARK(whole_request)->Threads(1)->Threads(2)->UseRealTime()->MinTime(2);

void append_to_log(benchmark::State& state) {
  store::AppendLogOptions options;
  options.dir = world().dir / "log";
  options.name = "bench";
  auto log = store::AppendLog::open(options);
  const std::string record(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    if (!(*log)->append(record)) state.SkipWithError("append");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  log->reset();
  std::filesystem::remove_all(options.dir);
}
BENCHMARK(append_to_log)->Arg(150)->Arg(1024)->Arg(4096)->UseRealTime();

}  // namespace
}  // namespace gatehouse::admission
