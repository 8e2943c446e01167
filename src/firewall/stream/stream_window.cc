#include "firewall/stream/stream_window.h"

#include <algorithm>
#include <array>
#include <utility>

#include "firewall/pii/pii_detector.h"
#include "firewall/pii/placeholder.h"
#include "firewall/secrets/secret_detector.h"
#include "firewall/signatures/signature_set.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

// Bytes already shown that are kept: context words stand at most 64 bytes before a value, and a
// signature's beginning may have been shown.
constexpr size_t kLookBack = 256;
constexpr size_t kLongestMarkup = 384;
constexpr size_t kLongWord = 16;
constexpr size_t kCapitals = 4;

const PromptLeak& no_prompt() {
  static const PromptLeak leak{std::string_view()};
  return leak;
}
const CanaryMatcher& no_canary() {
  static const CanaryMatcher matcher{std::string_view()};
  return matcher;
}

// Bytes at the end that begin a code point but do not end it.
size_t unfinished_utf8(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t needs = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return needs > back ? back : 0;
  }
  return 0;
}

// Characters of which no finding but a leak, a canary or a spoken password consists.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 'a'; c <= 'z'; ++c) plain[c] = plain[c - 32] = true;
  for (const char c : {' ', '\n', ',', '.', '\'', '!', '?', ';', '-', '*', '#', '"'}) {
    plain[static_cast<unsigned char>(c)] = true;
  }
  return plain;
}();

// Found by cursors that see each byte once; they cannot be cut out of an answer.
bool is_whole(Category category) {
  return category == Category::system_prompt_leak || category == Category::canary ||
         category == Category::ungrounded;
}

}  // namespace

StreamWindow::StreamWindow(const OutputRules& rules)
    : rules_(rules),
      leak_cursor_(rules.leak != nullptr ? *rules.leak : no_prompt()),
      canary_cursor_(rules.canary != nullptr ? *rules.canary : no_canary()),
      support_cursor_(rules.sources) {
  if (!rules.json) return;
  json_.emplace(
      [](std::string_view rule, size_t, size_t, std::string& out) { append_label(rule, out); });
}

std::string_view StreamWindow::read(std::string_view text) {
  if (!json_) return text;
  read_.clear();
  json_->feed(text, read_);
  return read_;
}

/// Appends bytes of the buffer to what may be shown: all between the last that were and `to`.
void StreamWindow::show(size_t from, size_t to) {
  if (json_) {
    json_->show(base_ + to, out_);
  } else {
    out_.append(buffer_, from, to - from);
  }
}

/// Passes over bytes of the buffer up to `to`; `named`: with a placeholder in their place.
void StreamWindow::take_out(size_t to, std::string_view rule, bool named) {
  if (json_ && named) {
    json_->replace(base_ + to, rule, out_);
  } else if (json_) {
    json_->drop(base_ + to, rule, out_);
  } else if (named) {
    append_label(rule, out_);
  }
}

StreamWindow::Release StreamWindow::feed(std::string_view text) {
  out_.clear();
  settled_.clear();
  if (blocked_) return give();
  text = read(text);
  if (!swallowing_.empty()) {
    swallow(text);
    return give();
  }
  const size_t position = received();
  buffer_.append(text);
  watch(text, position, false);
  return evaluate(false);
}

StreamWindow::Release StreamWindow::finish() {
  out_.clear();
  settled_.clear();
  if (blocked_) return give();
  std::string rest;  // an escape that never ended
  if (json_) json_->finish(rest);
  if (!swallowing_.empty()) swallow(std::exchange(rest, {}));
  if (!swallowing_.empty()) {
    // Dropped to its end, should more of it come.
    settled_.push_back({Category::secret, swallowing_, static_cast<uint32_t>(swallow_begin_),
                        static_cast<uint32_t>(received()), 0.95F, "format"});
  } else {
    const size_t position = received();
    buffer_.append(rest);
    watch(rest, position, true);
    evaluate(true);
    word_cut_ = true;
  }
  if (json_ && !blocked_) json_->end(out_);
  return give();
}

