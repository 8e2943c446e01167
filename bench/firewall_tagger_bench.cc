// The tagger of names and addresses, by kind of text. Goal: at most 15 us per KB of ordinary
// text, which is 65 MB/s.
#include <string>

#include <benchmark/benchmark.h>

#include "firewall/tagger/tagger.h"

namespace {

using namespace gatehouse::firewall;

constexpr const char* kModel = GATEHOUSE_SOURCE_DIR "/models/firewall/names.bin";

std::string repeated(std::string_view text) {
  std::string all;
  while (all.size() < 8192) all += text;
  all.resize(8192);
  return all;
}

void tag(benchmark::State& state, std::string_view sample) {
  const auto tagger = tagger::Tagger::load(kModel);
  if (!tagger) {
    state.SkipWithError(tagger.error().reason.c_str());
    return;
  }
  const std::string text = repeated(sample);
  Findings findings;
  for (auto _ : state) {
    findings.clear();
    (*tagger)->scan(text, {true, true}, findings);
    benchmark::DoNotOptimize(findings.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void prose(benchmark::State& state) {
  tag(state,
      "In the third round we compare suppliers by price, quality and delay, and write a short "
      "summary for the board. Could you check the numbers and point out what looks odd? The "
      "second table adds up to 1200 units, while the text says otherwise. ");
}
BENCHMARK(prose);

void no_capitals(benchmark::State& state) {
  tag(state, "we compare suppliers by price, quality and delay, and write a short summary. ");
}
BENCHMARK(no_capitals);

void full_of_names(benchmark::State& state) {
  tag(state,
      "Anna Schmidt told Pieter van Dijk that Maria lives at 12 Park Road, Leeds LS1 4AB. Then Tom "
      "Baker and Dr. Jones wrote to Mr. Smith in Berlin. ");
}
BENCHMARK(full_of_names);

void numbers(benchmark::State& state) {
  tag(state, "12, 40, 7, 1999, 3.5, 88, Row 12, ");
}
BENCHMARK(numbers);

}  // namespace
