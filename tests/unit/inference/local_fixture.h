#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/clock.h"
#include "inference/local/local_backend.h"
#include "net/client.h"
#include "net/loop.h"

namespace gatehouse::inference::local::test {

/// The backend with the pinned models, loaded once for all tests of a program. A missing model
/// fails the tests and says how to get it.
inline LocalBackend& backend() {
  static const Result<std::shared_ptr<LocalBackend>> opened = [] {
    LocalEngineSpec spec;
    const std::string models = GATEHOUSE_SOURCE_DIR "/build/assets/models/";
    spec.chat_model_path = models + std::string(kPinnedChatModel);
    spec.embedding_model_path = models + std::string(kPinnedEmbeddingModel);
    // One thread: with two, a step takes as long as the slower of them is kept from its core by
    // whatever else runs beside the tests.
    spec.threads = 1;
    spec.max_sequences = 8;
    spec.context_tokens = 1024;
    spec.queue_limit = 64;
    return LocalBackend::open(spec);
  }();
  if (!opened) {
    ADD_FAILURE() << opened.error().message << " (" << opened.error().reason << ")";
    std::abort();
  }
  return **opened;
}

/// What one call needs around it, and its answer.
struct Call {
  api::ChatRequest request;
  std::string tenant = "demo";
  net::Deadlines deadlines{};
  Cancellation cancellation;
  DecisionTrail trail{Clock::system()};
  int cancel_after_events = -1;  // streams: cancel once so many events came

  Result<api::ChatCompletion> whole = api::ChatCompletion{};
  std::optional<Refusal> error;
  std::vector<api::ChatEvent> events;
  std::optional<api::Usage> used;  // streams: as the backend counted it
  std::chrono::steady_clock::time_point first_event{}, ended{};
};

inline api::ChatRequest ask(const std::string& text, int64_t max_tokens = 16) {
  api::ChatRequest request;
  api::Message message;
  message.role = api::Role::user;
  message.parts.emplace_back();
  message.parts.back().text = text;
  request.messages.push_back(std::move(message));
  request.sampling.temperature = 0;
  request.sampling.max_tokens = max_tokens;
  return request;
}

inline void say(api::ChatRequest& request, api::Role role, const std::string& text,
                bool first = false) {
  api::Message message;
  message.role = role;
  message.parts.emplace_back();
  message.parts.back().text = text;
  request.messages.insert(first ? request.messages.begin() : request.messages.end(),
                          std::move(message));
}

class Bench {
 public:
  CallContext context(Call& call, std::string_view model = {}) {
    return {
        loop, client, call.cancellation, call.trail, call.deadlines, "req_test", call.tenant, model,
        {},   {}};
  }

  Task<void> complete(Call& call) {
    CallContext here = context(call);
    call.whole = co_await backend().complete(call.request, here);
    if (!call.whole) call.error = call.whole.error();
    done();
  }

  Task<void> stream(Call& call) {
    CallContext here = context(call);
    Result<std::unique_ptr<ChatStream>> stream = co_await backend().stream(call.request, here);
    if (!stream) call.error = stream.error();
    while (stream && !call.error) {
      if (static_cast<int>(call.events.size()) == call.cancel_after_events) {
        call.cancellation.cancel();
      }
      Result<std::optional<api::ChatEvent>> event = co_await (*stream)->next();
      if (!event) call.error = event.error();
      if (!event || !*event) break;
      if (call.events.empty()) call.first_event = std::chrono::steady_clock::now();
      call.events.push_back(std::move(**event));
    }
    if (stream) call.used = (*stream)->used();
    call.ended = std::chrono::steady_clock::now();
    done();
  }

  /// Runs the loop until all calls that were started are done.
  void run() { loop.run(); }
  void start(Task<void> task) {
    ++open_;
    loop.spawn(std::move(task));
  }

  net::Loop loop;
  net::Client client{loop};

  void done() {
    if (--open_ == 0) loop.stop();
  }

 private:
  int open_ = 0;
};

inline void complete(Call& call) {
  Bench bench;
  bench.start(bench.complete(call));
  bench.run();
}

inline std::string text_of(const std::vector<api::ChatEvent>& events) {
  std::string text;
  for (const auto& event : events) {
    for (const auto& choice : event.choices) text += choice.text;
  }
  return text;
}

}  // namespace gatehouse::inference::local::test
