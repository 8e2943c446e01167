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

void patch_request(benchmark::State& state) {
  const std::string body = request(static_cast<size_t>(state.range(0)), true);
  for (auto _ : state) benchmark::DoNotOptimize(patch_body(body, "gpt-4o-mini-2024", true));
}
BENCHMARK(patch_request)->Arg(919)->Arg(100'000)->Arg(1'000'000);

void rewrite_request(benchmark::State& state) {
  ChatRequest parsed = *parse_openai_chat(request(919, true));
  parsed.edited = true;
  UpstreamOptions options;
  options.dialect = state.range(0) == 0 ? Dialect::openai : Dialect::anthropic;
  options.model = "gpt-4o-mini-2024";
  for (auto _ : state) benchmark::DoNotOptimize(upstream_body(parsed, options));
}
BENCHMARK(rewrite_request)->ArgName("anthropic")->Arg(0)->Arg(1);

constexpr char kAnswer[] =
    R"({"id":"chatcmpl-stub0123456789abcdef","object":"chat.completion","created":1730000000,)"
    R"("model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"A gateway sits between clients and model providers. It checks keys, applies )"
    R"(limits, routes each request to a provider, and streams the answer back.","refusal":null},)"
    R"("logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":220,)"
    R"("completion_tokens":33,"total_tokens":253,"prompt_tokens_details":{"cached_tokens":0},)"
    R"("completion_tokens_details":{"reasoning_tokens":0}},"system_fingerprint":"fp_stub"})";

void parse_answer(benchmark::State& state) {
  for (auto _ : state) {
    std::string body;
    body.reserve(sizeof kAnswer + json::kPadding);
    body = kAnswer;
    benchmark::DoNotOptimize(parse_completion(std::move(body), Dialect::openai));
  }
}
BENCHMARK(parse_answer);

void parse_chunk(benchmark::State& state) {
  StreamParser parser(Dialect::openai, ChatRequest::Operation::chat);
  const std::string data =
      R"({"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1730000000,)"
      R"("model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":" token"},)"
      R"("logprobs":null,"finish_reason":null}]})";
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse("", data));
}
BENCHMARK(parse_chunk);

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
