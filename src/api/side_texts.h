#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "api/chat.h"
#include "core/json.h"

/// What a request says beside its messages: in the definitions of tools, in the schema of its
/// answer, in fields without a native form. Such text is read string by string, a line break
/// between; an edit of it is written back line by line. Synchronous, thread-safe.
namespace gatehouse::api {

/// The strings in a JSON text that can say something, long numbers, and names of fields that are no
/// plain words.
/// Empty where there is no more than a few plain words ("low", "text", "auto"). Credentials for the
/// provider (`authorization_token`) are left out.
std::string side_text(std::string_view json);

/// The same for a JSON object with fields of a message, where identifiers, URLs, data of media and
/// cache marks are left out too.
std::string side_text_of_message(std::string_view json);

/// What a block that has no form but its own says (search results, documents in pieces),
/// line by line.
std::string text_of_pieces(const Part& part);

/// Whether a name can say more than one plain word: "bob" can't, "bob@example.com" can.
bool says_something(std::string_view name);

/// Whether a text is printable ASCII without a blank, as identifiers are.
bool is_one_word(std::string_view text);

/// What somebody changed in a side text. The texts must outlive it.
class SideEdit {
 public:
  SideEdit(std::string_view before, std::string_view after);

  /// These are false, with nothing changed, where a change runs over the end of a line or would be
  /// in a name. A number that changes becomes a string.
  bool write_to(std::string& json) const;
  bool write_to(Tool& tool) const;
  bool write_to(ToolCall& call) const;  // of which only the name is a side text
  bool write_to(ResponseFormat& format) const;

 private:
  bool changes(std::string_view name) const;
  void rewrite_text(std::string& text) const;
  bool rewrite_json(std::string& json) const;
  bool write(const json::Element& element, std::string& out) const;

  std::unordered_map<std::string_view, std::string_view> lines_;  // those that differ
  bool possible_ = false;
};

}  // namespace gatehouse::api