StreamWindow::Release StreamWindow::pause() {
  out_.clear();
  settled_.clear();
  if (blocked_ || !swallowing_.empty()) return give();
  size_t hold = 0;
  detect(buffer_.size() - unfinished_utf8(buffer_), true, hold);
  settle(hold);
  word_cut_ = true;
  trim();
  return give();
}

StreamWindow::Release StreamWindow::give() {
  return {out_, settled_, blocked_};
}

// Leaks, canaries and sentences are followed on the text as it is, each byte once.
void StreamWindow::watch(std::string_view text, size_t position, bool last) {
  found_.clear();
  leak_hold_ = canary_hold_ = support_hold_ = position + text.size();
  if (rules_.leak != nullptr) {
    const PromptLeak::Step step = leak_cursor_.feed(text, position, last);
    leak_hold_ = step.hold_from;
    if (step.found) {
      found_.push_back({Category::system_prompt_leak, "leak.system-prompt",
                        static_cast<uint32_t>(step.begin), static_cast<uint32_t>(step.end), 0.95F,
                        step.evidence});
    }
  }
  if (rules_.canary != nullptr) {
    const CanaryMatcher::Cursor::Step step = canary_cursor_.feed(text, position);
    canary_hold_ = step.hold_from;
    if (step.found) {
      found_.push_back({Category::canary, "canary", static_cast<uint32_t>(step.begin),
                        static_cast<uint32_t>(step.end), 1.0F, "canary"});
    }
  }
  if (rules_.sources != nullptr) {
    const SupportCursor::Step step = support_cursor_.feed(text, position, last);
    if (rules_.hold_sentences) support_hold_ = step.hold_from;
    for (const SupportCursor::Unsupported& sentence : step.sentences) {
      found_.push_back({Category::ungrounded, kUngroundedRule,
                        static_cast<uint32_t>(sentence.begin), static_cast<uint32_t>(sentence.end),
                        sentence.score, "support"});
    }
  }
}

StreamWindow::Release StreamWindow::evaluate(bool last) {
  size_t hold = buffer_.size();  // in the buffer
  if (last || word_cut_ || !plain_tail(hold)) {
    word_cut_ = word_cut_ && find_either(buffer_, ' ', '\n', released_) == std::string::npos;
    const size_t end = buffer_.size() - (last ? 0 : unfinished_utf8(buffer_));
    hold = end;
    detect(end, last, hold);
    if (!swallowing_.empty() || blocked_) return give();
  }
  if (!last) {
    for (const size_t from : {leak_hold_, canary_hold_, support_hold_}) {
      hold = std::min(hold, std::max(from, base_) - base_);
    }
    // The bound counts for prompts as well: a run of so many words was found long before.
    const size_t floor = buffer_.size() > rules_.max_hold ? buffer_.size() - rules_.max_hold : 0;
    if (floor > hold) {
      hold = floor;
      // What is found as it stands is judged in whole, not cut by the bound.
      for (const Finding& finding : found_) {
        if (finding.begin < base_ + floor)
          hold = std::max(hold, std::min<size_t>(finding.end - base_, buffer_.size()));
      }
    }
    hold = std::max(hold, released_);
    while (hold > released_ && hold < buffer_.size() &&
           (static_cast<unsigned char>(buffer_[hold]) & 0xC0) == 0x80)
      --hold;
  }
  settle(hold);
  longest_hold_ = std::max(longest_hold_, held_back());
  trim();
  return give();
}

