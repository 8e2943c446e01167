#include "inference/providers/http_stream.h"

#include <utility>

#include "core/clock.h"
#include "inference/providers/http_backend.h"
#include "net/loop.h"

namespace gatehouse::inference {
namespace {

/// What comes before the first output is a handful of events, not a way to fill memory.
constexpr size_t kMaxPreamble = 1024;
/// How long the end of a stream's framing may come after its end mark before the connection is
/// given up: the caller waits for it.
constexpr int64_t kFramingEndMs = 50;
/// All that one stream may carry, whatever its events are.
constexpr size_t kMaxStreamBytes = 256 * 1024 * 1024;

bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return net::same_name(type, "application/json");
}

Refusal broken(std::string_view code, std::string reason) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.layer = Layer::inference;
  refusal.code = code;
  refusal.message = "The upstream broke off its answer.";
  refusal.reason = std::move(reason);
  return refusal;
}

}  // namespace

HttpStream::HttpStream(std::string_view upstream, std::unique_ptr<net::ClientResponse> response,
                       api::StreamParser parser, CallContext& context)
    : upstream_(upstream),
      response_(std::move(response)),
      sse_(kMaxEventBytes),
      parser_(std::move(parser)),
      context_(context) {}

void HttpStream::name(api::ChatEvent& event) const {
  if (event.id.empty()) event.id = context_.request_id;
  if (event.model.empty()) event.model = context_.model;
  if (event.created == 0) event.created = unix_seconds(context_.loop.clock().wall());
}

Task<Result<void>> HttpStream::read_whole() {
  context_.trail.note(Layer::inference, "answered_whole", "a stream was asked for");
  Result<std::string> body = co_await response_->read_all(kMaxAnswerBytes);
  if (!body) co_return refuse(std::move(body.error()));
  Result<api::ChatCompletion> completion = parser_.whole(std::move(*body));
  if (!completion) co_return refuse(std::move(completion.error()));
  ready_ = api::events_of(std::move(*completion));
  if (first_) name(ready_.front());
  first_ = false;
  ended_ = true;
  response_.reset();
  co_return Result<void>();
}

Task<Result<void>> HttpStream::begin() {
  if (is_json(response_->header("content-type"))) {
    co_return co_await read_whole();
  }
  while (!parser_.has_output()) {
    Event event = co_await pull();
    if (!event) co_return refuse(std::move(event.error()));
    if (!*event) break;
    ready_.push_back(std::move(**event));
    if (ready_.size() > kMaxPreamble) {
      co_return refuse(broken("upstream_no_output", upstream_ + ": events without output"));
    }
  }
  co_return Result<void>();
}

Task<Result<std::optional<api::ChatEvent>>> HttpStream::next() {
  if (!ready_.empty()) {
    std::optional<api::ChatEvent> event = std::move(ready_.front());
    ready_.pop_front();
    co_return event;
  }
  co_return co_await pull();
}

Result<std::optional<api::ChatEvent>> HttpStream::from_hand(bool& more) {
  while (true) {
    Result<std::optional<net::SseEvent>> sse = sse_.next();
    if (!sse) return refuse(std::move(sse.error()));
    if (!*sse) {
      more = true;
      return std::nullopt;
    }
    Event event = parser_.parse((*sse)->event, std::string((*sse)->data));
    if (!event || *event || parser_.done()) return event;
  }
}

Result<std::optional<api::ChatEvent>> HttpStream::at_end() {
  if (parser_.finished() && !sse_.mid_event()) {
    context_.trail.note(Layer::inference, "stream_end",
                        "the answer was whole, its end mark missing");
    return std::nullopt;
  }
  return refuse(broken("upstream_cut", upstream_ + ": the stream ended before the answer did"));
}

Task<Result<std::optional<api::ChatEvent>>> HttpStream::pull() {
  while (!ended_) {
    bool more = false;
    Event event = from_hand(more);
    if (!more) {
      ended_ = !event || !*event;
      if (ended_) {
        if (event) co_await response_->finish_within(kFramingEndMs);
        response_.reset();  // back to the pool if it was read to its end, else closed
      }
      // Azure begins with an event that has neither a name nor a choice.
      if (event && *event && first_ && !(**event).choices.empty()) {
        first_ = false;
        name(**event);
      }
      co_return event;
    }
    Result<std::string_view> chunk = co_await response_->read_some();
    if (!chunk || chunk->empty()) {
      Event end = chunk ? at_end() : Event(refuse(std::move(chunk.error())));
      ended_ = true;
      response_.reset();
      co_return end;
    }
    bytes_ += chunk->size();
    if (bytes_ > kMaxStreamBytes) {
      ended_ = true;
      response_.reset();
      co_return refuse(broken("response_too_large", upstream_ + ": the stream is too long"));
    }
    sse_.feed(*chunk);
  }
  co_return std::nullopt;
}

}  // namespace gatehouse::inference
