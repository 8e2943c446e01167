#include <algorithm>

#include <fmt/format.h>

#include "api/messages_out.h"
#include "api/request_out.h"
#include "api/upstream.h"

// A request written for a server of Anthropic's dialect.
namespace gatehouse::api {
namespace {

constexpr std::string_view kNoSchema = R"({"type":"object"})";

bool from_anthropic(const ChatRequest& request) {
  return request.dialect == Dialect::anthropic;
}

/// Its own clients' schemas are among the fields that pass on as they came.
bool becomes_tool(const ChatRequest& request) {
  return request.response_format.kind != ResponseFormat::Kind::text && !from_anthropic(request);
}

Result<void> check_supported(const ChatRequest& request) {
  const Sampling& sampling = request.sampling;
  if (request.operation == ChatRequest::Operation::text_completion) {
    return refuse(unsupported("model", "This model only answers chats, not text completions."));
  }
  if (sampling.n != 1) {
    return refuse(
        unsupported("n", "This model's server gives one answer a request: 'n' must be 1."));
  }
  if (sampling.logprobs) {
    return refuse(unsupported("logprobs", "This model's server does not tell 'logprobs'."));
  }
  if (becomes_tool(request) && !request.tools.empty()) {
    return refuse(unsupported("response_format",
                              "This model's server can't be held to 'response_format' beside "
                              "'tools'; send one of them."));
  }
  for (const Tool& tool : request.tools) {
    if (!from_anthropic(request) && !tool.is_function()) {
      return refuse(unsupported("tools",
                                "A tool that only its own provider's servers can run was "
                                "asked of another provider's model."));
    }
  }
  return {};
}

void write_tool(std::string& out, const Tool& tool, bool same_dialect, Warnings& warnings) {
  if (same_dialect && !tool.is_function()) {
    out.append(tool.raw);
    return;
  }
  ListWriter object(out, '{');
  object.text("name", tool.name);
  if (!tool.description.empty()) object.text("description", tool.description);
  object.raw("input_schema",
             tool.parameters.empty() ? kNoSchema : std::string_view(tool.parameters));
  if (same_dialect) {
    append_other_members(object, tool.raw, {"name", "description", "input_schema"});
  } else if (tool.strict) {
    warnings.add("tools", "'strict' is not passed on");
  }
  object.close('}');
}

void write_choice(const ChatRequest& request, ListWriter& body) {
  const bool serial = request.parallel_tool_calls && !*request.parallel_tool_calls;
  using Mode = ToolChoice::Mode;
  const Mode mode = request.tool_choice.mode;
  if (request.tools.empty() || (mode == Mode::automatic && !serial)) return;
  ListWriter choice(body.name("tool_choice"), '{');
  switch (mode) {
    case Mode::automatic:
      choice.text("type", "auto");
      break;
    case Mode::none:
      choice.text("type", "none");
      break;
    case Mode::required:
      choice.text("type", "any");
      break;
    case Mode::named:
      choice.text("type", "tool");
      choice.text("name", request.tool_choice.name);
      break;
  }
  if (serial && mode != Mode::none) choice.boolean("disable_parallel_tool_use", true);
  choice.close('}');
}

/// A structured answer: the model is made to call a tool whose input is the answer.
void write_answer_tool(const ResponseFormat& format, ListWriter& body, std::string& name) {
  name = format.name.empty() ? "answer" : format.name;
  ListWriter tools(body.name("tools"), '[');
  ListWriter tool(tools.item(), '{');
  tool.text("name", name);
  tool.text("description", format.description.empty() ? "Gives the answer in the form asked for."
                                                      : std::string_view(format.description));
  const bool any = format.schema.empty() || format.schema == "{}";
  tool.raw("input_schema", any ? kNoSchema : std::string_view(format.schema));
  tool.close('}');
  tools.close(']');
  ListWriter choice(body.name("tool_choice"), '{');
  choice.text("type", "tool");
  choice.text("name", name);
  choice.close('}');
}

void write_tools(const ChatRequest& request, ListWriter& body, Warnings& warnings) {
  if (request.tools.empty()) return;
  ListWriter list(body.name("tools"), '[');
  const std::vector<std::string>& allowed = request.tool_choice.allowed;
  for (const Tool& tool : request.tools) {
    const bool sent =
        allowed.empty() || std::find(allowed.begin(), allowed.end(), tool.name) != allowed.end();
    if (sent) write_tool(list.item(), tool, from_anthropic(request), warnings);
  }
  list.close(']');
  write_choice(request, body);
}

void write_sampling(const ChatRequest& request, ListWriter& body, Warnings& warnings) {
  const Sampling& sampling = request.sampling;
  if (sampling.temperature) {
    if (*sampling.temperature > 1) warnings.add("temperature", "is at most 1 there");
    body.number("temperature", std::min(*sampling.temperature, 1.0));
  }
  if (sampling.top_p) body.number("top_p", *sampling.top_p);
  if (sampling.top_k && *sampling.top_k > 0) body.number("top_k", *sampling.top_k);
  if (!sampling.stop.empty()) {
    ListWriter list(body.name("stop_sequences"), '[');
    for (const std::string& stop : sampling.stop) json::append_string(list.item(), stop);
    list.close(']');
  }
  constexpr std::string_view kUnknown = "is not known to Anthropic-compatible servers";
  if (sampling.seed) warnings.add("seed", kUnknown);
  if (sampling.frequency_penalty.value_or(0) != 0) warnings.add("frequency_penalty", kUnknown);
  if (sampling.presence_penalty.value_or(0) != 0) warnings.add("presence_penalty", kUnknown);
  if (!sampling.logit_bias.empty()) warnings.add("logit_bias", kUnknown);
}

void write_rest(const ChatRequest& request, ListWriter& body, Warnings& warnings) {
  if (from_anthropic(request)) {
    if (!request.metadata.empty()) body.raw("metadata", request.metadata);
  } else {
    if (!request.user.empty()) {
      ListWriter metadata(body.name("metadata"), '{');
      metadata.text("user_id", request.user);
      metadata.close('}');
    }
    if (!request.metadata.empty()) warnings.add("metadata", "is not passed on");
  }
  for (const auto& [name, value] : request.extra) {
    if (name == "stream_options") continue;
    if (!from_anthropic(request)) {
      warnings.add(name, "is not known to Anthropic-compatible servers");
      continue;
    }
    std::string& out = body.item();
    json::append_string(out, name);
    out.push_back(':');
    out.append(value);
  }
}

}  // namespace

Result<UpstreamBody> write_anthropic_request(const ChatRequest& request,
                                             const UpstreamOptions& options) {
  Result<void> supported = check_supported(request);
  if (!supported) return refuse(std::move(supported.error()));
  UpstreamBody result;
  Warnings warnings(result.warnings);
  Result<AnthropicMessages> messages = write_anthropic_messages(request, warnings);
  if (!messages) return refuse(std::move(messages.error()));
  ListWriter body(result.body, '{');
  body.text("model", options.model);
  body.number("max_tokens", request.sampling.max_tokens.value_or(options.default_max_tokens));
  if (!messages->system.empty()) body.raw("system", messages->system);
  body.raw("messages", messages->messages);
  if (becomes_tool(request)) {
    write_answer_tool(request.response_format, body, result.answer_tool);
  } else {
    write_tools(request, body, warnings);
  }
  write_sampling(request, body, warnings);
  write_rest(request, body, warnings);
  if (request.stream) body.boolean("stream", true);
  body.close('}');
  return result;
}

Result<std::string> write_anthropic_count(const ChatRequest& request,
                                          const UpstreamOptions& options) {
  std::vector<std::string> ignored;
  Warnings warnings(ignored);
  Result<void> supported = check_supported(request);
  if (!supported) return refuse(std::move(supported.error()));
  Result<AnthropicMessages> messages = write_anthropic_messages(request, warnings);
  if (!messages) return refuse(std::move(messages.error()));
  std::string out;
  ListWriter body(out, '{');
  body.text("model", options.model);
  if (!messages->system.empty()) body.raw("system", messages->system);
  body.raw("messages", messages->messages);
  write_tools(request, body, warnings);
  if (from_anthropic(request)) {
    for (const auto& [name, value] : request.extra) {
      const bool counts = name == "thinking" || name == "mcp_servers" || name == "output_config" ||
                          name == "output_format";
      if (counts) body.raw(name, value);
    }
  }
  body.close('}');
  return out;
}

}  // namespace gatehouse::api
