#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/chat.h"
#include "core/json.h"

/// What an answer holds beside what its readers take over: it would reach a client of the same
/// dialect with the answer's own bytes, so the firewall has to see it. Internal to the layer.
namespace gatehouse::api {

/// The objects of an answer whose members are known.
enum class AnswerPart : uint8_t {
  openai_root,
  openai_choice,      // of a whole chat
  openai_delta,       // of a chat's stream
  openai_completion,  // of a legacy completion, whole or streamed
  openai_message,     // or what a delta holds
  openai_call,        // whole or a piece
  openai_function,    // of a piece of a call
  openai_whole_function,
  openai_custom,
  text_part,
  thinking_part,
  anthropic_root,       // a whole message, or what a stream begins with
  anthropic_end,        // message_delta
  anthropic_end_delta,  // what it holds
  anthropic_text,
  anthropic_thinking,
  anthropic_redacted,
  anthropic_tool_use,
};

/// Appends what there is to read in the members of `object` that no reader takes over: unknown
/// ones, known ones of another type than is read, and those that are there a second time. Members
/// that are known to hold nothing that a model wrote (ids, counts) are passed over. Allocates
/// nothing where there is nothing to append.
void append_unread(const json::Object& object, AnswerPart part, std::string& out);

/// The same, and keeps what no writer writes by itself: for a client of the dialect whose answer is
/// written anew. What is null says nothing.
void read_others(const json::Object& object, AnswerPart part, Others& others, std::string& unread);

/// The same of an object that holds nothing else to keep: its unknown members as a JSON object, or
/// empty.
std::string read_unknown(const json::Object& object, AnswerPart part, std::string& unread);

/// What a server's call holds beside id, name and input, for clients of its dialect, likewise.
std::string read_tool_use_extra(const json::Object& block, std::string& unread);

/// The same for all of an element: "name: text" for each string in it, line by line. What is
/// encoded (an image, a signature) can't be read and is left out.
void append_unread(std::string_view name, const json::Element& element, std::string& out);

/// Whether nobody can read the text of a member as it stands: an image, a signature. What is short
/// may be a key.
bool is_opaque(std::string_view name, std::string_view text);

/// A message's content in parts, Mistral's and others' form: its text, what the model thinks, and
/// what is neither.
void read_content_parts(const json::Array& parts, std::string& text, std::string& thinking,
                        std::string& unread);

}  // namespace gatehouse::api
