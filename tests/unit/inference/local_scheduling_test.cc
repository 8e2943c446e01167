// How the embedded engine shares itself: prefixes, tenants, cancellation, deadlines, limits.
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "unit/inference/local_fixture.h"

namespace gatehouse::inference::local::test {
namespace {

std::string long_system(const std::string& first) {
  std::string text = first;
  for (int i = 0; i < 60; ++i) text += " Rule " + std::to_string(i) + ": be brief and kind.";
  return text;
}

// The engine publishes its figures after a step, which on a busy machine may be well after the
// step's answer is here.
template <typename Condition>
EngineStats stats_once(Condition condition) {
  EngineStats stats = backend().stats();
  for (int i = 0; i < 500 && !condition(stats); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    stats = backend().stats();
  }
  return stats;
}

TEST(LocalScheduling, ASharedSystemPromptIsComputedOnce) {
  const EngineStats before = backend().stats();
  Bench bench;
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->request = ask("Question number " + std::to_string(i) + "?", 4);
    say(calls.back()->request, api::Role::system, long_system("You are terse."), true);
    bench.start(bench.complete(*calls.back()));
  }
  bench.run();
  for (const auto& call : calls) ASSERT_TRUE(call->whole) << call->error->reason;
  const EngineStats after = backend().stats();
  const auto prompt = static_cast<double>(after.prompt_tokens - before.prompt_tokens);
  const auto reused = static_cast<double>(after.reused_tokens - before.reused_tokens);
  EXPECT_GT(prompt, 8 * 500);
  // All eight came at once: seven of them waited for the first one's prefix.
  EXPECT_GT(prompt / (prompt - reused), 5) << reused << " of " << prompt;
  EXPECT_GT(calls[7]->whole->usage.cached_input, 500);
}

TEST(LocalScheduling, APrefixOfAnotherTenantIsSharedWithoutBeingSeen) {
  // Reuse changes time, not text: the answer is that of the prompt as a whole.
  Call first, second;
  first.request = second.request = ask("What is the capital of Japan?", 16);
  first.tenant = "a";
  second.tenant = "b";
  complete(first);
  complete(second);
  EXPECT_EQ(first.whole->choices[0].text, second.whole->choices[0].text);
}

TEST(LocalScheduling, CancellationFreesTheSequenceWithinAToken) {
  const EngineStats before = backend().stats();
  Call call;
  call.request = ask("Tell a very long story about a dragon.", 800);
  call.cancel_after_events = 3;
  Bench bench;
  bench.start(bench.stream(call));
  bench.run();
  ASSERT_TRUE(call.error);
  EXPECT_EQ(call.error->kind, ErrorKind::client_gone);
  // Whoever comes next finds the engine free at once.
  Call next;
  next.request = ask("Hi", 1);
  complete(next);
  const EngineStats after = stats_once(
      [&](const EngineStats& now) { return now.cancelled > before.cancelled && now.running == 0; });
  EXPECT_EQ(after.cancelled, before.cancelled + 1);
  EXPECT_EQ(after.running, 0);
  EXPECT_LT(after.generated_tokens - before.generated_tokens, 40U);
}

TEST(LocalScheduling, WhoLeavesIsToldWhatWasComputed) {
  Call whole, left;
  whole.request = ask("Tell a very long story about a dragon.", 1);
  left.request = ask("Tell a very long story about a dragon.", 800);
  left.cancel_after_events = 3;
  complete(whole);
  Bench bench;
  bench.start(bench.stream(left));
  bench.run();
  ASSERT_TRUE(left.error);
  ASSERT_TRUE(left.used);
  EXPECT_EQ(left.used->input, whole.whole->usage.input);
  EXPECT_GE(left.used->output, 3);
  EXPECT_LT(left.used->output, 100);
  EXPECT_FALSE(left.used->estimated);
}

TEST(LocalScheduling, EachPromptOfACompletionIsCounted) {
  Call one, three;
  one.request.operation = three.request.operation = api::ChatRequest::Operation::text_completion;
  one.request.sampling.max_tokens = three.request.sampling.max_tokens = 1;
  one.request.prompts = {"A dragon"};
  three.request.prompts = {"A dragon", "A dragon", "A dragon"};
  three.request.sampling.n = 2;
  complete(one);
  complete(three);
  EXPECT_EQ(three.whole->usage.input, 3 * one.whole->usage.input);
}

TEST(LocalScheduling, AStreamThatIsDroppedIsCancelled) {
  struct Drop {
    static Task<void> run(Bench& bench, Call& call) {
      CallContext context = bench.context(call);
      {
        auto stream = co_await backend().stream(call.request, context);
        EXPECT_TRUE(stream);
      }
      bench.done();
    }
  };
  const EngineStats before = backend().stats();
  Call call, next;
  call.request = ask("Tell a very long story about a dragon.", 800);
  Bench bench;
  bench.start(Drop::run(bench, call));
  bench.run();
  next.request = ask("Hi", 1);
  complete(next);
  const EngineStats after =
      stats_once([&](const EngineStats& now) { return now.cancelled > before.cancelled; });
  EXPECT_EQ(after.cancelled, before.cancelled + 1);
}

TEST(LocalScheduling, ALongPromptDoesNotStallAStream) {
  Call streamed, heavy;
  streamed.request = ask("Tell a very long story about a dragon.", 60);
  heavy.request = ask("Summarise.", 2);
  say(heavy.request, api::Role::system, long_system("An unshared beginning."), true);
  Bench bench;
  bench.start(bench.stream(streamed));
  bench.start(bench.complete(heavy));
  bench.run();
  ASSERT_FALSE(streamed.error);
  ASSERT_TRUE(heavy.whole);
  // The prompt of 900 tokens went in by pieces, so that events kept coming meanwhile.
  EXPECT_GT(streamed.events.size(), 10U);
}

TEST(LocalScheduling, AFloodOfOneTenantLetsAnotherThrough) {
  Bench bench;
  std::vector<std::unique_ptr<Call>> flood;
  for (int i = 0; i < 40; ++i) {
    flood.push_back(std::make_unique<Call>());
    flood.back()->tenant = "flood";
    flood.back()->request = ask("Tell story " + std::to_string(i), 24);
    bench.start(bench.stream(*flood.back()));
  }
  Call other;
  other.tenant = "other";
  other.request = ask("Hello there", 4);
  bench.start(bench.stream(other));
  bench.run();
  ASSERT_FALSE(other.error);
  int later = 0;
  for (const auto& call : flood) later += call->ended > other.ended ? 1 : 0;
  EXPECT_GT(later, 20) << "most of the flood ends after the single request";
}

TEST(LocalScheduling, RefusesWhenTheQueueIsFull) {
  Bench bench;
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 120; ++i) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->request = ask("Go", 2);
    bench.start(bench.complete(*calls.back()));
  }
  bench.run();
  int refused = 0;
  for (const auto& call : calls) {
    if (call->whole) continue;
    ++refused;
    EXPECT_EQ(call->error->kind, ErrorKind::unavailable);
    EXPECT_EQ(call->error->code, "overloaded");
    EXPECT_TRUE(call->error->retry_after);
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 120);
}

TEST(LocalScheduling, KeepsTheWholeDeadline) {
  Call call;
  call.request = ask("Tell a very long story about a dragon.", 900);
  call.deadlines.total_ms = 150;
  Bench bench;
  bench.start(bench.stream(call));
  bench.run();
  ASSERT_TRUE(call.error);
  EXPECT_EQ(call.error->kind, ErrorKind::upstream_timeout);
}

TEST(LocalScheduling, AMissingModelSaysWhatFetchesIt) {
  LocalEngineSpec spec;
  spec.chat_model_path = "/nowhere/model.gguf";
  const auto opened = LocalBackend::open(spec);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "model_missing");
  EXPECT_NE(opened.error().message.find("make assets"), std::string::npos);
}

TEST(LocalScheduling, ADamagedModelIsRefused) {
  LocalEngineSpec spec;
  spec.chat_model_path = GATEHOUSE_SOURCE_DIR "/assets.lock";
  const auto opened = LocalBackend::open(spec);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "model_unreadable");
}

}  // namespace
}  // namespace gatehouse::inference::local::test
