#include "gateway/chat_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "api/stream_renderer.h"
#include "gateway/model_call.h"
#include "gateway/output_guard.h"
#include "gateway/usage_estimate.h"
#include "net/deadline.h"
#include "net/event.h"
#include "net/loop.h"

namespace gatehouse::gateway {
namespace {

struct Relay;
Task<void> show_held(Relay& relay);

/// The state of one streamed answer.
struct Relay {
  RequestScope& scope;
  const inference::ChatStream& stream;
  AnswerGuard guard;
  api::StreamRenderer renderer;
  UsageMeter meter;
  std::string out;  // bytes that go to the client next

  // What the guard holds back is shown, once it has waited too long, while the next event is waited
  // for.
  net::Deadline patience;
  bool showing = false;
  net::LoopEvent shown;
  std::optional<Refusal> stopped;  // why it was not

  Relay(RequestScope& request_scope, const inference::ChatStream& chat_stream,
        const api::ChatRequest& request)
      : scope(request_scope),
        stream(chat_stream),
        guard(request_scope, request),
        renderer(target(request_scope, request)),
        meter(request.body.size()),
        patience(request_scope.services().loop.deadlines(), this,
                 [](void* relay) { static_cast<Relay*>(relay)->lose_patience(); }) {}

  void set_patience() {
    const std::optional<SteadyTime> due = guard.due();
    if (due) {
      patience.set(*due);
    } else {
      patience.clear();
    }
  }

  void lose_patience() {
    showing = true;
    scope.services().loop.spawn(show_held(*this));
  }

  /// What an answer that ended early is charged.
  api::Usage usage_so_far() const {
    const std::optional<api::Usage> counted = stream.used();
    return counted ? *counted : meter.usage(false);
  }

  static api::StreamTarget target(RequestScope& scope, const api::ChatRequest& request) {
    api::StreamTarget target = api::StreamTarget::of(request);
    target.inspected = scope.inspected();
    target.id = scope.id();
    target.model = request.model;
    target.created = unix_seconds(scope.record.started);
    target.estimated_input_tokens = estimated_input(request.body.size());
    return target;
  }
};

settlement::Outcome outcome_of(const Refusal& refusal) {
  switch (refusal.kind) {
    case ErrorKind::client_gone:
      return settlement::Outcome::client_gone;
    case ErrorKind::blocked:
      return settlement::Outcome::blocked;
    case ErrorKind::authentication:
      return settlement::Outcome::refused;
    default:
      return settlement::Outcome::failed;
  }
}

/// Ends the stream with an error that the client can see, after what may still be shown.
Task<void> break_off(Relay& relay, Refusal refusal) {
  relay.guard.record();
  const api::Usage usage = relay.usage_so_far();
  (void)relay.scope.settle(outcome_of(refusal), 200, usage, &refusal);
  relay.renderer.error(refusal, relay.out);
  Result<void> sent = co_await relay.scope.exchange().write(relay.out);
  if (sent) co_await relay.scope.exchange().finish();
}

/// A client that left: nobody to tell, but what was streamed is paid.
void abandon(Relay& relay, const Refusal& refusal) {
  relay.guard.record();
  const api::Usage usage = relay.usage_so_far();
  (void)relay.scope.settle(settlement::Outcome::client_gone, 499, usage, &refusal);
}

Task<void> finish(Relay& relay) {
  api::ChatEvent rest;
  Result<void> passed = relay.guard.flush(rest);
  if (!rest.choices.empty()) relay.renderer.render(rest, relay.out);
  if (!passed) {
    co_await break_off(relay, std::move(passed.error()));
    co_return;
  }
  relay.guard.record();
  const api::Usage usage = relay.meter.usage(true);
  Result<void> settled = relay.scope.settle(settlement::Outcome::completed, 200, usage);
  if (settled) {
    relay.renderer.finish(usage, relay.out);
  } else {
    relay.renderer.error(settled.error(), relay.out);
  }
  Result<void> sent = co_await relay.scope.exchange().write(relay.out);
  if (sent) co_await relay.scope.exchange().finish();
}

/// Passes one event on. False when the stream is over: the event's error was told, or nobody reads.
Task<bool> pass_on(Relay& relay, api::ChatEvent& event) {
  relay.meter.add(event);
  Result<void> allowed = relay.guard.inspect(event);
  relay.renderer.render(event, relay.out);
  if (allowed) allowed = relay.scope.still_allowed();
  if (!allowed) {
    co_await break_off(relay, std::move(allowed.error()));
    co_return false;
  }
  if (relay.out.empty()) co_return true;
  Result<void> sent = co_await relay.scope.exchange().write(relay.out);
  relay.out.clear();
  if (sent) co_return true;
  abandon(relay, sent.error());
  co_return false;
}

/// Shows what waited too long. Whoever waits for the next event goes on after it; if nothing more
/// may be shown, that wait is over.
Task<void> show_held(Relay& relay) {
  api::ChatEvent held;
  Result<void> passed = relay.guard.pause(held);
  if (!held.choices.empty()) relay.renderer.render(held, relay.out);
  if (passed) passed = relay.scope.still_allowed();
  if (passed && !relay.out.empty()) {
    passed = co_await relay.scope.exchange().write(relay.out);
    relay.out.clear();
  }
  if (!passed) {
    relay.stopped = std::move(passed.error());
    relay.scope.exchange().cancellation().cancel();
  }
  relay.showing = false;
  if (relay.shown.waiting()) {
    relay.shown.notify();
  } else if (!relay.stopped) {
    relay.set_patience();  // with what came later and waits still
  }
}

}  // namespace

Task<void> answer_streamed(RequestScope& scope, const routing::AliasSpec& alias,
                           const api::ChatRequest& request) {
  const Clock& clock = scope.services().loop.clock();
  const SteadyTime asked = clock.steady();
  ModelCall call(scope, alias);
  Result<std::unique_ptr<inference::ChatStream>> stream = co_await call.stream(request);
  scope.record.upstream_time = clock.steady() - asked;
  if (!stream) {
    co_await scope.fail(std::move(stream.error()));
    co_return;
  }
  scope.record.first_token_time = clock.steady() - scope.trail().start();

  net::Headers headers = scope.headers();
  headers.add("content-type", "text/event-stream");
  headers.add("cache-control", "no-cache");
  Relay relay(scope, **stream, request);
  Result<void> started = co_await scope.exchange().start_stream(200, std::move(headers));
  if (!started) {
    abandon(relay, started.error());
    co_return;
  }
  while (true) {
    relay.set_patience();
    Result<std::optional<api::ChatEvent>> event = co_await (*stream)->next();
    scope.record.upstream_time = clock.steady() - asked;
    relay.patience.clear();
    if (relay.showing) co_await relay.shown.wait();
    if (relay.stopped) event = refuse(std::move(*relay.stopped));
    if (!event) {
      if (event.error().kind == ErrorKind::client_gone) {
        abandon(relay, event.error());
      } else {
        co_await break_off(relay, std::move(event.error()));
      }
      co_return;
    }
    if (!*event) {
      co_await finish(relay);
      co_return;
    }
    const bool goes_on = co_await pass_on(relay, **event);
    if (!goes_on) co_return;
  }
}

}  // namespace gatehouse::gateway
