#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::firewall {

/// Follows a text and knows whether what comes next stands in an address: in a URL, in the target
/// of a Markdown link or image or of a reference's definition, in an HTML tag. Errs on the side of
/// an address: a URL goes on to the next space. Belongs to one stream; not thread-safe.
class LinkTracker {
 public:
  void take(std::string_view text);
  /// JSON, whose strings are texts of their own. One that begins as a URL is one to its end: who
  /// fetches it encodes its spaces.
  void take_json(std::string_view text);
  /// A value was put in place of a placeholder: a word that hides what stood before it.
  void take_value();

  bool inside() const {
    return url_ || whole_url_ || depth_ > 0 || angle_ || tag_ || definition_ > Definition::begins;
  }

 private:
  void take(char c);
  void word(char c);
  void tag(char c);
  void target(char c);
  void definition(char c);
  void line(char c);
  void begin_string();
  void json_string(char c);
  void escaped(char c);

  bool url_ = false;  // the word under way is a URL
  bool dotted_ = false;
  char last_ = '\n';
  char before_last_ = '\n';
  char solid_ = '\n';  // the last that was no space
  uint32_t four_ = 0;  // the last four characters, as a number

  uint32_t depth_ = 0;  // of parentheses in a target; 0: in none
  bool url_before_ = false;
  bool backslash_ = false;
  bool angle_ = false;  // a target in angle brackets
  /// Where in "[label]: target" the text is; spaces may stand before the target.
  enum class Definition : uint8_t { none, begins, target, angle };
  Definition definition_ = Definition::none;
  bool tag_ = false;
  char quote_ = 0;  // of a tag's attribute
  bool line_empty_ = true;

  bool in_string_ = false;
  bool first_word_ = false;
  bool whole_url_ = false;
  char json_last_ = '[';  // outside of strings, the last that was no space
  uint32_t escape_ = 0;   // characters of an escape so far, the backslash included
  uint32_t code_ = 0;     // that a \u escape spells
};

}  // namespace gatehouse::firewall
