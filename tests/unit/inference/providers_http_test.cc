#include <chrono>
#include <future>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/requests.h"
#include "inference/providers/http_backend.h"
#include "inference/providers/providers.h"
#include "unit/inference/scripted_upstream.h"

namespace gatehouse::inference {
namespace {

using test::Script;
using test::ScriptedUpstream;
using testing::HasSubstr;

constexpr char kAnswer[] =
    R"({"id":"i","model":"real-model","created":5,"choices":[{"index":0,"message":)"
    R"({"role":"assistant","content":"four"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}})";

std::string chunk(const std::string& choice) {
  return R"(data: {"id":"i","model":"m","created":5,"choices":[{"index":0,)" + choice + "}]}\n\n";
}
const std::string kRole = chunk(R"("delta":{"role":"assistant","content":""})");
const std::string kText = chunk(R"("delta":{"content":"a"})");
const std::string kStop = chunk(R"("delta":{},"finish_reason":"stop")");
const std::string kDone = "data: [DONE]\n\n";

/// All that came of one streamed call.
struct Streamed {
  std::optional<Refusal> begin_error, error;
  std::string text;
  size_t events = 0;
  bool ended = false;
};

/// Runs calls of a backend on a loop of its own.
class Providers : public testing::Test {
 protected:
  Providers() : loops_(1), trail_(Clock::system()) {
    spec_.name = "up";
    spec_.api_key = "sk-secret";
    deadlines_.first_byte_ms = 1000;
    deadlines_.between_chunks_ms = 300;
    loops_.start();
    on_loop([this] { client_ = std::make_unique<net::Client>(loops_[0]); });
  }
  ~Providers() override {
    on_loop([this] { client_.reset(); });
    loops_.stop();
    loops_.join();
  }

  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    loops_[0].post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::shared_ptr<Backend> backend(const std::string& path = "/v1") {
    spec_.base_url = upstream_.url() + path;
    auto made = make_backend(spec_);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : nullptr;
  }

  CallContext context() {
    return CallContext{loops_[0],  *client_, cancellation_, trail_,     deadlines_, "req_1",
                       "tenant-a", "up-m",   "00-trace",    "vendor=x", &warnings_, betas_};
  }

  static Task<void> do_complete(Backend& to, const api::ChatRequest& request, CallContext& context,
                                std::promise<Result<api::ChatCompletion>>& out) {
    Result<api::ChatCompletion> result = co_await to.complete(request, context);
    out.set_value(std::move(result));
  }
  Result<api::ChatCompletion> complete(Backend& to, const api::ChatRequest& request) {
    CallContext call = context();
    call.cap_output = cap_output_;
    std::promise<Result<api::ChatCompletion>> out;
    loops_[0].spawn(do_complete(to, request, call, out));
    Result<api::ChatCompletion> result = out.get_future().get();
    cost_unknown_ = call.cost_unknown;
    return result;
  }

  static Task<void> do_embed(Backend& to, const api::EmbeddingRequest& request,
                             CallContext& context,
                             std::promise<Result<api::EmbeddingResponse>>& out) {
    Result<api::EmbeddingResponse> result = co_await to.embed(request, context);
    out.set_value(std::move(result));
  }
  static Task<void> do_count(Backend& to, const api::ChatRequest& request, CallContext& context,
                             std::promise<Result<int64_t>>& out) {
    Result<int64_t> result = co_await to.count_tokens(request, context);
    out.set_value(std::move(result));
  }

  static Task<void> do_stream(Backend& to, const api::ChatRequest& request, CallContext& context,
                              std::promise<Streamed>& out) {
    Streamed streamed;
    Result<std::unique_ptr<ChatStream>> stream = co_await to.stream(request, context);
    if (!stream) {
      streamed.begin_error = stream.error();
    } else {
      while (!streamed.ended && !streamed.error) {
        Result<std::optional<api::ChatEvent>> event = co_await (*stream)->next();
        if (!event) {
          streamed.error = event.error();
        } else if (!*event) {
          streamed.ended = true;
        } else {
          ++streamed.events;
          for (const auto& delta : (*event)->choices) streamed.text += delta.text;
        }
      }
      stream->reset();
    }
    out.set_value(std::move(streamed));
  }
  Streamed stream(Backend& to) {
    const api::ChatRequest request = chat(R"("stream":true)");
    CallContext call = context();
    std::promise<Streamed> out;
    loops_[0].spawn(do_stream(to, request, call, out));
    Streamed result = out.get_future().get();
    cost_unknown_ = call.cost_unknown;
    return result;
  }

