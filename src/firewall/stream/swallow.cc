// The part of the window that drops the rest of a long secret.
#include <algorithm>

#include "firewall/stream/stream_window.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kClosingLine = 64;  // bytes kept to recognise "-----END … KEY-----"

bool is_key_byte(char c) {
  return is_ascii_alnum(c) || c == '+' || c == '/' || c == '=' || c == ' ' || c == '\n' ||
         c == '\r' || c == '\t' || c == '\\' || c == ':' || c == ',' || c == '-';
}

bool ends_token(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' ||
         c == '>';
}

}  // namespace

void StreamWindow::begin_swallow(std::string_view rule, size_t begin) {
  const Finding finding{Category::secret,
                        rule,
                        static_cast<uint32_t>(begin),
                        static_cast<uint32_t>(received()),
                        0.95F,
                        "format"};
  const Action action = rules_.decide ? rules_.decide(finding) : Action::allow;
  if (action < Action::rewrite) {
    // Only told, not hidden: let it go.
    settled_.push_back(finding);
    show(released_, buffer_.size());
    released_ = buffer_.size();
    trim();
    return;
  }
  if (action >= Action::ask) {
    settled_.push_back(finding);
    blocked_ = true;
    released_ = buffer_.size();
    return;
  }
  const bool told = base_ + released_ == redacted_to_ && begin < redacted_to_;
  take_out(buffer_.size(), rule, !told);
  swallowing_ = rule;
  swallow_begin_ = begin;
  swallow_tail_ = buffer_.substr(buffer_.size() - std::min(buffer_.size(), kClosingLine));
  released_ = buffer_.size();
  trim();
}

// Drops the rest of a long secret; what follows it is an answer again.
void StreamWindow::swallow(std::string_view text) {
  const bool key = swallowing_ == "secret.private-key";
  size_t end = text.npos;
  if (key) {
    const size_t before = swallow_tail_.size();
    swallow_tail_.append(text);
    const size_t closing = swallow_tail_.find("-----END ");
    const size_t dashes =
        closing == std::string::npos ? closing : swallow_tail_.find("-----", closing + 9);
    if (dashes != std::string::npos) {
      end = dashes + 5 > before ? dashes + 5 - before : 0;
    } else {
      for (size_t i = 0; i < text.size() && end == text.npos; ++i) {
        if (!is_key_byte(text[i])) end = i;
      }
    }
    if (swallow_tail_.size() > kClosingLine)
      swallow_tail_.erase(0, swallow_tail_.size() - kClosingLine);
  } else {
    for (size_t i = 0; i < text.size() && end == text.npos; ++i) {
      if (ends_token(text[i])) end = i;
    }
  }
  const size_t dropped = std::min(end, text.size());
  base_ += buffer_.size() + dropped;
  buffer_.clear();
  take_out(0, swallowing_, false);
  released_ = 0;
  leak_hold_ = canary_hold_ = support_hold_ = base_;
  if (end == text.npos) return;
  settled_.push_back({Category::secret, swallowing_, static_cast<uint32_t>(swallow_begin_),
                      static_cast<uint32_t>(base_), 0.95F, "format"});
  swallowing_ = {};
  if (dropped == text.size()) return;
  const std::string rest(text.substr(dropped));
  const size_t position = received();
  buffer_.append(rest);
  watch(rest, position, false);
  evaluate(false);
}

}  // namespace gatehouse::firewall
