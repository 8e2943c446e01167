#include "firewall/pii/link_tracker.h"

#include <algorithm>

#include "core/percent.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr uint32_t four(const char (&text)[5]) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

/// Whether an address begins with these, or ends its scheme: browsers need no slashes behind it,
/// and Markdown takes character references for them.
bool begins_url(uint32_t last_four) {
  return last_four == four("www.") || last_four == four("ttp:") || last_four == four("tps:") ||
         last_four == four("ftp:");
}

bool is_space(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

// Browsers take either.
bool is_slash(char c) {
  return c == '/' || c == '\\';
}

}  // namespace

void LinkTracker::take(std::string_view text) {
  for (const char c : text) take(c);
}

void LinkTracker::take(char c) {
  line(c);
  definition(c);
  if (tag_) {
    tag(c);
  } else if (depth_ > 0) {
    target(c);
  } else if (c == '(' && last_ == ']') {
    depth_ = 1;
    url_before_ = url_;
  } else if (last_ == '<' && (is_ascii_letter(c) || c == '/' || c == '!' || c == '?')) {
    tag_ = true;
    quote_ = 0;
  }
  word(c);
  before_last_ = last_;
  last_ = c;
  if (!is_space(c)) solid_ = c;
}

void LinkTracker::take_value() {
  // "[To]: [EMAIL_1]": a target that begins with a value has no host but what the value names.
  if (definition_ == Definition::begins) definition_ = Definition::none;
  take('x');
}

// An empty line ends what Markdown lets run over lines.
void LinkTracker::line(char c) {
  if (c == '\n') {
    if (line_empty_) {
      depth_ = 0;
      angle_ = false;
      definition_ = Definition::none;
      if (quote_ == 0) tag_ = false;
    }
    line_empty_ = true;
  } else if (!is_space(c)) {
    line_empty_ = false;
  }
}

void LinkTracker::word(char c) {
  four_ = (four_ << 8) | static_cast<unsigned char>(ascii_lower(c));
  if (is_space(c) || c == '<' || (c == '>' && !tag_)) {
    if (is_space(c) && first_word_ && !is_space(last_)) {
      whole_url_ = whole_url_ || url_;
      first_word_ = false;
    }
    url_ = dotted_ = false;
    return;
  }
  // A name with a dot and then a path is an address without its scheme.
  if (last_ == '.' && is_ascii_alnum(c) && is_ascii_alnum(before_last_)) dotted_ = true;
  if ((is_slash(c) && is_slash(last_)) || begins_url(four_) ||
      (dotted_ && (c == '/' || c == '?'))) {
    url_ = true;
  }
}

void LinkTracker::tag(char c) {
  if (quote_ != 0) {
    if (c == quote_) quote_ = 0;
  } else if ((c == '"' || c == '\'') && solid_ == '=') {
    quote_ = c;
  } else if (c == '>') {
    tag_ = false;
  }
}

void LinkTracker::target(char c) {
  if (angle_) {
    if (c == '>' || c == '\n') angle_ = false;
  } else if (backslash_) {
    backslash_ = false;
  } else if (c == '\\') {
    backslash_ = true;
  } else if (c == '<' && last_ == '(') {
    angle_ = true;
  } else if (c == '(') {
    ++depth_;
  } else if (c == ')' && --depth_ == 0) {
    url_ = url_before_;
    dotted_ = false;
  }
}

void LinkTracker::definition(char c) {
  switch (definition_) {
    case Definition::none:
      if (c == ':' && last_ == ']') definition_ = Definition::begins;
      break;
    case Definition::begins:
      if (!is_space(c)) definition_ = c == '<' ? Definition::angle : Definition::target;
      break;
    case Definition::target:
      if (is_space(c)) definition_ = Definition::none;
      break;
    case Definition::angle:
      if (c == '\n' || (c == '>' && last_ != '\\')) definition_ = Definition::none;
      break;
  }
}

void LinkTracker::take_json(std::string_view text) {
  for (const char c : text) {
    if (in_string_) {
      json_string(c);
    } else if (c == '"' &&
               (json_last_ == '[' || json_last_ == '{' || json_last_ == ',' || json_last_ == ':')) {
      begin_string();
    } else {
      take(c);
      if (!is_space(c)) json_last_ = c;
    }
  }
}

void LinkTracker::begin_string() {
  const char last = json_last_;
  *this = LinkTracker{};
  json_last_ = last;
  in_string_ = first_word_ = true;
}

void LinkTracker::json_string(char c) {
  if (escape_ > 0) {
    escaped(c);
  } else if (c == '\\') {
    escape_ = 1;
    code_ = 0;
  } else if (c == '"') {
    *this = LinkTracker{};
    json_last_ = c;
  } else {
    take(c);
  }
}

void LinkTracker::escaped(char c) {
  if (escape_ == 1 && c == 'u') {
    escape_ = 2;
    return;
  }
  if (escape_ == 1) {
    escape_ = 0;
    take(c == 'n' || c == 'r' || c == 't' || c == 'f' || c == 'b' ? '\n' : c);
    return;
  }
  code_ = code_ << 4 | static_cast<uint32_t>(std::max(hex_value(c), 0));
  if (++escape_ < 6) return;
  escape_ = 0;
  take(code_ < 0x80 ? static_cast<char>(code_) : 'x');
}

}  // namespace gatehouse::firewall
