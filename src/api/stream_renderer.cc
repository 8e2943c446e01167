#include "api/stream_renderer.h"

#include <utility>

#include "api/errors.h"
#include "api/sse_out.h"

namespace gatehouse::api {

StreamTarget StreamTarget::of(const ChatRequest& request) {
  StreamTarget target;
  target.dialect = request.dialect;
  target.operation = request.operation;
  target.include_usage = request.include_usage;
  target.legacy_functions = request.legacy_functions;
  target.model = request.model;
  return target;
}

StreamRenderer::StreamRenderer(StreamTarget target)
    : target_(std::move(target)), raw_(!target_.inspected) {}

void StreamRenderer::learn(const ChatEvent& event) {
  // The first event names the answer: all that the client sees belongs to one stream.
  if (!prefix_.empty() || started_) return;
  if (!event.id.empty()) target_.id = event.id;
  if (!event.model.empty()) target_.model = event.model;
  if (event.created != 0) target_.created = event.created;
  if (!event.system_fingerprint.empty()) system_fingerprint_ = event.system_fingerprint;
  if (!event.service_tier.empty()) service_tier_ = event.service_tier;
}

void StreamRenderer::render(const ChatEvent& event, std::string& out) {
  learn(event);
  if (target_.dialect == Dialect::openai) {
    openai(event, out);
  } else {
    anthropic(event, out);
  }
}

void StreamRenderer::finish(const Usage& usage, std::string& out) {
  if (target_.dialect == Dialect::openai) {
    openai_finish(usage, out);
  } else {
    anthropic_finish(usage, out);
  }
}

void StreamRenderer::error(const Refusal& refusal, std::string& out) {
  const bool anthropic = target_.dialect == Dialect::anthropic;
  append_sse(out, anthropic ? "error" : "", error_body(refusal, target_.dialect));
}

void StreamRenderer::keep_alive(std::string& out) {
  out.append(": keep-alive\n\n");
}

}  // namespace gatehouse::api
