// Trace headers: what is accepted must be valid to hand on, whatever came in. The input is
// traceparent, tracestate and baggage, one a line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "settlement/trace.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::settlement;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view traceparent = take_line(text);
  const std::string_view tracestate = take_line(text);
  const std::string_view baggage = text;
  SeededRandom random(size);
  SpanIds ids(random);
  const TraceContext context = TraceContext::accept(traceparent, tracestate, baggage, ids);
  must(is_valid_traceparent(context.traceparent()));
  must(context.tracestate().empty() || is_valid_tracestate(context.tracestate()));
  must(context.baggage().empty() || is_valid_baggage(context.baggage()));
  must(context.parent_id().empty() || context.trace_id() == traceparent.substr(3, 32));
  must(context.tracestate().empty() || !context.parent_id().empty());
  // Header injection: nothing that is sent on holds a control character.
  for (const std::string_view sent :
       {context.traceparent(), context.tracestate(), context.baggage()}) {
    for (const char c : sent) must(c == '\t' || (c >= ' ' && c <= '~'));
  }
  return 0;
}
