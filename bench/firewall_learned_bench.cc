// The learned detector alone, and the whole input side of the firewall, by size of text.
// Goals: the detector at most 17 us per KB; the whole under 150 us for a 2 KB prompt.
#include <string>

#include <benchmark/benchmark.h>

#include "firewall/firewall.h"
#include "firewall/learned/model.h"

namespace {

using gatehouse::firewall::Firewall;
using gatehouse::firewall::Policy;
using gatehouse::firewall::Segment;
using gatehouse::firewall::Source;

constexpr const char* kModels = GATEHOUSE_SOURCE_DIR "/models/firewall";

std::string prompt(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i) {
    text += "In round " + std::to_string(i) +
            " of the project we compare suppliers by price, quality and delay, and write a short "
            "summary for the board. Could you check the numbers and point out what looks odd? ";
  }
  text.resize(bytes);
  return text;
}

void learned_score(benchmark::State& state) {
  const auto model =
      gatehouse::firewall::learned::Model::load(std::string(kModels) + "/linear.bin");
  if (!model) {
    state.SkipWithError(model.error().reason.c_str());
    return;
  }
  const std::string text = prompt(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize((*model)->score(text, Source::user));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(learned_score)->Arg(200)->Arg(2048)->Arg(64 << 10)->Arg(1 << 20);

void inspect_input(benchmark::State& state) {
  const auto firewall = Firewall::load(kModels);
  if (!firewall) {
    state.SkipWithError(firewall.error().reason.c_str());
    return;
  }
  const auto policy = Policy::default_policy();
  const std::string text = prompt(static_cast<size_t>(state.range(0)));
  const Segment segment{Source::user, text, 0, 0};
  for (auto _ : state) {
    benchmark::DoNotOptimize((*firewall)->inspect_input(*policy, {&segment, 1}, nullptr));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(inspect_input)->Arg(200)->Arg(919)->Arg(2048)->Arg(64 << 10)->Arg(1 << 20);

}  // namespace
