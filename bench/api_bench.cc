// What reading and writing one request costs: the data path's share of the API layer.
#include <string>

#include <benchmark/benchmark.h>

#include "api/errors.h"
#include "api/requests.h"
#include "api/responses.h"
#include "api/stream_renderer.h"
#include "api/upstream.h"
#include "core/json.h"

namespace gatehouse::api {
namespace {

/// A chat request of about `bytes` bytes, two messages, as SDKs send it.
std::string request(size_t bytes, bool stream) {
  std::string text;
  while (text.size() + 200 < bytes) {
    text += "Say what the gateway does about keys, budgets and audit, and name one risk for each. ";
  }
  return R"({"model":"gpt-4o-mini","messages":[{"role":"system","content":"You are a careful )"
         R"(assistant for a platform engineering team."},{"role":"user","content":")" +
         text + R"("}],"temperature":0.2,"max_tokens":256)" + (stream ? R"(,"stream":true})" : "}");
}

void parse_request(benchmark::State& state) {
  const std::string body = request(static_cast<size_t>(state.range(0)), false);
  for (auto _ : state) {
    std::string copy;
    copy.reserve(body.size() + json::kPadding);  // as the HTTP server leaves it
    copy = body;
    auto parsed = parse_openai_chat(std::move(copy));
    benchmark::DoNotOptimize(parsed);
  }
  state.SetBytesProcessed(static_cast<int64_t>(body.size()) * state.iterations());
}
BENCHMARK(parse_request)->Arg(919)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

void write_error(benchmark::State& state) {
  const Refusal refusal = Refusal::invalid("messages", "'messages' is required.");
  for (auto _ : state) benchmark::DoNotOptimize(render_error(refusal, Dialect::openai));
}
BENCHMARK(write_error);

ChatEvent chunk(bool edited) {
  ChatEvent event;
  event.id = "chatcmpl-0123456789";
  event.model = "gpt-4o-mini-2024-07-18";
  event.created = 1'730'000'000;
  event.choices.emplace_back().text = " token";
  event.raw_data =
      R"({"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1730000000,)"
      R"("model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":" token"},)"
      R"("logprobs":null,"finish_reason":null}]})";
  event.edited = edited;
  return event;
}

void render_chunk(benchmark::State& state) {
  const ChatEvent event = chunk(state.range(0) != 0);
  StreamRenderer renderer{StreamTarget{}};
  std::string out;
  for (auto _ : state) {
    out.clear();
    renderer.render(event, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(render_chunk)->ArgName("edited")->Arg(0)->Arg(1);

}  // namespace
}  // namespace gatehouse::api
