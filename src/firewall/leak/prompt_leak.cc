#include "firewall/leak/prompt_leak.h"

#include <algorithm>

#include "firewall/text/encoded.h"
#include "firewall/text/undo.h"

namespace gatehouse::firewall {
namespace {

constexpr std::array<std::string_view, 3> kFormNames = {"shingles", "rot13", "reversed"};
constexpr std::array<std::string_view, 2> kEncodingNames = {"decoded:base64", "decoded:hex"};

/// Shorter runs of an alphabet's characters are words; none of them holds three words of a prompt.
constexpr size_t kShortestRun = 20;

using Turn = void (*)(std::string_view text, std::string& out);
LeakIndex turned(std::string_view text, Turn turn) {
  std::string out;
  turn(text, out);
  return LeakIndex(out);
}

}  // namespace

PromptLeak::PromptLeak(std::string_view system_prompt)
    : forms_{LeakIndex(system_prompt), turned(system_prompt, append_rot13),
             turned(system_prompt, append_reversed)} {}

LeakIndex::Cursor::Step PromptLeak::Decoder::feed(std::string_view text, size_t position,
                                                  bool last) {
  LeakIndex::Cursor::Step step;
  for (size_t i = 0; i < text.size(); ++i) {
    const int value = value_(text[i]);
    if (value < 0) {
      const bool folded = (text[i] == '\n' || text[i] == '\r') && length_ >= kShortestRun;
      if (!folded && length_ > 0) end_run(step);
      continue;
    }
    if (length_++ == 0) begin_ = position + i;
    held_ = held_ << bits_ | static_cast<unsigned>(value);
    held_bits_ += bits_;
    if (held_bits_ < 8) continue;
    held_bits_ -= 8;
    decoded_.push_back(static_cast<char>(held_ >> held_bits_ & 0xFF));
  }
  if (length_ >= kShortestRun) follow(false, step);
  if (last && length_ > 0) end_run(step);
  step.hold_from = position + text.size();
  if (length_ > 0) {
    step.hold_from = std::min(step.hold_from, length_ < kShortestRun ? begin_ : hold_from_);
  }
  return step;
}

void PromptLeak::Decoder::follow(bool last, LeakIndex::Cursor::Step& step) {
  const LeakIndex::Cursor::Step got = cursor_.feed(decoded_, followed_, last);
  followed_ += decoded_.size();
  decoded_.clear();
  // A hold behind what was decoded is none: the characters of a byte under way may go.
  hold_from_ = got.hold_from == followed_ ? std::string::npos : place(got.hold_from);
  if (!got.found || step.found) return;
  step.found = true;
  step.begin = place(got.begin);
  step.end = place(got.end);
}

void PromptLeak::Decoder::end_run(LeakIndex::Cursor::Step& step) {
  if (length_ >= kShortestRun) {
    follow(true, step);
    cursor_ = LeakIndex::Cursor(*index_);
  }
  decoded_.clear();
  length_ = followed_ = 0;
  held_ = held_bits_ = 0;
}

PromptLeak::Cursor::Cursor(const PromptLeak& leak) {
  if (leak.empty()) return;
  for (const LeakIndex& form : leak.forms_) forms_.emplace_back(form);
  decoders_.emplace_back(leak.forms_.front(), base64_value, 6);
  decoders_.emplace_back(leak.forms_.front(), hex_value, 4);
}

PromptLeak::Step PromptLeak::Cursor::feed(std::string_view text, size_t position, bool last) {
  Step first;
  first.hold_from = position + text.size();
  const auto add = [&first](const LeakIndex::Cursor::Step& step, std::string_view evidence) {
    first.hold_from = std::min(first.hold_from, step.hold_from);
    if (!step.found || (first.found && first.begin <= step.begin)) return;
    first.found = true;
    first.begin = step.begin;
    first.end = step.end;
    first.evidence = evidence;
  };
  for (size_t i = 0; i < forms_.size(); ++i) {
    add(forms_[i].feed(text, position, last), kFormNames[i]);
  }
  for (size_t i = 0; i < decoders_.size(); ++i) {
    add(decoders_[i].feed(text, position, last), kEncodingNames[i]);
  }
  return first;
}

}  // namespace gatehouse::firewall
