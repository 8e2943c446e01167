// The request parsers of both dialects, and writing anew what they accepted. The first byte chooses
// the parser.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/requests.h"
#include "api/upstream.h"

namespace {

using namespace gatehouse;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_valid(std::string body) {
  require(json::Parser().parse(body).has_value());
}

void check_chat(const Result<api::ChatRequest>& parsed, api::Dialect dialect) {
  if (!parsed) {
    require(!parsed.error().message.empty() && simdjson::validate_utf8(parsed.error().message));
    require(simdjson::validate_utf8(parsed.error().param));
    return;
  }
  api::ChatRequest request = *parsed;
  for (const bool edited : {false, true}) {
    request.edited = edited;
    for (const api::Dialect target : {api::Dialect::openai, api::Dialect::anthropic}) {
      api::UpstreamOptions options;
      options.dialect = target;
      options.model = "model \"x\"";
      const auto written = api::upstream_body(request, options);
      if (!written) continue;
      check_valid(written->body);
      if (target != dialect || request.operation != api::ChatRequest::Operation::chat) continue;
      // What the upstream reads is what was read here.
      const auto again = dialect == api::Dialect::openai
                             ? api::parse_openai_chat(written->body)
                             : api::parse_anthropic_messages(written->body);
      require(again.has_value());
      require(again->model == options.model);
      if (edited) continue;
      require(again->messages.size() == request.messages.size());
      for (size_t i = 0; i < request.messages.size(); ++i) {
        require(again->messages[i].text() == request.messages[i].text());
        require(again->messages[i].role == request.messages[i].role);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      check_chat(api::parse_openai_chat(std::move(body)), api::Dialect::openai);
      break;
    case 1:
      check_chat(api::parse_openai_completion(std::move(body)), api::Dialect::openai);
      break;
    case 2:
      check_chat(api::parse_anthropic_messages(std::move(body)), api::Dialect::anthropic);
      break;
    case 3: {
      const auto parsed = api::parse_anthropic_count_tokens(std::move(body));
      api::UpstreamOptions options;
      if (!parsed) break;
      const auto written = api::write_anthropic_count(*parsed, options);
      if (written) check_valid(*written);
      break;
    }
    case 4: {
      auto parsed = api::parse_openai_embedding(std::move(body));
      if (!parsed) break;
      check_valid(api::write_embedding_request(*parsed, "m"));
      parsed->edited = true;
      check_valid(api::write_embedding_request(*parsed, "m"));
      break;
    }
    default:
      (void)api::parse_openai_moderation(std::move(body));
      break;
  }
  // The scanner must stay within whatever bytes it is given.
  (void)api::patch_body({reinterpret_cast<const char*>(data), size}, "m", true);
  return 0;
}
