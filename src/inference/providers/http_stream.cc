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

Refusal broken(std::string_view code, std::string reason) {
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.layer = Layer::inference;
  refusal.code = code;
  refusal.message = "The upstream broke off its answer.";
  refusal.reason = std::move(reason);
  return refusal;
}

api::ChatEvent& begin_event(std::deque<api::ChatEvent>& events, api::Dialect dialect) {
  api::ChatEvent& event = events.emplace_back();
  event.dialect = dialect;
  event.edited = true;
  return event;
}

void add_foreign(std::deque<api::ChatEvent>& events, api::ForeignPiece::Kind kind,
                 std::string json = {}) {
  begin_event(events, api::Dialect::anthropic).foreign = {kind, std::move(json)};
}

/// The texts of a choice up to its last break, and what only Anthropic's dialect has between them.
void add_breaks(std::deque<api::ChatEvent>& events, api::Choice& choice) {
  using Kind = api::ForeignPiece::Kind;
  size_t from = 0;
  for (api::TextBreak& next : choice.breaks) {
    api::ChatEvent& text = begin_event(events, api::Dialect::anthropic);
    api::ChoiceDelta& delta = text.choices.emplace_back();
    delta.index = choice.index;
    delta.text = choice.text.substr(from, next.at - from);
    from = next.at;
    json::Array citations;
    const auto parsed = json::thread_parser().parse(next.citations);
    if (parsed && parsed->get(citations) == simdjson::SUCCESS) {
      for (const json::Element citation : citations) {
        add_foreign(events, Kind::citation,
                    R"({"type":"citations_delta","citation":)" + json::raw(citation) + "}");
      }
    }
    add_foreign(events, Kind::end);
    if (next.block.empty()) continue;
    add_foreign(events, Kind::block, std::move(next.block));
    add_foreign(events, Kind::end);
  }
  choice.text.erase(0, from);
}

/// A whole answer as the events that a stream of it would have been.
std::deque<api::ChatEvent> events_of(api::ChatCompletion completion) {
  std::deque<api::ChatEvent> events;
  api::ChatEvent& first = begin_event(events, completion.dialect);
  first.id = std::move(completion.id);
  first.model = std::move(completion.model);
  first.created = completion.created;
  first.usage = completion.usage;
  first.message_members = std::move(completion.message_members);
  first.usage_members = std::move(completion.usage_members);
  for (api::Choice& choice : completion.choices) {
    for (api::Part& part : choice.thinking) {
      api::ChoiceDelta& delta = events.back().choices.emplace_back();
      delta.index = choice.index;
      if (part.kind == api::Part::Kind::redacted_thinking) {
        delta.redacted_thinking = std::move(part.signature);
      } else {
        delta.thinking = std::move(part.text);
        delta.thinking_signature = std::move(part.signature);
      }
    }
    if (!choice.breaks.empty()) {
      add_breaks(events, choice);
      begin_event(events, completion.dialect);
    }
    api::ChoiceDelta& delta = events.back().choices.emplace_back();
    delta.index = choice.index;
    delta.text = std::move(choice.text);
    delta.refusal = std::move(choice.refusal);
    int index = 0;
    for (api::ToolCall& call : choice.tool_calls) {
      delta.tool_calls.push_back(
          {index++, std::move(call.id), std::move(call.name), std::move(call.arguments)});
    }
    delta.finish_reason = choice.finish_reason;
    delta.stop_sequence = std::move(choice.stop_sequence);
    delta.logprobs = std::move(choice.logprobs);
  }
  return events;
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
  ready_ = events_of(std::move(*completion));
  if (first_) name(ready_.front());
  first_ = false;
  ended_ = true;
  response_.reset();
  co_return Result<void>();
}

Task<Result<void>> HttpStream::begin() {
  if (response_->header("content-type").starts_with("application/json")) {
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
      if (event && *event && std::exchange(first_, false)) name(**event);
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
