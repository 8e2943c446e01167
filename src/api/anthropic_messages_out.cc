#include <fmt/format.h>

#include "api/anthropic_fields.h"
#include "api/messages_out.h"
#include "api/openai_out.h"

namespace gatehouse::api {
namespace {

class TurnWriter {
 public:
  TurnWriter(const ChatRequest& request, Warnings& warnings)
      : request_(request), warnings_(warnings) {}

  Result<AnthropicMessages> write() {
    AnthropicMessages out;
    write_system(out.system);
    ListWriter list(out.messages, '[');
    const std::vector<Message>& messages = request_.messages;
    for (size_t i = 0; i < messages.size();) {
      if (is_system(messages[i])) {
        ++i;
        continue;
      }
      // One turn: all messages of the same side that belong together.
      size_t end = i + 1;
      while (end < messages.size() &&
             (is_system(messages[end]) || joins(messages[i], messages[end]))) {
        ++end;
      }
      ListWriter turn(list.item(), '{');
      turn.text("role", messages[i].role == Role::assistant ? "assistant" : "user");
      std::string& text = turn.name("content");
      const size_t before = text.size();
      Result<void> content = write_turn(i, end, text);
      if (!content) return refuse(std::move(content.error()));
      const std::string_view written = std::string_view(text).substr(before);
      const bool empty = written == "\"\"" || written == "[]";
      // An empty turn to go on with is the only one that is taken there.
      const bool last_answer = messages[i].role == Role::assistant && end == messages.size();
      if (empty && !last_answer && !same_dialect()) {
        const std::string path = fmt::format("messages[{}].content", i);
        return refuse(Refusal::invalid(
            path, fmt::format("'{}' is empty, which this model's server does not take.", path),
            "empty_string"));
      }
      turn.close('}');
      i = end;
    }
    list.close(']');
    if (out.messages == "[]") {
      return refuse(Refusal::invalid(
          "messages", "This model's server wants a message beside the system's.", "empty_array"));
    }
    return out;
  }

 private:
  bool same_dialect() const { return request_.dialect == Dialect::anthropic; }

  static bool is_system(const Message& message) {
    return message.role == Role::system || message.role == Role::developer;
  }

  /// Anthropic's own messages stay apart as they came; OpenAI's tool results and what the user says
  /// after them are one turn there.
  bool joins(const Message& first, const Message& next) const {
    if (same_dialect()) return next.continues;
    return (first.role == Role::assistant) == (next.role == Role::assistant);
  }

  void write_system(std::string& out) {
    bool late = false;
    bool plain = true;
    std::vector<const Part*> parts;
    for (const Message& message : request_.messages) {
      if (!is_system(message)) {
        late = true;
        continue;
      }
      if (late) warnings_.add("messages", "later system messages move to the system prompt");
      for (const Part& part : message.parts) {
        if (part.text.empty()) continue;
        parts.push_back(&part);
        plain = plain && part.raw.empty();
      }
    }
    if (parts.empty()) return;
    if (plain && parts.size() == 1) {
      json::append_string(out, parts.front()->text);
      return;
    }
    ListWriter list(out, '[');
    for (const Part* part : parts) write_text(*part, list);
    list.close(']');
  }

  void write_text(const Part& part, ListWriter& blocks) {
    ListWriter block(blocks.item(), '{');
    block.text("type", "text");
    block.text("text", part.text);
    if (same_dialect()) append_other_members(block, part.raw, {"type", "text"});
    block.close('}');
  }

  Result<void> write_turn(size_t begin, size_t end, std::string& out) {
    const Message& first = request_.messages[begin];
    if (end == begin + 1 && first.role != Role::tool && first.tool_calls.empty() &&
        first.parts.size() == 1 && is_plain_text(first.parts)) {
      json::append_string(out, first.parts.front().text);
      return {};
    }
    ListWriter blocks(out, '[');
    for (index_ = begin; index_ < end; ++index_) {
      const Message& message = request_.messages[index_];
      if (is_system(message)) continue;
      Result<void> written = message.role == Role::tool ? write_result(message, blocks)
                                                        : write_blocks(message, blocks);
      if (!written) return written;
    }
    blocks.close(']');
    return {};
  }

  /// Parts and calls in their order.
  Result<void> write_blocks(const Message& message, ListWriter& blocks) {
    size_t call = 0;
    for (size_t i = 0; i <= message.parts.size(); ++i) {
      for (; call < message.tool_calls.size(); ++call) {
        const bool later = message.tool_calls[call].parts_before > i && i < message.parts.size();
        if (later) break;
        write_call(message.tool_calls[call], blocks);
      }
      if (i == message.parts.size()) break;
      Result<void> written = write_part(message.parts[i], blocks);
      if (!written) return written;
    }
    return {};
  }

