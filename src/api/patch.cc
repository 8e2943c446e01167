#include <algorithm>
#include <array>

#include "api/upstream.h"
#include "core/json.h"
#include "core/letters.h"

// Replacing top-level values of a JSON object in place. The text was validated by a parser before,
// so that this only has to find where values begin and end; it stays within the text whatever it is
// given.
namespace gatehouse::api {
namespace {

constexpr size_t kNone = std::string_view::npos;

struct Span {
  size_t begin = 0;
  size_t end = 0;
};

size_t skip_space(std::string_view text, size_t at) {
  while (at < text.size() && is_ascii_space(text[at])) ++at;
  return at;
}

/// From a string's opening quote to behind its closing one.
size_t skip_string(std::string_view text, size_t at) {
  for (size_t quote = text.find('"', at + 1); quote != kNone; quote = text.find('"', quote + 1)) {
    size_t slashes = 0;
    while (text[quote - 1 - slashes] == '\\') ++slashes;  // ends at the opening quote at the latest
    if (slashes % 2 == 0) return quote + 1;
  }
  return kNone;
}

size_t skip_value(std::string_view text, size_t at) {
  if (at >= text.size()) return kNone;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const size_t end = text.find_first_of(",}] \t\r\n", at);
    return end == kNone ? text.size() : end;
  }
  size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = skip_string(text, at);
        if (at == kNone) return kNone;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      default:
        break;
    }
    ++at;
  }
  return kNone;
}

/// Walks the members of the object that begins at `at`, calling `member(name, value)`. Returns
/// where its closing brace is, or `kNone` if a name is written with escapes or the text is not an
/// object.
template <typename F>
size_t walk(std::string_view text, size_t at, F&& member) {
  if (at >= text.size() || text[at] != '{') return kNone;
  at = skip_space(text, at + 1);
  while (at < text.size() && text[at] != '}') {
    if (text[at] != '"') return kNone;
    const size_t end = skip_string(text, at);
    if (end == kNone) return kNone;
    const std::string_view name = text.substr(at + 1, end - at - 2);
    if (name.find('\\') != kNone) return kNone;
    at = skip_space(text, end);
    if (at >= text.size() || text[at] != ':') return kNone;
    Span value;
    value.begin = skip_space(text, at + 1);
    value.end = skip_value(text, value.begin);
    if (value.end == kNone) return kNone;
    member(name, value);
    at = skip_space(text, value.end);
    if (at < text.size() && text[at] == ',') at = skip_space(text, at + 1);
  }
  return at < text.size() ? at : kNone;
}

struct Edit {
  Span span;
  std::string text;
};

constexpr std::string_view kUsageOption = R"({"include_usage":true})";

/// What sets include_usage in the value of `stream_options`; false if it cannot be told.
bool usage_edit(std::string_view body, Span options, Edit& edit) {
  if (body[options.begin] != '{') {
    edit = {options, std::string(kUsageOption)};
    return true;
  }
  std::optional<Span> current;
  bool empty = true;
  const size_t close = walk(body, options.begin, [&](std::string_view name, Span value) {
    empty = false;
    if (name == "include_usage") current = value;
  });
  if (close == kNone) return false;
  if (current) {
    edit = {*current, "true"};
  } else {
    edit = {{close, close}, empty ? R"("include_usage":true)" : R"(,"include_usage":true)"};
  }
  return true;
}

/// What sets the maximum; `current` is a null that the client sent.
Edit cap_edit(OutputCap cap, std::optional<Span> current, size_t close) {
  const std::string tokens = std::to_string(cap.tokens);
  if (current) return {*current, tokens};
  return {{close, close}, ",\"" + std::string(cap.name) + "\":" + tokens};
}

}  // namespace

std::optional<std::string> patch_body(std::string_view body, std::string_view model,
                                      bool force_usage, OutputCap cap) {
  std::optional<Span> model_value;
  std::optional<Span> options_value;
  std::optional<Span> cap_value;
  const size_t close = walk(body, skip_space(body, 0), [&](std::string_view name, Span value) {
    if (name == "model") model_value = value;
    if (name == "stream_options") options_value = value;
    if (!cap.name.empty() && name == cap.name) cap_value = value;
  });
  if (close == kNone || !model_value) return std::nullopt;

  std::array<Edit, 3> edits;
  size_t count = 1;
  edits[0].span = *model_value;
  json::append_string(edits[0].text, model);
  if (force_usage) {
    if (!options_value) {
      edits[count++] = {{close, close}, ",\"stream_options\":" + std::string(kUsageOption)};
    } else if (!usage_edit(body, *options_value, edits[count++])) {
      return std::nullopt;
    }
  }
  if (!cap.name.empty()) edits[count++] = cap_edit(cap, cap_value, close);
  const auto first = edits.begin();
  std::sort(first, first + static_cast<std::ptrdiff_t>(count),
            [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });

  size_t added = 0;
  for (const Edit& edit : edits) added += edit.text.size();
  std::string out;
  out.reserve(body.size() + added);
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    out.append(body, at, edits[i].span.begin - at).append(edits[i].text);
    at = edits[i].span.end;
  }
  out.append(body, at);
  return out;
}

}  // namespace gatehouse::api