  Streamed streamed(std::vector<std::string> chunks, Script::End end = Script::End::clean) {
    upstream_.will({200, {{"content-type", "text/event-stream"}}, "", std::move(chunks), end});
    return stream(*backend());
  }

  static api::ChatRequest chat(const std::string& fields) {
    auto parsed = api::parse_openai_chat(
        R"({"model":"alias","messages":[{"role":"user","content":"2+2?"}],)" + fields + "}");
    EXPECT_TRUE(parsed);
    return parsed ? std::move(*parsed) : api::ChatRequest{};
  }

  ScriptedUpstream upstream_;
  UpstreamSpec spec_;
  net::LoopGroup loops_;
  std::unique_ptr<net::Client> client_;
  Cancellation cancellation_;
  DecisionTrail trail_;
  net::Deadlines deadlines_;
  std::vector<std::string> warnings_;
  std::string_view betas_;
  bool cap_output_ = false;
  bool cost_unknown_ = false;  // of the last call
};

TEST_F(Providers, SendTheRequestAndReadTheAnswer) {
  upstream_.will({200, {}, kAnswer, {}, Script::End::clean});
  spec_.headers["x-team"] = "a";
  auto answer = complete(*backend(), chat(R"("seed":1)"));
  ASSERT_TRUE(answer) << answer.error().reason;
  EXPECT_EQ(answer->choices[0].text, "four");
  EXPECT_EQ(answer->model, "real-model");
  EXPECT_EQ(answer->body, kAnswer);
  const auto asked = upstream_.asked();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].target, "/v1/chat/completions");
  EXPECT_EQ(asked[0].body,
            R"({"model":"up-m","messages":[{"role":"user","content":"2+2?"}],"seed":1})");
  EXPECT_EQ(asked[0].headers.at("authorization"), "Bearer sk-secret");
  EXPECT_EQ(asked[0].headers.at("traceparent"), "00-trace");
  EXPECT_EQ(asked[0].headers.at("tracestate"), "vendor=x");
  EXPECT_EQ(asked[0].headers.at("x-team"), "a");
  EXPECT_EQ(asked[0].headers.at("accept-encoding"), "identity");
}

TEST_F(Providers, TakePlainBytesOnly) {
  upstream_.will({200, {{"content-encoding", "identity"}}, kAnswer, {}, Script::End::clean});
  EXPECT_TRUE(complete(*backend(), chat(R"("seed":1)")));
  upstream_.will({200, {{"content-encoding", "gzip"}}, kAnswer, {}, Script::End::clean});
  auto answer = complete(*backend(), chat(R"("seed":1)"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "upstream_malformed");
  EXPECT_THAT(answer.error().reason, HasSubstr("content-encoding gzip"));
  EXPECT_TRUE(cost_unknown_);
}

TEST_F(Providers, SpeakAnthropic) {
  spec_.kind = UpstreamSpec::Kind::anthropic;
  const std::string body =
      R"({"id":"msg_1","model":"c","content":[{"type":"text","text":"vier"}],)"
      R"("stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}})";
  upstream_.will({200, {}, body, {}, Script::End::clean});
  auto answer = complete(*backend(""), chat(R"("seed":1)"));
  ASSERT_TRUE(answer) << answer.error().reason;
  EXPECT_EQ(answer->choices[0].text, "vier");
  const auto asked = upstream_.asked();
  EXPECT_EQ(asked[0].target, "/v1/messages");
  EXPECT_EQ(asked[0].headers.at("x-api-key"), "sk-secret");
  EXPECT_EQ(asked[0].headers.count("authorization"), 0u);
  EXPECT_THAT(asked[0].body, HasSubstr(R"("max_tokens":4096)"));
  EXPECT_THAT(warnings_, testing::ElementsAre(HasSubstr("seed")));
}

