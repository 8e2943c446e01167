#include "api/side_texts.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "api/collect.h"
#include "api/json_out.h"
#include "core/json.h"
#include "core/letters.h"

namespace gatehouse::api {
namespace {

constexpr size_t kLongestWord = 20;
/// A list of so many words may be a sentence in pieces.
constexpr size_t kMostWords = 8;
/// A number of fewer digits identifies nobody.
constexpr std::ptrdiff_t kFewestDigits = 7;

/// Never prose in a message: an upstream takes what these name for identifiers and bytes. What is
/// more than one word is read all the same.
constexpr std::string_view kUnread[] = {
    "id",        "tool_use_id",       "tool_call_id",    "url",
    "data",      "file_data",         "file_id",         "media_type",
    "signature", "encrypted_content", "encrypted_index", "cache_control"};
/// The caller's credential at the provider's end (mcp_servers), which a placeholder would break;
/// one word, too.
constexpr std::string_view kCredential = "authorization_token";

bool is_plain_word(std::string_view text) {
  return text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
                  c == '$';
         });
}

/// A number as it is written, if it may be somebody's; else empty.
std::string number_of_somebody(const json::Element& value) {
  if (!value.is_number()) return {};
  std::string text = json::raw(value);
  const auto digits =
      std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits < kFewestDigits) text.clear();
  return text;
}

/// A data URL of text: a model reads what it holds.
bool is_text_url(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  if (!same_letters(url.substr(0, kScheme.size()), kScheme)) return false;
  url.remove_prefix(kScheme.size());
  return is_text_type(url.substr(0, url.find_first_of(";,")));
}

/// One identifier, URL or run of bytes, or what consists of such strings.
bool is_opaque(const json::Element& value) {
  std::string_view text;
  json::Array items;
  json::Object object;
  if (value.get(text) == simdjson::SUCCESS) return is_one_word(text) && !is_text_url(text);
  if (value.get(items) == simdjson::SUCCESS) {
    return std::all_of(items.begin(), items.end(), is_opaque);
  }
  if (value.get(object) == simdjson::SUCCESS) {
    return std::all_of(object.begin(), object.end(),
                       [](const auto& field) { return is_opaque(field.value); });
  }
  return true;
}

bool is_one_of(std::span<const std::string_view> list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// Gathers strings; what holds nothing but a few plain words counts for nothing.
class Collector {
 public:
  Collector(std::string& out, std::span<const std::string_view> unread)
      : out_(out), begin_(out.size()), unread_(unread) {}

  void finish() {
    if (!says_something_ && words_ <= kMostWords) out_.resize(begin_);
  }

  void member(std::string_view name, const json::Element& value) {
    std::string_view text;
    const bool credential = name == kCredential && value.is_string();
    if ((credential || is_one_of(unread_, name)) && is_opaque(value)) return;
    if (name == "type" && value.get(text) == simdjson::SUCCESS && is_plain_word(text)) return;
    if (!is_plain_word(name)) add(name);
    element(value);
  }

  void element(const json::Element& value) {
    std::string_view text;
    json::Array items;
    json::Object object;
    if (value.get(text) == simdjson::SUCCESS) {
      add(text);
    } else if (value.get(items) == simdjson::SUCCESS) {
      for (const json::Element item : items) element(item);
    } else if (value.get(object) == simdjson::SUCCESS) {
      for (const auto& field : object) member(field.key, field.value);
    } else {
      add(number_of_somebody(value));
    }
  }

 private:
  void add(std::string_view text) {
    if (text.empty()) return;
    if (is_plain_word(text)) {
      ++words_;
    } else {
      says_something_ = true;
    }
    if (!out_.empty()) out_.push_back('\n');
    out_.append(text);
  }

  std::string& out_;
  const size_t begin_;
  const std::span<const std::string_view> unread_;
  size_t words_ = 0;
  bool says_something_ = false;
};

/// Calls `line(text)` for each line.
template <typename F>
void each_line(std::string_view text, const F& line) {
  for (size_t at = 0;;) {
    const size_t end = text.find('\n', at);
    line(text.substr(at, end - at));
    if (end == std::string_view::npos) return;
    at = end + 1;
  }
}

void collect_pieces(const json::Element& element, std::string& out) {
  json::Array items;
  if (element.get(items) == simdjson::SUCCESS) {
    for (const json::Element item : items) collect_pieces(item, out);
    return;
  }
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) return;
  std::string_view type;
  const bool plain = object.at_key("type").get(type) == simdjson::SUCCESS && type == "text";
  for (const auto& field : object) {
    std::string_view text;
    const bool readable = field.key == "text" || field.key == "title" || field.key == "content" ||
                          (plain && field.key == "data");
    if (readable && field.value.get(text) == simdjson::SUCCESS) {
      if (!out.empty()) out.push_back('\n');
      out.append(text);
    } else {
      collect_pieces(field.value, out);
    }
  }
}

}  // namespace

