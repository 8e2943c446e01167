// The events of an upstream's stream, one a line, and rendering them for clients of both dialects.
// The first byte chooses the dialect, the operation and what is edited.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/stream_renderer.h"
#include "api/upstream.h"
#include "core/json.h"

namespace {

using namespace gatehouse;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Each data line of what a client gets must be JSON, but for OpenAI's end.
void check_stream(std::string_view out, bool anthropic) {
  json::Parser parser;
  while (!out.empty()) {
    const size_t end = out.find("\n\n");
    require(end != std::string_view::npos);
    std::string_view event = out.substr(0, end);
    out.remove_prefix(end + 2);
    std::string data;
    while (!event.empty()) {
      const std::string_view line = event.substr(0, event.find('\n'));
      event.remove_prefix(std::min(event.size(), line.size() + 1));
      if (line.starts_with("data: ")) data.append(line.substr(6)).push_back('\n');
    }
    if (!anthropic && data == "[DONE]\n") {
      require(out.empty());
      return;
    }
    require(parser.parse(data).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool from_anthropic = (data[0] & 1) != 0;
  const bool text = (data[0] & 2) != 0 && !from_anthropic;
  const bool edit = (data[0] & 4) != 0;
  using Operation = api::ChatRequest::Operation;
  api::StreamParser parser(from_anthropic ? api::Dialect::anthropic : api::Dialect::openai,
                           text ? Operation::text_completion : Operation::chat,
                           (data[0] & 8) != 0 ? "answer" : "");
  api::StreamTarget to_openai;
  to_openai.operation = text ? Operation::text_completion : Operation::chat;
  to_openai.include_usage = (data[0] & 16) != 0;
  to_openai.legacy_functions = (data[0] & 32) != 0;
  api::StreamTarget to_anthropic;
  to_anthropic.dialect = api::Dialect::anthropic;
  to_anthropic.inspected = (data[0] & 64) != 0;
  api::StreamRenderer openai(to_openai);
  api::StreamRenderer anthropic(to_anthropic);
  std::string openai_out, anthropic_out;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t count = 0;
  while (!rest.empty() && !parser.done()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto event = parser.parse("", std::string(line));
    if (!event) {
      openai.error(event.error(), openai_out);
      anthropic.error(event.error(), anthropic_out);
      check_stream(openai_out, false);
      check_stream(anthropic_out, true);
      return 0;
    }
    if (!*event) continue;
    if (edit && ++count % 3 == 0) (*event)->edited = true;
    openai.render(**event, openai_out);
    anthropic.render(**event, anthropic_out);
  }
  openai.finish(parser.usage().value_or(api::Usage{}), openai_out);
  anthropic.finish(parser.usage().value_or(api::Usage{}), anthropic_out);
  check_stream(openai_out, false);
  check_stream(anthropic_out, true);
  return 0;
}