TEST_F(Providers, BetaFeaturesGoToAnthropicOnly) {
  betas_ = "a-1,b-2";
  upstream_.will({200, {}, kAnswer, {}, Script::End::clean});
  ASSERT_TRUE(complete(*backend(), chat(R"("seed":1)")));
  EXPECT_EQ(upstream_.asked()[0].headers.count("anthropic-beta"), 0u);
  spec_.kind = UpstreamSpec::Kind::anthropic;
  spec_.headers = {{"anthropic-beta", "c-3"}};
  upstream_.will({500, {}, "", {}, Script::End::clean});
  (void)complete(*backend(), chat(R"("seed":1)"));
  EXPECT_EQ(upstream_.asked()[1].headers.at("anthropic-beta"), "c-3,a-1,b-2");
}

TEST_F(Providers, CountTokensWhereTheUpstreamCan) {
  spec_.kind = UpstreamSpec::Kind::anthropic;
  upstream_.will({200, {}, R"({"input_tokens":11})", {}, Script::End::clean});
  const api::ChatRequest request = chat(R"("n":1)");
  CallContext call = context();
  auto to = backend("/v1");
  std::promise<Result<int64_t>> out;
  loops_[0].spawn(do_count(*to, request, call, out));
  auto count = out.get_future().get();
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 11);
  EXPECT_EQ(upstream_.asked()[0].target, "/v1/messages/count_tokens");

  spec_.kind = UpstreamSpec::Kind::openai;
  to = backend();
  std::promise<Result<int64_t>> none;
  loops_[0].spawn(do_count(*to, request, call, none));
  EXPECT_EQ(none.get_future().get().error().kind, ErrorKind::not_found);
}

TEST_F(Providers, Embed) {
  upstream_.will({200,
                  {},
                  R"({"data":[{"embedding":[1,2]}],"usage":{"prompt_tokens":3}})",
                  {},
                  Script::End::clean});
  auto request = api::parse_openai_embedding(R"({"model":"alias","input":"a"})");
  CallContext call = context();
  auto to = backend();
  std::promise<Result<api::EmbeddingResponse>> out;
  loops_[0].spawn(do_embed(*to, *request, call, out));
  auto answer = out.get_future().get();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->usage.input, 3);
  EXPECT_EQ(answer->model, "up-m");
  EXPECT_EQ(upstream_.asked()[0].target, "/v1/embeddings");
}

TEST_F(Providers, TranslateRefusals) {
  const auto refused = [&](Script script) {
    upstream_.will(std::move(script));
    auto answer = complete(*backend(), chat(R"("seed":1)"));
    EXPECT_FALSE(answer);
    return answer ? Refusal{} : answer.error();
  };
  const Refusal limited = refused({429, {{"retry-after", "7"}}, "{}", {}, Script::End::clean});
  EXPECT_EQ(limited.kind, ErrorKind::rate_limited);
  EXPECT_EQ(limited.retry_after, std::chrono::milliseconds(7000));
  EXPECT_EQ(refused({429, {{"retry-after-ms", "250"}}, "{}", {}, Script::End::clean}).retry_after,
            std::chrono::milliseconds(250));
  EXPECT_FALSE(
      refused({429, {{"retry-after", "Wed, 21 Oct"}}, "{}", {}, Script::End::clean}).retry_after);
  EXPECT_EQ(refused({500, {}, "<html>", {}, Script::End::clean}).kind, ErrorKind::upstream_error);
  const Refusal mine =
      refused({400, {}, R"({"error":{"message":"no such tool"}})", {}, Script::End::clean});
  EXPECT_EQ(mine.kind, ErrorKind::invalid_request);
  EXPECT_EQ(mine.message, "no such tool");
  const Refusal key =
      refused({401, {}, R"({"error":{"message":"bad key sk-secret"}})", {}, Script::End::clean});
  EXPECT_EQ(key.kind, ErrorKind::upstream_error);
  EXPECT_THAT(key.message + key.reason, Not(HasSubstr("sk-secret")));
  EXPECT_EQ(refused({200, {}, "garbage", {}, Script::End::clean}).kind, ErrorKind::upstream_error);
  EXPECT_EQ(refused({200, {}, std::string(kMaxAnswerBytes + 1, ' '), {}, Script::End::clean}).kind,
            ErrorKind::upstream_error);
}

