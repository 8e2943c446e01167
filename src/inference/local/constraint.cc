#include "inference/local/constraint.h"

#include <algorithm>

#include <json-schema-to-grammar.h>

namespace gatehouse::inference::local {
namespace {

constexpr size_t kMaxSchemaBytes = 64 * 1024;
constexpr size_t kMaxGrammarBytes = 512 * 1024;

Refusal cannot_enforce(const std::string& param, const std::string& why) {
  Refusal refusal = Refusal::invalid(param, "The embedded model cannot enforce this JSON schema.",
                                     "unsupported_schema");
  refusal.reason = why;
  return refusal;
}

Result<common_json> parse_schema(const std::string& text, const std::string& param) {
  if (text.empty()) return common_json{{"type", "object"}};
  if (text.size() > kMaxSchemaBytes) {
    return refuse(cannot_enforce(param, "the schema is larger than 64 KiB"));
  }
  common_json schema = common_json::parse_no_throw(text);
  if (schema.is_discarded() || !schema.is_object()) {
    return refuse(Refusal::invalid(param, "Expected a JSON schema object.", "invalid_schema"));
  }
  return schema;
}

// `before` and `after` are GBNF around the rule that the schema becomes.
Result<std::string> grammar_of(const common_json& schema, const std::string& param,
                               const std::string& before = {}, const std::string& after = {}) {
  try {
    const common_chat_schema_document document = common_chat_schema_from_json(schema);
    std::string grammar = build_grammar([&](const common_grammar_builder& builder) {
      if (before.empty()) {
        builder.add_schema("root", *document.root);
      } else {
        const std::string rule = builder.add_schema("call", *document.root);
        builder.add_rule("root", before + " " + rule + " " + after);
      }
    });
    if (grammar.size() > kMaxGrammarBytes) {
      return refuse(cannot_enforce(param, "its grammar is larger than 512 KiB"));
    }
    return grammar;
  } catch (const std::exception& error) {
    return refuse(cannot_enforce(param, error.what()));
  }
}

bool is_offered(const api::ChatRequest& request, const std::string& tool) {
  const std::vector<std::string>& allowed = request.tool_choice.allowed;
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), tool) != allowed.end();
}

// {"name": <one of the tools>, "arguments": <what its schema says>}
Result<common_json> call_schema(const api::ChatRequest& request) {
  const bool named = request.tool_choice.mode == api::ToolChoice::Mode::named;
  common_json alternatives = common_json::array();
  for (size_t i = 0; i < request.tools.size(); ++i) {
    const api::Tool& tool = request.tools[i];
    if (named ? tool.name != request.tool_choice.name : !is_offered(request, tool.name)) continue;
    const std::string param = "tools[" + std::to_string(i) + "].function.parameters";
    Result<common_json> parameters = parse_schema(tool.parameters, param);
    if (!parameters) return refuse(std::move(parameters).error());
    common_json properties = common_json::object();
    properties["name"] = common_json{{"const", tool.name}};
    properties["arguments"] = *parameters;
    common_json call = common_json::object();
    call["type"] = "object";
    call["properties"] = properties;
    call["required"] = common_json::array({"name", "arguments"});
    alternatives.push_back(call);
  }
  if (alternatives.empty()) {
    return refuse(Refusal::invalid(
        "tool_choice", "The tool \"" + request.tool_choice.name + "\" is not in `tools`.",
        "unknown_tool"));
  }
  if (alternatives.size() == 1) return common_json(alternatives.at(size_t{0}));
  common_json schema = common_json::object();
  schema["anyOf"] = alternatives;
  return schema;
}

std::string tools_text(const api::ChatRequest& request, bool must) {
  std::string text =
      "You can call functions. Their names, purposes and JSON Schemas of their arguments:\n";
  for (const api::Tool& tool : request.tools) {
    if (!is_offered(request, tool.name)) continue;
    common_json line = common_json::object();
    line["name"] = tool.name;
    if (!tool.description.empty()) line["description"] = tool.description;
    if (!tool.parameters.empty()) {
      common_json parameters = common_json::parse_no_throw(tool.parameters);
      if (!parameters.is_discarded()) line["parameters"] = parameters;
    }
    text += line.dump_safe() + "\n";
  }
  text += must ? "Answer only with a call, written as:\n"
               : "To call one, answer only with the call, written as:\n";
  text += "<tool_call>\n{\"name\": \"function name\", \"arguments\": {…}}\n</tool_call>";
  if (!must) text += "\nIf no function helps, answer the user in words.";
  return text;
}

}  // namespace

Result<Constraint> constraint_of(const api::ChatRequest& request) {
  using Choice = api::ToolChoice::Mode;
  using Format = api::ResponseFormat::Kind;
  Constraint constraint;
  const Choice choice = request.tool_choice.mode;
  const bool tools = !request.tools.empty() && choice != Choice::none;
  for (size_t i = 0; i < request.tools.size(); ++i) {
    if (request.tools[i].is_function()) continue;
    return refuse(Refusal::invalid("tools[" + std::to_string(i) + "]",
                                   "The embedded model takes functions only.",
                                   "unsupported_parameter"));
  }
  // Of the forms that are kept as they came, only the list of allowed tools is read.
  if (!request.tool_choice.raw.empty() && request.tool_choice.allowed.empty()) {
    return refuse(Refusal::invalid("tool_choice", "The embedded model does not know this form.",
                                   "unsupported_parameter"));
  }
  if (request.tools.empty() && (choice == Choice::required || choice == Choice::named)) {
    return refuse(Refusal::invalid("tool_choice", "`tool_choice` needs `tools`.",
                                   "missing_required_parameter"));
  }
  if (tools) {
    const bool must = choice == Choice::required || choice == Choice::named;
    Result<common_json> schema = call_schema(request);
    if (!schema) return refuse(std::move(schema).error());
    const std::string more = request.parallel_tool_calls.value_or(true) && !must
                                 ? "(\"\\n\"? \"<tool_call>\\n\" call \"\\n</tool_call>\"){0,7}"
                                 : "";
    Result<std::string> grammar = grammar_of(
        *schema, "tools", must ? "\"<tool_call>\\n\"" : "space", "\"\\n</tool_call>\" " + more);
    if (!grammar) return refuse(std::move(grammar).error());
    (must ? constraint.grammar : constraint.call_grammar) = std::move(*grammar);
    constraint.calls_only = must;
    constraint.system_text = tools_text(request, must);
  }
  if (request.response_format.kind == Format::text || constraint.calls_only) return constraint;

  if (tools) {
    return refuse(Refusal::invalid(
        "response_format",
        "The embedded model takes `response_format` or optional `tools`, not both.",
        "unsupported_parameter"));
  }
  const bool any = request.response_format.kind == Format::json_object;
  const std::string param = "response_format.json_schema.schema";
  Result<common_json> schema = parse_schema(any ? "" : request.response_format.schema, param);
  if (!schema) return refuse(std::move(schema).error());
  Result<std::string> grammar = grammar_of(*schema, param);
  if (!grammar) return refuse(std::move(grammar).error());
  constraint.grammar = std::move(*grammar);
  constraint.system_text =
      any ? "Answer with one JSON object and nothing else."
          : "Answer with JSON that follows this JSON Schema:\n" + schema->dump_safe();
  return constraint;
}

}  // namespace gatehouse::inference::local
