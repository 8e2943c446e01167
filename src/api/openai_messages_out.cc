#include <fmt/format.h>

#include "api/messages_out.h"
#include "api/openai_out.h"
#include "api/side_texts.h"

namespace gatehouse::api {
namespace {

class MessageWriter {
 public:
  MessageWriter(const ChatRequest& request, std::string& out, Warnings& warnings)
      : request_(request), warnings_(warnings), list_(out, '[') {}

  Result<void> write() {
    for (size_t i = 0; i < request_.messages.size(); ++i) {
      const Message& message = request_.messages[i];
      index_ = i;
      Result<void> written = write_message(message);
      if (!written) return written;
      const bool more =
          i + 1 < request_.messages.size() && request_.messages[i + 1].role == Role::tool;
      if (message.role == Role::tool && !more) flush_media();
    }
    list_.close(']');
    return {};
  }

 private:
  bool same_dialect() const { return request_.dialect == Dialect::openai; }

  Result<void> write_message(const Message& message) {
    const bool function = message.role == Role::tool && message.tool_call_id.empty();
    ListWriter object(list_.item(), '{');
    object.text("role", function ? "function" : to_string(message.role));
    if (!message.name.empty()) object.text("name", message.name);
    if (!message.tool_call_id.empty()) object.text("tool_call_id", message.tool_call_id);
    write_thinking(message, object);
    Result<void> content = write_content(message, object);
    if (!content) return content;
    if (!message.tool_calls.empty()) write_calls(message, object);
    if (same_dialect()) {
      append_other_members(object, message.extra, {});
    } else if (!message.extra.empty()) {
      warnings_.add("messages", "cache marks are not passed on");
    }
    object.close('}');
    return {};
  }

  void write_thinking(const Message& message, ListWriter& object) {
    for (const Part& part : message.parts) {
      const bool thinking = part.kind == Part::Kind::thinking;
      if (!thinking && part.kind != Part::Kind::redacted_thinking) continue;
      if (thinking && same_dialect()) {
        object.text("reasoning_content", part.text);
      } else {
        warnings_.add("messages", "thinking blocks are not passed on");
      }
    }
  }

  void write_calls(const Message& message, ListWriter& object) {
    std::vector<ToolCall> calls;
    for (const ToolCall& call : message.tool_calls) {
      if (!call.id.empty()) {
        calls.push_back(call);
        continue;
      }
      // The form before tools, which has no ids.
      ListWriter function(object.name("function_call"), '{');
      function.text("name", call.name);
      function.text("arguments", call.arguments);
      function.close('}');
    }
    if (!calls.empty()) append_openai_tool_calls(object.name("tool_calls"), calls, same_dialect());
  }

  /// The parts that are content, thinking apart.
  static size_t content_parts(const Message& message) {
    size_t count = 0;
    for (const Part& part : message.parts) {
      if (part.kind != Part::Kind::thinking && part.kind != Part::Kind::redacted_thinking) ++count;
    }
    return count;
  }

  Result<void> write_content(const Message& message, ListWriter& object) {
    const size_t count = content_parts(message);
    if (count == 0) {
      if (message.role == Role::assistant && (message.no_content || !message.tool_calls.empty())) {
        object.raw("content", "null");
      } else {
        object.text("content", "");
      }
      return {};
    }
    if (message.role == Role::tool) return write_result(message, object);
    for (const Part& part : message.parts) {
      if (count == 1 && part.kind == Part::Kind::text && (part.raw.empty() || !same_dialect())) {
        if (!part.raw.empty()) warnings_.add("messages", "cache marks are not passed on");
        object.text("content", part.text);
        return {};
      }
    }
    ListWriter parts(object.name("content"), '[');
    for (const Part& part : message.parts) {
      if (part.kind == Part::Kind::thinking || part.kind == Part::Kind::redacted_thinking) continue;
      Result<void> written = write_part(part, parts);
      if (!written) return written;
    }
    parts.close(']');
    return {};
  }

