// One text through the embedding model on one thread, by its length in tokens. `bench/encoder`
// stands other engines beside it.
#include <vector>

#include <benchmark/benchmark.h>

#include "inference/local/encoder/sentence_encoder.h"

namespace {

using namespace gatehouse::inference::local;

void encode(benchmark::State& state) {
  const auto encoder = SentenceEncoder::load(find_pinned_model(kPinnedEmbeddingModel));
  if (!encoder) {
    state.SkipWithError(encoder.error().message.c_str());
    return;
  }
  std::vector<Token> tokens;
  constexpr Token kFirstWord = 1000;  // those before are signs and single letters
  for (int64_t i = 0; i < state.range(0); ++i) {
    tokens.push_back(kFirstWord + static_cast<Token>(i * 37 % 5000));
  }
  std::vector<float> vector((*encoder)->width());
  for (auto _ : state) {
    if (!(*encoder)->encode(tokens, vector)) state.SkipWithError("failed");
    benchmark::DoNotOptimize(vector.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode)->Arg(8)->Arg(32)->Arg(112)->Arg(128)->Arg(256)->Arg(512)->Unit(
    benchmark::kMillisecond);

}  // namespace