// Most of an answer is prose: if what is pending holds none of the characters that findings are
// made of, all but the word under way can go without a scan.
bool StreamWindow::plain_tail(size_t& hold) const {
  if (rules_.tagger != nullptr) return false;  // names consist of plain characters
  const std::string_view pending = std::string_view(buffer_).substr(released_);
  size_t run = 0;
  for (size_t i = 0; i < pending.size(); ++i) {
    run = pending[i] == ' ' || pending[i] == '\n' ? 0 : run + 1;
    if (run >= kLongWord) return false;  // a token may consist of letters alone
    if (!kPlain[static_cast<unsigned char>(pending[i])]) return false;
    if (pending[i] == '.' && i + 1 < pending.size() && is_ascii_alnum(pending[i + 1])) return false;
    if (pending[i] == '-' && i + 1 < pending.size() && pending[i + 1] == '-') return false;
  }
  // What stands before may make a value of a plain word ("password: …", "0x…" cut by a chunk).
  const size_t from = released_ > 24 ? released_ - 24 : 0;
  for (size_t i = from; i < released_; ++i) {
    const char c = buffer_[i];
    if (c == ':' || c == '=' || c == '|') return false;
  }
  if (buffer_.find("ass", from) != std::string::npos ||
      buffer_.find("pwd", from) != std::string::npos ||
      buffer_.find("ASS", from) != std::string::npos ||
      buffer_.find("PWD", from) != std::string::npos ||
      buffer_.find("_p", from) != std::string::npos) {
    return false;
  }
  size_t word = buffer_.size();
  while (word > released_ && static_cast<unsigned char>(buffer_[word - 1]) > ' ') --word;
  // A short group of capitals may begin a number: "AB 12 34 56 C".
  size_t capitals = word;
  if (capitals > released_ && buffer_[capitals - 1] == ' ') --capitals;
  const size_t end = capitals;
  while (capitals > released_ && buffer_[capitals - 1] >= 'A' && buffer_[capitals - 1] <= 'Z')
    --capitals;
  const size_t letters = end - capitals;
  hold = letters > 0 && letters <= kCapitals ? capitals : word;
  return true;
}

void StreamWindow::detect(size_t end, bool last, size_t& hold) {
  clean_text(std::string_view(buffer_).substr(0, end), view_);
  const std::string_view clean = view_.clean;
  const size_t first = found_.size();  // what `watch` found has offsets in the answer
  const auto to_answer = [&](size_t from) {
    for (size_t i = from; i < found_.size(); ++i) {
      found_[i].begin = static_cast<uint32_t>(base_ + view_.map.to_original(found_[i].begin));
      found_[i].end = static_cast<uint32_t>(base_ + view_.map.to_original(found_[i].end));
    }
  };
  if (rules_.pii) {
    if (last) {
      PiiDetector::scan(clean, found_);
    } else {
      hold = std::min<size_t>(
          hold,
          view_.map.to_original(static_cast<uint32_t>(PiiDetector::scan_growing(clean, found_))));
    }
    to_answer(first);
  }
  if (rules_.tagger != nullptr) {
    const size_t from = found_.size();
    if (last) {
      rules_.tagger->scan(clean, rules_.tags, found_);
    } else {
      const size_t open = rules_.tagger->scan_growing(clean, rules_.tags, found_);
      hold = std::min<size_t>(hold, view_.map.to_original(static_cast<uint32_t>(open)));
    }
    to_answer(from);
  }
  const size_t secrets_from = found_.size();
  if (rules_.secrets) {
    const SecretDetector& detector = SecretDetector::standard();
    if (last) {
      detector.scan(clean, found_);
    } else {
      SecretDetector::Tail tail;
      detector.scan(clean, found_, tail);
      const size_t open =
          view_.map.to_original(static_cast<uint32_t>(std::min(tail.hold_from, clean.size())));
      hold = std::min(hold, open);
      // A key or an address under way that has grown so long is one; its rest is not shown either,
      // nor is it where a border or a pause let its beginning through.
      if (tail.open_from != clean.npos && end - std::max(open, released_) > rules_.max_hold / 2) {
        to_answer(secrets_from);
        settle(open);
        if (!blocked_) begin_swallow(tail.open_rule, base_ + open);
        return;
      }
    }
    to_answer(secrets_from);
  }
  if (rules_.signatures) {
    const size_t from = found_.size();
    const size_t skip = signature_floor_ > base_ ? signature_floor_ - base_ : 0;
    size_t view_skip = 0;
    if (skip > 0) {
      // The floor lies in the buffer; the view's offset is at most as large where text was folded.
      view_skip = view_.map.identity() ? std::min(skip, clean.size()) : 0;
      while (view_skip < clean.size() &&
             view_.map.to_original(static_cast<uint32_t>(view_skip)) < skip)
        ++view_skip;
    }
    SignatureSet::standard().scan(std::string_view(view_.canonical).substr(view_skip),
                                  Source::assistant, Direction::output, "signature", found_);
    for (size_t i = from; i < found_.size(); ++i) {
      found_[i].begin += static_cast<uint32_t>(view_skip);
      found_[i].end += static_cast<uint32_t>(view_skip);
    }
    to_answer(from);
    if (!last) hold = std::min(hold, markup_hold(end));
  }
  if (last) {
    hold = end;
    return;
  }
  // A finding that the hold would cut is not settled.
  for (const Finding& finding : found_) {
    const size_t begin = finding.begin - std::min<size_t>(base_, finding.begin);
    if (finding.end > base_ + hold) hold = std::min(hold, begin);
  }
}