  void write_call(const ToolCall& call, ListWriter& blocks) {
    ListWriter block(blocks.item(), '{');
    block.text("type", "tool_use");
    if (call.id.empty()) {  // a function call of the form before tools
      function_id_ = fmt::format("call_{}", index_);
      block.text("id", function_id_);
    } else {
      block.text("id", call.id);
    }
    block.text("name", call.name);
    append_json_object(block.name("input"), call.arguments);
    if (same_dialect()) append_other_members(block, call.extra, {});
    block.close('}');
  }

  Result<void> write_result(const Message& message, ListWriter& blocks) {
    ListWriter block(blocks.item(), '{');
    block.text("type", "tool_result");
    block.text("tool_use_id", message.tool_call_id.empty() ? function_id_ : message.tool_call_id);
    if (!message.no_content) {
      if (is_plain_text(message.parts)) {
        block.text("content", message.parts.empty() ? std::string_view() : message.parts[0].text);
      } else {
        ListWriter content(block.name("content"), '[');
        for (const Part& part : message.parts) {
          Result<void> written = write_part(part, content);
          if (!written) return written;
        }
        content.close(']');
      }
    }
    if (message.tool_error) block.boolean("is_error", true);
    if (same_dialect()) append_other_members(block, message.extra, {});
    block.close('}');
    return {};
  }

  Result<void> write_part(const Part& part, ListWriter& blocks) {
    switch (part.kind) {
      case Part::Kind::text:
      case Part::Kind::refusal:
        // Empty blocks are refused there; one that came from its own client is not ours to judge.
        if (!part.text.empty() || same_dialect()) write_text(part, blocks);
        return {};
      case Part::Kind::thinking:
        if (part.signature.empty() && !same_dialect()) {
          warnings_.add("messages", "reasoning without a signature is not passed on");
          return {};
        }
        append_thinking_block(blocks.item(), part);
        return {};
      case Part::Kind::redacted_thinking:
        append_thinking_block(blocks.item(), part);
        return {};
      default:
        if (!same_dialect()) return write_foreign(part, blocks);
        if (part.kind == Part::Kind::file && !part.text.empty()) {
          write_document(part, blocks);
          return {};
        }
        blocks.item().append(part.raw);
        return {};
    }
  }

  /// A document of plain text, whose text may have been edited.
  void write_document(const Part& part, ListWriter& blocks) {
    ListWriter block(blocks.item(), '{');
    block.text("type", "document");
    ListWriter source(block.name("source"), '{');
    source.text("type", "text");
    source.text("media_type", "text/plain");
    source.text("data", part.text);
    source.close('}');
    append_other_members(block, part.raw, {"type", "source"});
    block.close('}');
  }

  Refusal cannot_take(std::string_view what) const {
    const std::string path = fmt::format("messages[{}].content", index_);
    return unsupported(
        path, fmt::format("'{}' holds {}, which this model's server can't take.", path, what));
  }

  /// An image or a file of OpenAI's form.
  Result<void> write_foreign(const Part& part, ListWriter& blocks) {
    const bool image = part.kind == Part::Kind::image;
    if (!image && part.kind != Part::Kind::file) return refuse(cannot_take("sound or video"));
    const std::string url =
        image ? text_at(part.raw, {"image_url", "url"}) : text_at(part.raw, {"file", "file_data"});
    if (url.empty()) return refuse(cannot_take("a file by its id"));
    DataUrl data;
    const bool inlined = split_data_url(url, data);
    if (!inlined && !url.starts_with("https://") && !url.starts_with("http://")) {
      return refuse(cannot_take("a URL of an unknown scheme"));
    }
    if (image) {
      const std::string detail = text_at(part.raw, {"image_url", "detail"});
      if (!detail.empty() && detail != "auto") {
        warnings_.add("messages", "the detail of images is not passed on");
      }
    }
    ListWriter block(blocks.item(), '{');
    block.text("type", image ? "image" : "document");
    ListWriter source(block.name("source"), '{');
    if (inlined) {
      source.text("type", "base64");
      source.text("media_type", data.media_type);
      source.text("data", data.data);
    } else {
      source.text("type", "url");
      source.text("url", url);
    }
    source.close('}');
    block.close('}');
    return {};
  }

  const ChatRequest& request_;
  Warnings& warnings_;
  size_t index_ = 0;
  std::string function_id_;  // of the last call without an id
};

}  // namespace

Result<AnthropicMessages> write_anthropic_messages(const ChatRequest& request, Warnings& warnings) {
  TurnWriter writer(request, warnings);
  return writer.write();
}

}  // namespace gatehouse::api
