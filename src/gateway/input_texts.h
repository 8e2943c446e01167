#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/chat.h"
#include "core/result.h"
#include "firewall/firewall.h"
#include "gateway/documents.h"

namespace gatehouse::gateway {

/// The texts of a request that the firewall looks at: who supplied each, and where its replacement
/// goes. Views into the request, which must outlive it and stay as it is but for `replace`.
class InputTexts {
 public:
  /// `documents`: what was read of its files; they must outlive this too.
  explicit InputTexts(api::ChatRequest& request, std::span<const DocumentText> documents = {});
  explicit InputTexts(api::EmbeddingRequest& request);
  InputTexts(const InputTexts&) = delete;
  InputTexts& operator=(const InputTexts&) = delete;

  std::span<const firewall::Segment> segments() const { return segments_; }

  /// Writes an edited text back. Refuses (`invalid_request`) what can't be written where it stands:
  /// a change of a field's or a tool's name, or one over several strings.
  Result<void> replace(uint32_t segment, std::string text);

 private:
  /// A text that stands somewhere in JSON.
  struct Side {
    std::string path;
    std::string text;  // what it says, unless the request holds that
    std::variant<std::string*, api::Tool*, api::ToolCall*, api::ResponseFormat*> place;
  };
  struct Place {
    std::string* text = nullptr;
    const Side* side = nullptr;
  };

  /// `json`: it may be JSON.
  void add(firewall::Source source, std::string& text, size_t message, size_t part,
           bool json = false);
  /// A plain text with a path of its own.
  void add_at(firewall::Source source, std::string path, std::string& text);
  /// One in JSON, which says `in_request`, else the side's own text.
  void add_side(firewall::Source source, Side side, std::string_view in_request = {});
  void add_definitions(api::ChatRequest& request);
  /// An identifier that somebody made say something.
  void add_id(firewall::Source source, size_t message, std::string& id);
  void add_extra(std::vector<std::pair<std::string, std::string>>& extra);
  void add_message(api::Message& message, size_t index);
  /// Of the part that is next in order; `raw` is its JSON.
  void add_documents(size_t message, size_t part, std::string_view raw);
  void add_call_beside(api::ToolCall& call, firewall::Source beside, size_t index, size_t at);

  std::span<const DocumentText> documents_;  // those that are not added yet
  std::vector<firewall::Segment> segments_;
  std::vector<Place> places_;
  std::vector<std::string_view> tool_names_;  // in order; read with their definitions
  std::list<Side> sides_;                     // stable addresses, and none on the common way
};

}  // namespace gatehouse::gateway
