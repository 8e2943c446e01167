#include "api/json_out.h"
#include "api/responses.h"

namespace gatehouse::api {

void append_openai_usage(std::string& out, const Usage& usage, const UsageOthers& others) {
  ListWriter object(out, '{');
  object.number("prompt_tokens", usage.input);
  object.number("completion_tokens", usage.output);
  object.number("total_tokens", usage.total());
  out.append(",\"prompt_tokens_details\":{\"cached_tokens\":");
  append_number(out, usage.cached_input);
  out.append(others.input_details);
  out.append("},\"completion_tokens_details\":{\"reasoning_tokens\":");
  append_number(out, usage.reasoning);
  out.append(others.output_details).append("}").append(others.members);
  object.close('}');
}

void append_anthropic_usage(std::string& out, const Usage& usage, const UsageOthers& others) {
  ListWriter object(out, '{');
  const int64_t plain = usage.input - usage.cached_input - usage.cache_write_input;
  object.number("input_tokens", plain > 0 ? plain : 0);
  object.number("cache_creation_input_tokens", usage.cache_write_input);
  object.number("cache_read_input_tokens", usage.cached_input);
  object.number("output_tokens", usage.output);
  out.append(others.members);
  object.close('}');
}

}  // namespace gatehouse::api