TEST_F(Providers, DoNotWaitForTheBodyOfAnError) {
  deadlines_.between_chunks_ms = 60'000;
  upstream_.will({500, {}, "", {"abc"}, Script::End::stall});
  const auto start = std::chrono::steady_clock::now();
  auto answer = complete(*backend(), chat(R"("seed":1)"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::upstream_error);
  EXPECT_THAT(answer.error().reason, HasSubstr("status 500"));
  EXPECT_FALSE(cost_unknown_);
}

TEST_F(Providers, TellWhenNobodyKnowsWhatACallCost) {
  const auto unknown = [&](Script script) {
    upstream_.will(std::move(script));
    EXPECT_FALSE(complete(*backend(), chat(R"("seed":1)")));
    return cost_unknown_;
  };
  EXPECT_FALSE(unknown({500, {}, "{}", {}, Script::End::clean}));
  EXPECT_FALSE(unknown({429, {}, "{}", {}, Script::End::clean}));
  EXPECT_FALSE(unknown({200, {}, R"({"error":{"message":"x"}})", {}, Script::End::clean}));
  EXPECT_TRUE(unknown({200, {}, "garbage", {}, Script::End::clean}));
  EXPECT_TRUE(unknown({200, {}, "", {"{\"id\":"}, Script::End::cut}));
  EXPECT_TRUE(unknown({200, {}, "", {"{\"id\":"}, Script::End::stall}));
  EXPECT_FALSE(streamed({kRole, "data: {\"error\":{\"message\":\"x\"}}\n\n"}).ended);
  EXPECT_FALSE(cost_unknown_);
  EXPECT_FALSE(streamed({kRole}, Script::End::cut).ended);
  EXPECT_TRUE(cost_unknown_);
  spec_.base_url = "http://127.0.0.1:1/v1";
  auto nobody = make_backend(spec_);
  EXPECT_FALSE(complete(**nobody, chat(R"("seed":1)")));
  EXPECT_FALSE(cost_unknown_);
}

TEST_F(Providers, SendTheDefaultMaximumWhereABudgetHolds) {
  spec_.default_max_tokens = 700;
  cap_output_ = true;
  for (const char* fields : {R"("seed":1)", R"("max_tokens":null)", R"("max_tokens":5)"}) {
    upstream_.will({200, {}, kAnswer, {}, Script::End::clean});
    EXPECT_TRUE(complete(*backend(), chat(fields)));
  }
  const auto asked = upstream_.asked();
  EXPECT_THAT(asked[0].body, HasSubstr(R"("max_tokens":700)"));
  EXPECT_THAT(asked[1].body, HasSubstr(R"("max_tokens":700)"));
  EXPECT_THAT(asked[1].body, Not(HasSubstr("null")));
  EXPECT_THAT(asked[2].body, HasSubstr(R"("max_tokens":5)"));
}

TEST_F(Providers, NobodyThereIsAnUpstreamError) {
  spec_.base_url = "http://127.0.0.1:1/v1";
  auto made = make_backend(spec_);
  ASSERT_TRUE(made);
  auto answer = complete(**made, chat(R"("seed":1)"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::upstream_error);
}

TEST_F(Providers, Stream) {
  const Streamed result = streamed({kRole, kText + kText, kStop, kDone});
  EXPECT_TRUE(result.ended);
  EXPECT_EQ(result.text, "aa");
  EXPECT_EQ(result.events, 4u);
  EXPECT_THAT(upstream_.asked()[0].body, HasSubstr(R"("stream_options":{"include_usage":true})"));
}

TEST_F(Providers, StreamOverAnyChunkBoundary) {
  const std::string all = kRole + kText + kStop + kDone;
  for (size_t at = 1; at < all.size(); at += 7) {
    const Streamed result = streamed({all.substr(0, at), all.substr(at)});
    EXPECT_TRUE(result.ended) << at;
    EXPECT_EQ(result.text, "a") << at;
  }
}

TEST_F(Providers, ACutStreamIsAnErrorAndNeverAnEnd) {
  Streamed result = streamed({kRole, kText}, Script::End::cut);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::upstream_error);
  EXPECT_EQ(result.text, "a");
  // A clean end of HTTP is no end of the answer either, unless it said that it was finished.
  result = streamed({kRole, kText});
  EXPECT_TRUE(result.error);
  result = streamed({kRole, kText, kStop});
  EXPECT_TRUE(result.ended);
  result = streamed({kRole, kText, kStop, "data: {\"id\":"});
  EXPECT_TRUE(result.error);
  result = streamed({kRole, kText, "data: garbage\n\n"});
  EXPECT_TRUE(result.error);
}

TEST_F(Providers, WhatFailsBeforeTheFirstOutputCanFallBack) {
  EXPECT_TRUE(streamed({kRole}, Script::End::cut).begin_error);
  EXPECT_TRUE(streamed({kRole}, Script::End::stall).begin_error);
  EXPECT_TRUE(streamed({kRole, "data: {\"error\":{\"message\":\"x\"}}\n\n"}).begin_error);
  EXPECT_TRUE(streamed({kRole, kDone}).ended);
  const Streamed empty = streamed({kDone});
  ASSERT_TRUE(empty.begin_error);
  EXPECT_EQ(empty.begin_error->code, "upstream_no_output");
}

TEST_F(Providers, AStalledStreamTimesOut) {
  const Streamed result = streamed({kRole, kText}, Script::End::stall);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::upstream_timeout);
}