// An image or an element that has begun and not ended may carry data out.
size_t StreamWindow::markup_hold(size_t end) const {
  const std::string_view text = std::string_view(buffer_).substr(0, end);
  const size_t from = std::max(released_, end > kLongestMarkup ? end - kLongestMarkup : 0);
  size_t hold = end;
  const size_t image = text.rfind("![");
  if (image != text.npos && image >= from && text.find(')', image) == text.npos) hold = image;
  if (end > from && text.back() == '!') hold = std::min(hold, end - 1);
  const size_t element = text.rfind('<');
  if (element != text.npos && element >= from && text.find('>', element) == text.npos &&
      (element + 1 == end || is_ascii_letter(text[element + 1]))) {
    hold = std::min(hold, element);
  }
  const size_t link = text.rfind("](");
  if (link != text.npos && link >= from && text.find(')', link) == text.npos)
    hold = std::min(hold, link);
  return hold;
}

// Acts on what was found up to `hold` (in the buffer) and appends what may be shown.
void StreamWindow::settle(size_t hold) {
  settle_overlaps(found_);
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
  size_t shown = released_;
  for (const Finding& finding : found_) {
    const bool whole = is_whole(finding.category);
    if (!whole && (finding.end <= base_ + released_ || finding.end > base_ + hold)) continue;
    act(finding, shown);
    if (blocked_) break;
  }
  if (!blocked_ && shown < hold) {
    show(shown, hold);
    shown = hold;
  }
  released_ = std::max({released_, shown, blocked_ ? buffer_.size() : hold});
  found_.clear();
}

void StreamWindow::act(const Finding& finding, size_t& shown) {
  settled_.push_back(finding);
  if (finding.category != Category::pii && finding.category != Category::secret) {
    signature_floor_ = std::max<size_t>(signature_floor_, finding.end);
  }
  const Action action = rules_.decide ? rules_.decide(finding) : Action::allow;
  const bool whole = is_whole(finding.category);
  const size_t begin = std::max(shown, finding.begin - std::min<size_t>(finding.begin, base_));
  if (action >= Action::ask || (whole && action >= Action::redact)) {
    show(shown, begin);
    shown = begin;
    blocked_ = true;
  } else if (action == Action::redact || action == Action::rewrite) {
    const size_t end = finding.end - base_;
    if (end <= shown) return;
    show(shown, begin);
    // What overlaps a piece just taken out is taken out with it.
    const bool overlaps = base_ + shown == redacted_to_ && finding.begin < redacted_to_;
    take_out(end, finding.rule, !overlaps);
    redacted_to_ = finding.end;
    shown = end;
  }
}

void StreamWindow::trim() {
  if (released_ <= kLookBack + kLookBack / 2)
    return;  // moved in larger steps, so that each byte moves rarely
  const size_t drop = released_ - kLookBack;
  buffer_.erase(0, drop);
  base_ += drop;
  released_ -= drop;
}

}  // namespace gatehouse::firewall
