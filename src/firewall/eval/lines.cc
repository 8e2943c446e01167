#include "firewall/eval/lines.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace gatehouse::firewall::eval {

bool LineReader::next() {
  line_.clear();
  too_long_ = false;
  // Unlocked reads byte by byte: a line may hold NUL bytes, which fgets cannot tell.
  int c = 0;
  bool any = false;
  while ((c = getc_unlocked(in_)) != EOF) {
    any = true;
    if (c == '\n') break;
    if (line_.size() < kMaxLineBytes) {
      line_.push_back(static_cast<char>(c));
    } else {
      too_long_ = true;
    }
  }
  if (!any) return false;
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  ++number_;
  return true;
}

std::optional<Source> source_of(std::string_view word) {
  if (const auto source = source_from_string(word)) return source;
  static constexpr std::array<std::pair<std::string_view, Source>, 23> kWords = {{
      {"human", Source::user},
      {"prompt", Source::user},
      {"message", Source::user},
      {"chat", Source::user},
      {"system_prompt", Source::system},
      {"model", Source::assistant},
      {"ai", Source::assistant},
      {"function", Source::tool},
      {"tool_result", Source::tool},
      {"tool_output", Source::tool},
      {"tool-output", Source::tool},
      {"tool_use", Source::tool},
      {"api", Source::tool},
      {"tool_definition", Source::definition},
      {"document", Source::retrieved},
      {"documents", Source::retrieved},
      {"retrieval", Source::retrieved},
      {"rag", Source::retrieved},
      {"context", Source::retrieved},
      {"web", Source::retrieved},
      {"webpage", Source::retrieved},
      {"email", Source::retrieved},
      {"file", Source::retrieved},
  }};
  for (const auto& [name, source] : kWords) {
    if (word == name) return source;
  }
  return std::nullopt;
}

std::string_view string_at(const json::Element& object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return value;
}

namespace {

Result<void> parse_text(const json::Element& field, const std::string& name,
                        std::string_view& text) {
  if (field.get(text) == simdjson::SUCCESS) return {};
  return refuse(Refusal::invalid(name, "The field '" + name + "' must be a string, not " +
                                           std::string(json::type_name(field)) + "."));
}

Result<void> parse_messages(const json::Element& field, Row& row) {
  simdjson::dom::array messages;
  if (field.get(messages) != simdjson::SUCCESS || messages.size() == 0) {
    return refuse(Refusal::invalid("messages", "The field 'messages' must be a list of messages."));
  }
  for (const json::Element& element : messages) {
    const std::string name = "messages[" + std::to_string(row.messages.size()) + "].content";
    Row::Message message;
    json::Element content;
    if (element["content"].get(content) != simdjson::SUCCESS) {
      return refuse(Refusal::invalid(name, "The field '" + name + "' is missing."));
    }
    if (auto ok = parse_text(content, name, message.text); !ok) return ok;
    message.speaker = source_of(string_at(element, "role"));
    row.messages.push_back(message);
  }
  return {};
}

}  // namespace

Result<Row> parse_row(json::Parser& parser, std::string& line) {
  auto element = parser.parse(line);
  if (!element) return refuse(std::move(element.error()));
  if (!element->is_object()) {
    return refuse(Refusal::invalid(
        "", "Expected an object, got " + std::string(json::type_name(*element)) + "."));
  }
  Row row;
  json::Element field;
  if ((*element)["messages"].get(field) == simdjson::SUCCESS) {
    if (auto ok = parse_messages(field, row); !ok) return refuse(std::move(ok.error()));
  } else if ((*element)["text"].get(field) != simdjson::SUCCESS) {
    return refuse(Refusal::invalid("text", "The field 'text' is missing."));
  } else if (auto ok = parse_text(field, "text", row.text); !ok) {
    return refuse(std::move(ok.error()));
  }
  row.label = string_at(*element, "label");
  row.category = string_at(*element, "category");
  row.source = string_at(*element, "source");
  row.caller = string_at(*element, "caller");
  row.speaker = source_of(string_at(*element, "role"));
  if (!row.speaker) row.speaker = source_of(row.source);
  return row;
}

std::vector<Segment> segments_of(const Row& row, Source otherwise) {
  std::vector<Segment> segments;
  const auto add = [&](std::optional<Source> speaker, std::string_view text) {
    const Source source = speaker.value_or(otherwise);
    const auto index = static_cast<uint32_t>(segments.size());
    segments.push_back({source, text, index, 0, source == Source::tool});
  };
  if (row.messages.empty()) add(row.speaker, row.text);
  for (const Row::Message& message : row.messages) add(message.speaker, message.text);
  return segments;
}

Refusal io_error(std::string_view what) {
  Refusal refusal = Refusal::internal(
      Layer::firewall, std::string(what) + ": " + std::generic_category().message(errno));
  refusal.code = "io_error";
  refusal.message = refusal.reason;
  return refusal;
}

}  // namespace gatehouse::firewall::eval
