#include "inference/local/tool_reader.h"

#include <algorithm>

#include "core/json.h"
#include "inference/local/constraint.h"

namespace gatehouse::inference::local {
namespace {

constexpr size_t kMaxHeadBytes = 4096;  // of {"name": …, "arguments":

size_t skip_blanks(std::string_view text, size_t at) {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r')) {
    ++at;
  }
  return at;
}

// Reads `"key" :` at `at`; npos if it is not there (yet).
size_t skip_key(std::string_view text, size_t at, std::string_view key) {
  at = skip_blanks(text, at);
  const std::string quoted = "\"" + std::string(key) + "\"";
  if (text.substr(at, quoted.size()) != quoted) return std::string_view::npos;
  at = skip_blanks(text, at + quoted.size());
  if (at >= text.size() || text[at] != ':') return std::string_view::npos;
  return skip_blanks(text, at + 1);
}

// The end of the JSON string that begins at `at`, past its quote; npos if it is not there.
size_t string_end(std::string_view text, size_t at) {
  if (at >= text.size() || text[at] != '"') return std::string_view::npos;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string unquote(std::string_view quoted) {
  std::string document = "[" + std::string(quoted) + "]";
  const auto parsed = json::thread_parser().parse(document);
  std::string_view value;
  if (!parsed || parsed->at(0).get(value) != simdjson::SUCCESS) return {};
  return std::string(value);
}

}  // namespace

bool ToolReader::blank(std::string_view text) {
  return skip_blanks(text, 0) == text.size();
}

void ToolReader::add(std::string_view text, api::ChoiceDelta& delta) {
  buffer_.append(text);
  for (bool more = true; more && !buffer_.empty();) {
    switch (state_) {
      case State::text:
        more = step_text(delta);
        break;
      case State::head:
        more = step_head(delta);
        break;
      case State::arguments:
        more = step_arguments(delta);
        break;
      case State::tail:
        more = step_tail();
        break;
    }
  }
}

bool ToolReader::step_text(api::ChoiceDelta& delta) {
  const size_t at = buffer_.find(kCallBegin);
  if (at != std::string::npos) {
    // Line breaks between the words and the call, or between two calls, belong to neither.
    std::string_view words = std::string_view(buffer_).substr(0, at);
    while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.remove_suffix(1);
    delta.text.append(words);
    buffer_.erase(0, at + kCallBegin.size());
    state_ = State::head;
    return true;
  }
  size_t keep = std::min(buffer_.size(), kCallBegin.size() - 1);
  while (keep > 0 &&
         std::string_view(buffer_).substr(buffer_.size() - keep) != kCallBegin.substr(0, keep)) {
    --keep;
  }
  // Line breaks are held back too: before a call, and between calls, they are not text.
  while (keep < buffer_.size() && (buffer_[buffer_.size() - keep - 1] == '\n' ||
                                   buffer_[buffer_.size() - keep - 1] == ' ')) {
    ++keep;
  }
  if (next_index_ > 0 && blank(std::string_view(buffer_).substr(0, buffer_.size() - keep))) {
    return false;
  }
  delta.text.append(buffer_, 0, buffer_.size() - keep);
  buffer_.erase(0, buffer_.size() - keep);
  return false;
}

bool ToolReader::step_head(api::ChoiceDelta& delta) {
  const std::string_view text = buffer_;
  size_t at = skip_blanks(text, 0);
  if (at < text.size() && text[at] == '{') {
    at = skip_key(text, at + 1, "name");
    const size_t end = at == std::string_view::npos ? at : string_end(text, at);
    if (end != std::string_view::npos) {
      const std::string_view name = text.substr(at, end - at);
      at = skip_blanks(text, end);
      if (at < text.size() && text[at] == ',') at = skip_key(text, at + 1, "arguments");
      if (at != std::string_view::npos && at < text.size() && text[at] == '{') {
        api::ToolCallDelta& call = delta.tool_calls.emplace_back();
        call.index = next_index_++;
        call.id = make_id_();
        call.name = unquote(name);
        buffer_.erase(0, at);
        depth_ = 0;
        in_string_ = escaped_ = began_ = false;
        state_ = State::arguments;
        return true;
      }
    }
  }
  if (buffer_.size() > kMaxHeadBytes) {
    // Whatever this is, it is no call: it is shown as it was written.
    delta.text.append(kCallBegin).append(buffer_);
    buffer_.clear();
    state_ = State::text;
  }
  return false;
}

bool ToolReader::step_arguments(api::ChoiceDelta& delta) {
  size_t i = 0;
  for (; i < buffer_.size(); ++i) {
    const char c = buffer_[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') {
      ++depth_;
      began_ = true;
    }
    if (c == '}' || c == ']') --depth_;
    if (began_ && depth_ <= 0) {
      ++i;
      state_ = State::tail;
      break;
    }
  }
  const int index = next_index_ - 1;
  if (delta.tool_calls.empty() || delta.tool_calls.back().index != index) {
    delta.tool_calls.emplace_back().index = index;
  }
  delta.tool_calls.back().arguments.append(buffer_, 0, i);
  buffer_.erase(0, i);
  return state_ == State::tail;
}

bool ToolReader::step_tail() {
  const size_t at = buffer_.find(kCallEnd);
  if (at == std::string::npos) {
    // Nothing of the tail is shown; keep only what may be the beginning of its end.
    if (buffer_.size() > 2 * kCallEnd.size()) buffer_.erase(0, buffer_.size() - kCallEnd.size());
    return false;
  }
  buffer_.erase(0, at + kCallEnd.size());
  state_ = State::text;
  return true;
}

void ToolReader::finish(api::ChoiceDelta& delta) {
  if (state_ == State::text && !(next_index_ > 0 && blank(buffer_))) delta.text.append(buffer_);
  if (state_ == State::head) delta.text.append(kCallBegin).append(buffer_);
  buffer_.clear();
  state_ = State::text;
}

}  // namespace gatehouse::inference::local
