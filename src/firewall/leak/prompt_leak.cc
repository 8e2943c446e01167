#include "firewall/leak/prompt_leak.h"

#include <algorithm>

#include "core/percent.h"
#include "firewall/kept_by_text.h"
#include "firewall/text/encoded.h"
#include "firewall/text/substitution.h"

namespace gatehouse::firewall {
namespace {

constexpr std::array<std::string_view, 3> kFormNames = {"shingles", "rot13", "reversed"};
constexpr std::array<std::string_view, 2> kEncodingNames = {"decoded:base64", "decoded:hex"};

/// Shorter runs of an alphabet's characters are words; none of them holds three words of a prompt.
constexpr size_t kShortestRun = 20;

PromptLeak::Alphabet alphabet_of(int (*value)(char)) {
  PromptLeak::Alphabet alphabet{};
  for (size_t c = 0; c < alphabet.size(); ++c) {
    alphabet[c] = static_cast<int8_t>(value(static_cast<char>(c)));
  }
  return alphabet;
}
LeakIndex index_of(std::string_view prompt) {
  std::string rotated, reversed;
  append_rot13(prompt, rotated);
  append_reversed(prompt, reversed);
  return LeakIndex(std::array<std::string_view, kFormNames.size()>{prompt, rotated, reversed});
}

const PromptLeak::Alphabet kBase64 = alphabet_of(base64_value);
const PromptLeak::Alphabet kHex = alphabet_of(hex_value);

}  // namespace

PromptLeak::PromptLeak(std::string_view system_prompt) : index_(index_of(system_prompt)) {}

std::shared_ptr<const PromptLeak> PromptLeak::of(std::string_view system_prompt) {
  static thread_local KeptByText<const PromptLeak> kept;
  return kept.of(system_prompt);
}

LeakIndex::Cursor::Step PromptLeak::Decoder::feed(std::string_view text, size_t position,
                                                  bool last) {
  LeakIndex::Cursor::Step step;
  for (size_t i = 0; i < text.size(); ++i) {
    if (length_ == 0) {
      // Most runs are words, too short to say anything: they are passed over, not decoded.
      size_t end = i;
      while (end < text.size() && value(text[end]) >= 0) ++end;
      if (end < text.size() && end - i < kShortestRun) {
        i = end;
        continue;
      }
    }
    const int digit = value(text[i]);
    if (digit < 0) {
      const bool folded = (text[i] == '\n' || text[i] == '\r') && length_ >= kShortestRun;
      if (!folded && length_ > 0) end_run(step);
      continue;
    }
    if (length_++ == 0) begin_ = position + i;
    held_ = held_ << bits_ | static_cast<unsigned>(digit);
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

PromptLeak::Cursor::Cursor(const PromptLeak& leak)
    : words_(leak.index_),
      decoders_{Decoder(leak.index_, kBase64, 6), Decoder(leak.index_, kHex, 4)} {}

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
  const LeakIndex::Cursor::Step step = words_.feed(text, position, last);
  add(step, kFormNames[step.form]);
  for (size_t i = 0; i < decoders_.size(); ++i) {
    add(decoders_[i].feed(text, position, last), kEncodingNames[i]);
  }
  return first;
}

}  // namespace gatehouse::firewall