std::string text_of_pieces(const Part& part) {
  std::string text;
  const auto parsed = json::thread_parser().parse_copy(part.raw);
  if (parsed) collect_pieces(*parsed, text);
  return text;
}

void collect_side_text(const json::Element& element, std::string& out) {
  Collector collector(out, {});
  collector.element(element);
  collector.finish();
}

void collect_beside(const json::Object& object, std::initializer_list<std::string_view> native,
                    std::string& out) {
  Collector collector(out, kUnread);
  for (const auto& field : object) {
    if (!is_one_of({native.begin(), native.size()}, field.key)) {
      collector.member(field.key, field.value);
    }
  }
  collector.finish();
}

std::string side_text(std::string_view json) {
  std::string text;
  const auto parsed = json::thread_parser().parse_copy(json);
  if (parsed) collect_side_text(*parsed, text);
  return text;
}

std::string side_text_of_message(std::string_view json) {
  std::string text;
  const auto parsed = json::thread_parser().parse_copy(json);
  json::Object object;
  if (parsed && parsed->get(object) == simdjson::SUCCESS) collect_beside(object, {}, text);
  return text;
}

bool says_something(std::string_view name) {
  return !is_plain_word(name);
}

bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_text_type(std::string_view media_type) {
  constexpr std::string_view kText = "text/";
  constexpr std::string_view kOthers[] = {"application/json", "application/xml", "application/yaml",
                                          "application/javascript"};
  return media_type.empty() || same_letters(media_type.substr(0, kText.size()), kText) ||
         std::any_of(std::begin(kOthers), std::end(kOthers),
                     [&](std::string_view other) { return same_letters(media_type, other); });
}

SideEdit::SideEdit(std::string_view before, std::string_view after) {
  std::vector<std::string_view> old;
  each_line(before, [&old](std::string_view line) { old.push_back(line); });
  size_t i = 0;
  each_line(after, [&](std::string_view line) {
    if (i < old.size() && old[i] != line) lines_.emplace(old[i], line);
    ++i;
  });
  // Edits take text out and put placeholders and spaces in: as many lines are the same lines.
  possible_ = i == old.size();
}

bool SideEdit::write_to(std::string& json) const {
  std::string edited = json;
  if (!possible_ || !rewrite_json(edited)) return false;
  json = std::move(edited);
  return true;
}

bool SideEdit::write_to(Tool& tool) const {
  Tool edited = tool;
  rewrite_text(edited.description);
  if (!possible_ || changes(tool.name) || !rewrite_json(edited.parameters) ||
      !rewrite_json(edited.raw)) {
    return false;
  }
  tool = std::move(edited);
  return true;
}

bool SideEdit::write_to(ToolCall& call) const {
  return possible_ && !changes(call.name);
}

bool SideEdit::write_to(ResponseFormat& format) const {
  ResponseFormat edited = format;
  rewrite_text(edited.description);
  if (!possible_ || changes(format.name) || !rewrite_json(edited.schema)) return false;
  format = std::move(edited);
  return true;
}

bool SideEdit::changes(std::string_view name) const {
  bool found = false;
  each_line(name, [&](std::string_view line) { found = found || lines_.contains(line); });
  return found;
}

void SideEdit::rewrite_text(std::string& text) const {
  if (!changes(text)) return;
  std::string out;
  each_line(text, [&](std::string_view line) {
    const auto edit = lines_.find(line);
    out.append(edit == lines_.end() ? line : edit->second).push_back('\n');
  });
  out.pop_back();
  text = std::move(out);
}

bool SideEdit::rewrite_json(std::string& json) const {
  if (json.empty()) return true;
  const auto parsed = json::thread_parser().parse_copy(json);
  std::string out;
  if (!parsed || !write(*parsed, out)) return false;
  json = std::move(out);
  return true;
}

bool SideEdit::write(const json::Element& element, std::string& out) const {
  json::Array items;
  json::Object object;
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) {
    std::string edited(text);
    rewrite_text(edited);
    json::append_string(out, edited);
  } else if (element.get(items) == simdjson::SUCCESS) {
    ListWriter list(out, '[');
    for (const json::Element item : items) {
      if (!write(item, list.item())) return false;
    }
    list.close(']');
  } else if (element.get(object) == simdjson::SUCCESS) {
    ListWriter members(out, '{');
    for (const auto& field : object) {
      if (changes(field.key)) return false;
      json::append_string(members.item(), field.key);
      out.push_back(':');
      if (!write(field.value, out)) return false;
    }
    members.close('}');
  } else {
    const std::string written = json::raw(element);
    const auto edit = lines_.find(written);
    if (element.is_number() && edit != lines_.end()) {
      json::append_string(out, edit->second);
    } else {
      out += written;
    }
  }
  return true;
}

}  // namespace gatehouse::api
