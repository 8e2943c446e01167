// Whole answers of upstreams, and rendering them for clients. The first byte chooses the parser.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/errors.h"
#include "api/responses.h"
#include "api/upstream.h"
#include "core/json.h"

namespace {

using namespace gatehouse;

void check_valid(std::string body) {
  if (!json::Parser().parse(body).has_value()) std::abort();
}

void check_refusal(const Refusal& refusal) {
  check_valid(api::error_body(refusal, api::Dialect::openai));
  check_valid(api::error_body(refusal, api::Dialect::anthropic, "req_1"));
}

void check_completion(const Result<api::ChatCompletion>& parsed) {
  if (!parsed) return check_refusal(parsed.error());
  api::ChatCompletion completion = *parsed;
  for (const bool edited : {false, true}) {
    completion.edited = edited;
    for (const api::Dialect dialect : {api::Dialect::openai, api::Dialect::anthropic}) {
      for (const bool legacy : {false, true}) {
        api::ChatRequest request;
        request.dialect = dialect;
        request.legacy_functions = legacy;
        check_valid(api::render_completion(completion, request));
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
      check_completion(api::parse_completion(std::move(body), api::Dialect::openai));
      break;
    case 1:
      check_completion(api::parse_completion(std::move(body), api::Dialect::anthropic, "answer"));
      break;
    case 2:
      check_completion(api::parse_text_completion(std::move(body)));
      break;
    case 3: {
      const auto parsed = api::parse_embeddings(std::move(body), 2);
      if (!parsed) return 0;
      check_valid(api::render_embeddings(*parsed, false));
      check_valid(api::render_embeddings(*parsed, true));
      break;
    }
    case 4:
      (void)api::parse_token_count(std::move(body));
      break;
    default:
      for (const int status : {400, 401, 404, 429, 500}) {
        check_refusal(api::upstream_refusal(status, body, "up"));
      }
      break;
  }
  return 0;
}
