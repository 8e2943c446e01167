#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/chat.h"
#include "core/result.h"
#include "inference/local/model.h"

namespace gatehouse::inference::local {

/// A piece of a rendered prompt. Only what the model's own template wrote is `trusted`; text that
/// came with the request never is, so that role markers spelled in it stay plain text.
struct PromptPiece {
  std::string text;
  bool trusted = false;
};

/// The chat template that a model file brings (Jinja), run by llama.cpp's template engine, which
/// tracks for every character whether it came from the template or from a value.
/// Thread-safe: rendering is serialised inside.
class ChatTemplate {
 public:
  /// Refuses a model without a template, or with one that cannot be understood.
  static Result<std::unique_ptr<ChatTemplate>> of(const Model& model);
  ~ChatTemplate();

  /// Whether the answer goes on with the request's last message, as Anthropic's API has it.
  static bool goes_on(const api::ChatRequest& request);

  /// The prompt of a chat, up to where the assistant begins to speak, or goes on. `extra_system` is
  /// added to the system message. Refuses parts that a text model cannot read (images, audio).
  Result<std::vector<PromptPiece>> render(const api::ChatRequest& request,
                                          const std::string& extra_system) const;

 private:
  struct Program;
  ChatTemplate() = default;

  std::unique_ptr<Program> program_;
  std::string default_system_;
};

/// The tokens of a rendered prompt, with the model's begin token where it wants one.
std::vector<Token> tokenize(const Model& model, const std::vector<PromptPiece>& pieces);

}  // namespace gatehouse::inference::local
