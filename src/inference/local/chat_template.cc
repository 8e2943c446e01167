#include "inference/local/chat_template.h"

#include <mutex>

#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>
#include <jinja/value.h>
#include <json.h>

#include "api/side_texts.h"

namespace gatehouse::inference::local {
namespace {

using jinja::mk_val;

jinja::value plain(const std::string& text) {
  return mk_val<jinja::value_string>(text);
}

// A value whose characters stay marked as not from the template.
jinja::value outside(const std::string& text) {
  auto value = mk_val<jinja::value_string>(text);
  value->mark_input();
  return value;
}

void add_line(std::string& text, const std::string& line) {
  if (!text.empty()) text += '\n';
  text += line;
}

// Empty if the part is no text.
std::string document_text(const api::Part& part) {
  return part.kind == api::Part::Kind::other ? api::text_of_pieces(part) : part.text;
}

Result<std::string> text_of(const api::Message& message, size_t index) {
  std::string text;
  for (const api::Part& part : message.parts) {
    switch (part.kind) {
      case api::Part::Kind::text:
      case api::Part::Kind::refusal:
        add_line(text, part.text);
        break;
      case api::Part::Kind::thinking:
      case api::Part::Kind::redacted_thinking:
        break;  // a model's thoughts of earlier turns are not shown to it again
      default:
        if (std::string plain_text = document_text(part); !plain_text.empty()) {
          add_line(text, plain_text);
          break;
        }
        return refuse(Refusal::invalid("messages[" + std::to_string(index) + "].content",
                                       "This model reads text only.", "unsupported_content"));
    }
  }
  return text;
}

std::string call_text(const api::ToolCall& call) {
  std::string text = "<tool_call>\n{\"name\": ";
  text += common_json(call.name).dump_safe();
  text +=
      ", \"arguments\": " + (call.arguments.empty() ? "{}" : call.arguments) + "}\n</tool_call>";
  return text;
}

std::string_view role_name(api::Role role) {
  switch (role) {
    case api::Role::system:
    case api::Role::developer:
      return "system";
    case api::Role::assistant:
      return "assistant";
    case api::Role::user:
    case api::Role::tool:
      break;
  }
  return "user";
}

struct Turn {
  std::string_view role;
  std::string text;
};

// The messages as a template without tools understands them: calls and their results are text.
Result<std::vector<Turn>> turns_of(const api::ChatRequest& request,
                                   const std::string& extra_system) {
  std::vector<Turn> turns;
  for (size_t i = 0; i < request.messages.size(); ++i) {
    const api::Message& message = request.messages[i];
    Result<std::string> text = text_of(message, i);
    if (!text) return refuse(std::move(text).error());
    for (const api::ToolCall& call : message.tool_calls) {
      if (!text->empty()) *text += '\n';
      *text += call_text(call);
    }
    if (message.role == api::Role::tool) {
      *text = "<tool_response>\n" + *text + "\n</tool_response>";
    }
    const std::string_view role = role_name(message.role);
    // Results of parallel calls, and a system message beside a developer's, are one turn.
    const bool joins = !turns.empty() && turns.back().role == role &&
                       (message.role == api::Role::tool || role == "system");
    if (joins) {
      turns.back().text += "\n" + *text;
    } else {
      turns.push_back({role, std::move(*text)});
    }
  }
  if (!extra_system.empty()) {
    if (turns.empty() || turns.front().role != "system") {
      turns.insert(turns.begin(), Turn{"system", extra_system});
    } else {
      turns.front().text += "\n\n" + extra_system;
    }
  }
  return turns;
}

}  // namespace

struct ChatTemplate::Program {
  std::string source, begin, end;
  jinja::program code;
  std::mutex guard;  // running a program marks its nodes
};

ChatTemplate::~ChatTemplate() = default;

Result<std::unique_ptr<ChatTemplate>> ChatTemplate::of(const Model& model) {
  if (model.chat_template().empty()) {
    return refuse(Refusal::internal(Layer::inference, "the model's file has no chat template"));
  }
  std::unique_ptr<ChatTemplate> made(new ChatTemplate());
  made->program_ = std::make_unique<Program>();
  Program& program = *made->program_;
  program.source = model.chat_template();
  program.begin = model.token_text(model.begin_token());
  program.end = model.token_text(model.end_token());
  try {
    jinja::lexer lexer;
    const auto lexed = lexer.tokenize(program.source);
    program.code = jinja::parse_from_tokens(lexed);
  } catch (const std::exception& error) {
    return refuse(Refusal::internal(Layer::inference,
                                    std::string("the model's chat template: ") + error.what()));
  }
  // The pinned model's template says "You are a helpful AI assistant named SmolLM, …" where a
  // request has no system message. At 135M parameters that name alone leads its answers astray
  // ("What is the capital of France?" is answered with lines about the Marseillaise).
  if (model.id() == "smollm2-135m-instruct") made->default_system_ = "You are a helpful assistant.";
  return made;
}

bool ChatTemplate::goes_on(const api::ChatRequest& request) {
  if (request.dialect != api::Dialect::anthropic || request.messages.empty()) return false;
  const api::Message& last = request.messages.back();
  return last.role == api::Role::assistant && last.tool_calls.empty();
}

Result<std::vector<PromptPiece>> ChatTemplate::render(const api::ChatRequest& request,
                                                      const std::string& extra_system) const {
  Result<std::vector<Turn>> turns = turns_of(request, extra_system);
  if (!turns) return refuse(std::move(turns).error());
  if (!default_system_.empty() && (turns->empty() || turns->front().role != "system")) {
    turns->insert(turns->begin(), Turn{"system", default_system_});
  }
  std::string begun;
  if (goes_on(request)) {
    begun = std::move(turns->back().text);
    turns->pop_back();
  }
  std::lock_guard lock(program_->guard);
  try {
    auto messages = mk_val<jinja::value_array>();
    for (const Turn& turn : *turns) {
      auto message = mk_val<jinja::value_object>();
      message->insert("role", plain(std::string(turn.role)));
      message->insert("content", outside(turn.text));
      messages->push_back(message);
    }
    jinja::context context(program_->source);
    context.set_val("messages", messages);
    context.set_val("bos_token", plain(program_->begin));
    context.set_val("eos_token", plain(program_->end));
    context.set_val("add_generation_prompt", mk_val<jinja::value_bool>(true));
    jinja::runtime runtime(context);
    const jinja::value results = runtime.execute(program_->code);
    const auto parts = jinja::runtime::gather_string_parts(results);
    std::vector<PromptPiece> pieces;
    for (auto& part : parts->val_str.parts) {
      pieces.push_back({std::move(part.val), !part.is_input});
    }
    if (!begun.empty()) pieces.push_back({std::move(begun), /*trusted=*/false});
    return pieces;
  } catch (const std::exception& error) {
    // Templates refuse what they were not made for (two system messages, roles out of order).
    Refusal refusal = Refusal::invalid(
        "messages", "The model's chat template does not take these messages.", "invalid_messages");
    refusal.reason = error.what();
    return refuse(std::move(refusal));
  }
}

std::vector<Token> tokenize(const Model& model, const std::vector<PromptPiece>& pieces) {
  std::vector<Token> tokens;
  if (model.begin_token() >= 0) tokens.push_back(model.begin_token());
  for (const PromptPiece& piece : pieces) model.tokenize(piece.text, piece.trusted, tokens);
  // A template that writes the begin token itself must not double it.
  if (tokens.size() > 1 && tokens[0] == model.begin_token() && tokens[1] == tokens[0]) {
    tokens.erase(tokens.begin());
  }
  return tokens;
}

}  // namespace gatehouse::inference::local
