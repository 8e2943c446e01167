#include "firewall/answer/repetition.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

/// What stands twice within the longest period to be taken for the beginning of a run.
constexpr size_t kProbe = 16;
/// Places of the probe that are tried: tables and code repeat their beginnings.
constexpr int kTries = 16;
/// Shorter sentences and lines ("}", "Yes.") are repeated by everybody.
constexpr size_t kShortestSentence = 20;

// How much has to be repeated for a score of a half. Matrices of zeros and rules of dashes are long
// by nature, laughter and fillings are long for fun, refrains come a few times in a row.
constexpr size_t kEnough = 1024;
constexpr size_t kEnoughTimes = 4;
constexpr size_t kEnoughBlank = 2048;
constexpr size_t kEnoughFewLetters = 8 * 1024;
constexpr size_t kEnoughSigns = 64 * 1024;
constexpr size_t kEnoughSentences = 2048;
constexpr size_t kFewLetters = 6;

bool is_letter(char c) {
  return is_ascii_letter(c) || static_cast<signed char>(c) < 0;
}
size_t different_letters(std::string_view text) {
  std::array<bool, 256> seen{};
  size_t letters = 0;
  for (const char c : text) {
    bool& known = seen[static_cast<unsigned char>(c)];
    if (is_letter(c) && !known) ++letters;
    known = true;
  }
  return letters;
}
constexpr std::array<bool, 256> kEndsSentence = [] {
  std::array<bool, 256> ends{};
  for (const char c : {'\n', '.', '!', '?'}) ends[static_cast<unsigned char>(c)] = true;
  return ends;
}();

}  // namespace

const Repetition::Found& Repetition::feed(std::string_view text) {
  while (!text.empty()) {
    if (size_ + kStep > buffer_.size()) {
      const size_t gone = size_ - kKept;
      std::memmove(buffer_.data(), buffer_.data() + gone, kKept);
      size_ = kKept;
      base_ += gone;
      sentence_ -= std::min(sentence_, gone);
    }
    const size_t taken = std::min(text.size(), kStep - unlooked_);
    std::memcpy(buffer_.data() + size_, text.data(), taken);
    size_ += taken;
    unlooked_ += taken;
    text.remove_prefix(taken);
    if (unlooked_ == kStep) look();
  }
  return found_;
}

void Repetition::look() {
  follow();
  read_sentences();
  unlooked_ = 0;
}

/// Whether the run under way goes on; else whether another has begun.
void Repetition::follow() {
  if (period_ != 0) {
    const char* fresh = buffer_.data() + size_ - unlooked_;
    if (std::memcmp(fresh, fresh - period_, unlooked_) == 0) {
      run_ += unlooked_;
      found(run_, enough_, "runaway.period");
      return;
    }
    period_ = 0;
  }
  search();
}

/// The last bytes stand shortly before, too: at the distance where most before them does so.
void Repetition::search() {
  if (size_ < 2 * kProbe) return;
  const std::string_view probe = last(kProbe);
  const char* const begin = buffer_.data() + size_ - std::min(size_, kProbe + kLongestPeriod);
  const char* const end = probe.data() + kProbe - 1;  // before the probe itself
  const char* at = begin;
  for (int tries = 0; tries < kTries; ++tries) {
    at = static_cast<const char*>(memmem(at, static_cast<size_t>(end - at), probe.data(), kProbe));
    if (at == nullptr) break;
    const auto distance = static_cast<size_t>(probe.data() - at);
    const size_t run = run_at(distance);
    // Of equals the nearest: a multiple of a period is one, too.
    if (period_ == 0 || run + distance >= run_ + period_) {
      period_ = distance;
      run_ = run;
    }
    ++at;
  }
  if (period_ == 0) return;
  enough_ = enough(period_);
  found(run_, enough_, "runaway.period");
}

size_t Repetition::run_at(size_t distance) const {
  const char* const first = buffer_.data() + distance;
  const char* at = buffer_.data() + size_;
  while (at > first && at[-1] == at[-1 - static_cast<std::ptrdiff_t>(distance)]) --at;
  return static_cast<size_t>(buffer_.data() + size_ - at);
}

size_t Repetition::enough(size_t period) const {
  const std::string_view text = last(period);
  if (std::all_of(text.begin(), text.end(), is_ascii_space)) return kEnoughBlank;
  const size_t letters = different_letters(text);
  if (letters == 0) return kEnoughSigns;
  if (letters < kFewLetters) return kEnoughFewLetters;
  return std::max(kEnough, kEnoughTimes * period);
}

void Repetition::read_sentences() {
  for (size_t i = size_ - unlooked_; i < size_; ++i) {
    // One without an end is cut where the buffer could no longer hold it.
    if (!kEndsSentence[static_cast<unsigned char>(buffer_[i])] && i - sentence_ < kLongestPeriod)
      continue;
    std::string_view sentence(buffer_.data() + sentence_, i + 1 - sentence_);
    while (!sentence.empty() && is_ascii_space(sentence.front())) sentence.remove_prefix(1);
    while (!sentence.empty() && is_ascii_space(sentence.back())) sentence.remove_suffix(1);
    sentence_ = i + 1;
    if (sentence.size() >= kShortestSentence) end_sentence(sentence);
  }
}

void Repetition::end_sentence(std::string_view sentence) {
  const uint64_t hash = std::hash<std::string_view>{}(sentence);
  Sentence* const end = said_.data() + said_.size();
  Sentence* known =
      std::find_if(said_.data(), end, [hash](const Sentence& other) { return other.hash == hash; });
  if (known == end) {
    if (different_letters(sentence) < kFewLetters) return;  // a matrix's row, a rule
    said_[next_said_] = {hash, 0};
    next_said_ = (next_said_ + 1) % kSentences;
    again_ = distinct_ = 0;
    return;
  }
  if (again_ == 0) {
    ++runs_;
    again_from_ = base_ + sentence_ - sentence.size();
  }
  again_ += sentence.size();
  if (known->counted_in != runs_) distinct_ += sentence.size();
  known->counted_in = runs_;
  found(again_, std::max(kEnoughSentences, kEnoughTimes * distinct_), "runaway.sentences");
}

void Repetition::found(size_t run, size_t enough, std::string_view rule) {
  const float score = static_cast<float>(run) / static_cast<float>(run + enough);
  if (score <= found_.score) return;
  const size_t end = base_ + size_;
  const bool sentences = rule == "runaway.sentences";
  found_ = {score, sentences ? again_from_ : end - std::min(end, run), end, rule};
}

}  // namespace gatehouse::firewall
