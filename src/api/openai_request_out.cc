#include <fmt/format.h>

#include "api/messages_out.h"
#include "api/request_out.h"
#include "api/upstream.h"

// A request written for a server of OpenAI's dialect.
namespace gatehouse::api {
namespace {

bool from_openai(const ChatRequest& request) {
  return request.dialect == Dialect::openai;
}

void write_function(std::string& out, const Tool& tool) {
  ListWriter function(out, '{');
  function.text("name", tool.name);
  if (!tool.description.empty()) function.text("description", tool.description);
  if (!tool.parameters.empty()) function.raw("parameters", tool.parameters);
  if (tool.strict) function.boolean("strict", true);
  function.close('}');
}

Result<void> write_tools(const ChatRequest& request, ListWriter& body, Warnings& warnings) {
  if (request.tools.empty()) return {};
  std::string& out = body.name(request.legacy_functions ? "functions" : "tools");
  ListWriter list(out, '[');
  for (const Tool& tool : request.tools) {
    if (request.legacy_functions) {
      write_function(list.item(), tool);
      continue;
    }
    if (!tool.raw.empty() && from_openai(request)) {
      list.item().append(tool.raw);
      continue;
    }
    if (!tool.is_function()) {
      return refuse(unsupported("tools",
                                "A tool that only its own provider's servers can run was "
                                "asked of another provider's model."));
    }
    if (!tool.raw.empty()) warnings.add("tools", "marks beside name, description and schema");
    ListWriter item(list.item(), '{');
    item.text("type", "function");
    write_function(item.name("function"), tool);
    item.close('}');
  }
  list.close(']');
  return {};
}

void write_tool_choice(const ChatRequest& request, ListWriter& body) {
  const ToolChoice& choice = request.tool_choice;
  if (!choice.raw.empty() && from_openai(request)) {
    body.raw("tool_choice", choice.raw);
    return;
  }
  const std::string_view field = request.legacy_functions ? "function_call" : "tool_choice";
  switch (choice.mode) {
    case ToolChoice::Mode::automatic:
      break;  // the default
    case ToolChoice::Mode::none:
      if (!request.tools.empty()) body.text(field, "none");
      break;
    case ToolChoice::Mode::required:
      body.text(field, "required");
      break;
    case ToolChoice::Mode::named: {
      ListWriter object(body.name(field), '{');
      if (request.legacy_functions) {
        object.text("name", choice.name);
      } else {
        object.text("type", "function");
        ListWriter function(object.name("function"), '{');
        function.text("name", choice.name);
        function.close('}');
      }
      object.close('}');
      break;
    }
  }
  if (request.parallel_tool_calls && !request.tools.empty()) {
    body.boolean("parallel_tool_calls", *request.parallel_tool_calls);
  }
}

void write_response_format(const ResponseFormat& format, ListWriter& body) {
  if (format.kind == ResponseFormat::Kind::text) return;
  ListWriter object(body.name("response_format"), '{');
  if (format.kind == ResponseFormat::Kind::json_object) {
    object.text("type", "json_object");
  } else {
    object.text("type", "json_schema");
    ListWriter schema(object.name("json_schema"), '{');
    schema.text("name", format.name);
    if (!format.description.empty()) schema.text("description", format.description);
    schema.raw("schema", format.schema);
    if (format.strict) schema.boolean("strict", true);
    schema.close('}');
  }
  object.close('}');
}

/// OpenAI's reasoning models refuse `max_tokens`; other servers may not know the newer name.
bool wants_completion_tokens(std::string_view model) {
  for (const std::string_view family : {"o1", "o3", "o4", "gpt-5"}) {
    if (model.starts_with(family)) return true;
  }
  return false;
}

/// The name under which a server takes the maximum of output tokens.
std::string_view cap_name(const ChatRequest& request, std::string_view model) {
  const bool newer = request.sampling.completion_tokens || wants_completion_tokens(model);
  const bool chat = request.operation == ChatRequest::Operation::chat;
  return newer && chat ? "max_completion_tokens" : "max_tokens";
}

void write_sampling(const ChatRequest& request, const UpstreamOptions& options, ListWriter& body,
                    Warnings& warnings) {
  const Sampling& sampling = request.sampling;
  const auto number = [&](std::string_view name, const auto& value) {
    if (value) body.number(name, *value);
  };
  number("temperature", sampling.temperature);
  number("top_p", sampling.top_p);
  number("frequency_penalty", sampling.frequency_penalty);
  number("presence_penalty", sampling.presence_penalty);
  number("seed", sampling.seed);
  if (const OutputCap cap = openai_cap(request, options); !cap.name.empty()) {
    body.number(cap.name, cap.tokens);
  }
  number(cap_name(request, options.model), sampling.max_tokens);
  if (sampling.top_k) {
    if (from_openai(request)) {
      body.number("top_k", *sampling.top_k);
    } else {
      warnings.add("top_k", "is not known to OpenAI-compatible servers in general");
    }
  }
  if (sampling.n != 1) body.number("n", sampling.n);
  const bool chat = request.operation == ChatRequest::Operation::chat;
  if (chat && sampling.logprobs) {
    body.boolean("logprobs", true);
    number("top_logprobs", sampling.top_logprobs);
  } else if (sampling.logprobs) {
    body.number("logprobs", sampling.top_logprobs.value_or(0));
  }
  if (!sampling.stop.empty()) {
    ListWriter list(body.name("stop"), '[');
    for (const std::string& stop : sampling.stop) json::append_string(list.item(), stop);
    list.close(']');
  }
  if (!sampling.logit_bias.empty()) {
    ListWriter object(body.name("logit_bias"), '{');
    for (const auto& [token, bias] : sampling.logit_bias) {
      object.number(std::to_string(token), bias);
    }
    object.close('}');
  }
}

void write_identity(const ChatRequest& request, ListWriter& body, Warnings& warnings) {
  if (!request.user.empty()) body.text("user", request.user);
  if (!request.metadata.empty()) {
    if (from_openai(request)) {
      body.raw("metadata", request.metadata);
    } else if (request.user.empty()) {
      warnings.add("metadata", "is not passed on");
    }
  }
}

void write_stream(const ChatRequest& request, bool force_usage, ListWriter& body) {
  if (!request.stream) return;
  body.boolean("stream", true);
  std::string others;
  for (const auto& [name, value] : request.extra) {
    if (name == "stream_options") others = value;
  }
  const bool usage = request.include_usage || force_usage;
  if (!usage && others.empty()) return;
  ListWriter options(body.name("stream_options"), '{');
  if (usage) options.boolean("include_usage", true);
  append_other_members(options, others, {"include_usage"});
  options.close('}');
}

void write_extra(const ChatRequest& request, ListWriter& body, Warnings& warnings) {
  for (const auto& [name, value] : request.extra) {
    if (name == "stream_options") continue;
    if (!from_openai(request)) {
      if (name == request.response_format.member) continue;
      warnings.add(name, "is not known to OpenAI-compatible servers");
      continue;
    }
    std::string& out = body.item();
    json::append_string(out, name);
    out.push_back(':');
    out.append(value);
  }
}

void write_prompts(const ChatRequest& request, ListWriter& body) {
  if (request.prompts.size() == 1) {
    body.text("prompt", request.prompts.front());
  } else {
    ListWriter list(body.name("prompt"), '[');
    for (const std::string& prompt : request.prompts) json::append_string(list.item(), prompt);
    list.close(']');
  }
  if (request.echo) body.boolean("echo", true);
}

}  // namespace

OutputCap openai_cap(const ChatRequest& request, const UpstreamOptions& options) {
  const bool caps =
      options.cap_output && options.dialect == Dialect::openai && !request.sampling.max_tokens;
  if (!caps) return {};
  return {cap_name(request, options.model), options.default_max_tokens};
}

Result<UpstreamBody> write_openai_request(const ChatRequest& request,
                                          const UpstreamOptions& options) {
  UpstreamBody result;
  Warnings warnings(result.warnings);
  std::string& out = result.body;
  ListWriter body(out, '{');
  body.text("model", options.model);
  if (request.operation == ChatRequest::Operation::text_completion) {
    write_prompts(request, body);
  } else {
    Result<void> messages = write_openai_messages(request, body.name("messages"), warnings);
    if (!messages) return refuse(std::move(messages.error()));
    Result<void> tools = write_tools(request, body, warnings);
    if (!tools) return refuse(std::move(tools.error()));
    write_tool_choice(request, body);
    write_response_format(request.response_format, body);
  }
  write_sampling(request, options, body, warnings);
  write_identity(request, body, warnings);
  write_stream(request, options.force_usage, body);
  write_extra(request, body, warnings);
  body.close('}');
  return result;
}

std::string write_embedding_request(const EmbeddingRequest& request, std::string_view model) {
  if (!request.edited && !request.body.empty()) {
    std::optional<std::string> patched = patch_body(request.body, model, false);
    if (patched) return std::move(*patched);
  }
  std::string out;
  ListWriter body(out, '{');
  body.text("model", model);
  ListWriter inputs(body.name("input"), '[');
  for (const std::string& input : request.inputs) json::append_string(inputs.item(), input);
  for (const auto& tokens : request.token_inputs) {
    ListWriter list(inputs.item(), '[');
    for (const int32_t token : tokens) append_number(list.item(), token);
    list.close(']');
  }
  inputs.close(']');
  if (request.base64) body.text("encoding_format", "base64");
  if (request.dimensions) body.number("dimensions", *request.dimensions);
  if (!request.user.empty()) body.text("user", request.user);
  for (const auto& [name, value] : request.extra) {
    json::append_string(body.item(), name);
    out.append(":").append(value);
  }
  body.close('}');
  return out;
}

}  // namespace gatehouse::api