  /// A tool's result is text here; what else it holds follows as a message of the user's.
  Result<void> write_result(const Message& message, ListWriter& object) {
    if (same_dialect()) {
      const bool only_text = is_plain_text(message.parts);
      if (only_text) {
        object.text("content", message.parts.front().text);
        return {};
      }
      ListWriter parts(object.name("content"), '[');
      for (const Part& part : message.parts) {
        Result<void> written = write_part(part, parts);
        if (!written) return written;
      }
      parts.close(']');
      return {};
    }
    std::string text = message.text();
    if (message.tool_error) {
      text.insert(0, "Error: ");
      warnings_.add("messages", "a tool's error is marked by the word 'Error' in its text");
    }
    for (const Part& part : message.parts) {
      if (part.kind == Part::Kind::text) continue;
      if (part.kind == Part::Kind::other) {
        text.append(text.empty() ? "" : "\n").append(text_of_pieces(part));
        continue;
      }
      media_.push_back(&part);
    }
    object.text("content", text);
    return {};
  }

  void flush_media() {
    if (media_.empty()) return;
    warnings_.add("messages", "images in a tool's result follow it as a message of the user's");
    ListWriter object(list_.item(), '{');
    object.text("role", "user");
    ListWriter parts(object.name("content"), '[');
    for (const Part* part : media_) (void)write_part(*part, parts);
    parts.close(']');
    object.close('}');
    media_.clear();
  }

  Result<void> write_part(const Part& part, ListWriter& parts) {
    switch (part.kind) {
      case Part::Kind::text:
      case Part::Kind::refusal: {
        const std::string_view type = part.kind == Part::Kind::text ? "text" : "refusal";
        ListWriter object(parts.item(), '{');
        object.text("type", type);
        object.text(type, part.text);
        if (same_dialect()) append_other_members(object, part.raw, {"type", type});
        if (!same_dialect() && !part.raw.empty()) {
          warnings_.add("messages", "cache marks are not passed on");
        }
        object.close('}');
        return {};
      }
      default:
        if (same_dialect()) {
          parts.item().append(part.raw);
          return {};
        }
        return write_foreign(part, parts);
    }
  }

  /// An image or a document of Anthropic's form.
  Result<void> write_foreign(const Part& part, ListWriter& parts) {
    const std::string source = text_at(part.raw, {"source", "type"});
    const bool pieces = part.kind == Part::Kind::other;
    if (const std::string text = pieces ? text_of_pieces(part) : part.text; !text.empty()) {
      ListWriter object(parts.item(), '{');
      object.text("type", "text");
      object.text("text", text);
      object.close('}');
      return {};
    }
    std::string url;
    if (source == "base64") {
      url = fmt::format("data:{};base64,{}", text_at(part.raw, {"source", "media_type"}),
                        text_at(part.raw, {"source", "data"}));
    } else if (source == "url" && part.kind == Part::Kind::image) {
      url = text_at(part.raw, {"source", "url"});
    } else {
      return refuse(unsupported(
          fmt::format("messages[{}].content", index_),
          fmt::format("'messages[{}].content' holds a part that this model's server can't take.",
                      index_)));
    }
    ListWriter object(parts.item(), '{');
    if (part.kind == Part::Kind::image) {
      object.text("type", "image_url");
      ListWriter image(object.name("image_url"), '{');
      image.text("url", url);
      image.close('}');
    } else {
      object.text("type", "file");
      ListWriter file(object.name("file"), '{');
      const std::string title = text_at(part.raw, {"title"});
      file.text("filename", title.empty() ? std::string_view("document.pdf") : title);
      file.text("file_data", url);
      file.close('}');
    }
    object.close('}');
    return {};
  }

  const ChatRequest& request_;
  Warnings& warnings_;
  ListWriter list_;
  size_t index_ = 0;
  std::vector<const Part*> media_;  // of the tool results that were just written
};

}  // namespace

Result<void> write_openai_messages(const ChatRequest& request, std::string& out,
                                   Warnings& warnings) {
  MessageWriter writer(request, out, warnings);
  return writer.write();
}

}  // namespace gatehouse::api