TEST_F(Providers, AHugeEventIsRefused) {
  const Streamed result =
      streamed({kRole, kText, "data: " + std::string(kMaxEventBytes + 10, 'x')});
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::upstream_error);
}

TEST_F(Providers, AWholeAnswerToAStreamBecomesOne) {
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8"}) {
    upstream_.will({200, {{"content-type", type}}, kAnswer, {}, Script::End::clean});
    const Streamed result = stream(*backend());
    EXPECT_TRUE(result.ended) << type;
    EXPECT_EQ(result.text, "four") << type;
  }
}

TEST_F(Providers, AClientThatLeavesClosesTheUpstream) {
  deadlines_.between_chunks_ms = 60'000;
  upstream_.will(
      {200, {{"content-type", "text/event-stream"}}, "", {kRole, kText}, Script::End::stall});
  auto to = backend();
  const api::ChatRequest request = chat(R"("stream":true)");
  CallContext call = context();
  std::promise<Streamed> out;
  loops_[0].spawn(do_stream(*to, request, call, out));
  while (upstream_.asked().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto start = std::chrono::steady_clock::now();
  on_loop([this] { cancellation_.cancel(); });
  const Streamed result = out.get_future().get();
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::client_gone);
  while (upstream_.abandoned() == 0 &&
         std::chrono::steady_clock::now() - start < std::chrono::seconds(5)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(upstream_.abandoned(), 1);
}

TEST_F(Providers, ConnectionsAreReusedAfterStreams) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(streamed({kRole, kText, kStop + kDone}).ended);
  net::Client::Stats stats;
  on_loop([&] { stats = client_->stats(); });
  EXPECT_LE(stats.connects, 2u);
}

TEST(MakeBackend, RefusesSpecsThatCannotWork) {
  UpstreamSpec spec;
  spec.name = "up";
  spec.base_url = "ftp://x";
  EXPECT_FALSE(make_backend(spec));
  spec.base_url = "http://127.0.0.1/v1";
  EXPECT_TRUE(make_backend(spec));
  spec.api_key = "key\n";
  EXPECT_FALSE(make_backend(spec));
  spec.api_key.clear();
  spec.headers = {{"Host", "evil"}};
  EXPECT_FALSE(make_backend(spec));
  spec.headers = {{"Accept-Encoding", "gzip"}};
  EXPECT_FALSE(make_backend(spec));
  spec.headers = {{"x-a", "b\r\nx-c: d"}};
  EXPECT_FALSE(make_backend(spec));
  spec.headers.clear();
  spec.ca_file = "/nonexistent";
  EXPECT_FALSE(make_backend(spec));
  spec.ca_file.clear();
  spec.models = {"a", "b"};
  EXPECT_EQ((*make_backend(spec))->models().size(), 2u);
}

}  // namespace
}  // namespace gatehouse::inference
