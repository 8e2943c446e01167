#include "firewall/leak/leak_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr uint64_t kSeed = 0xcbf29ce484222325ULL;  // FNV-1a
// Places of one pair of words that are followed: "you are" may stand hundreds of times in a prompt,
// and following all of them in each answer would cost more than it finds.
constexpr size_t kMostPlaces = 64;
constexpr size_t kMostCandidates = 128;
// Words of a run that may be shown: two words in a row are shared by any two texts.
constexpr size_t kFreeWords = 2;

constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
// Stands for no word, so that no run goes on from one form into the next.
constexpr uint64_t kBetweenForms = 0;
constexpr size_t kBitsPerPair = 16;

uint64_t mix(uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(ascii_lower(c))) * 0x100000001b3ULL;
}
uint64_t pair_of(uint64_t first, uint64_t second) {
  return first * kOdd ^ second;
}

}  // namespace

LeakIndex::LeakIndex(std::span<const std::string_view> forms, const Options& options)
    : options_(options) {
  for (const std::string_view form : forms) {
    add_form(form);
    if (empty()) return;
  }
  build_filter();
}

void LeakIndex::add_form(std::string_view text) {
  if (!forms_.empty()) words_.push_back(kBetweenForms);
  const size_t begin = words_.size();
  forms_.push_back(static_cast<uint32_t>(begin));
  for (size_t at = 0; at < text.size() && words_.size() - begin < options_.most_words;) {
    while (at < text.size() && !is_word_byte(text[at])) ++at;
    if (at == text.size()) break;
    uint64_t hash = kSeed;
    while (at < text.size() && is_word_byte(text[at])) hash = mix(hash, text[at++]);
    words_.push_back(hash);
  }
  if (begin == 0) own_words_ = words_.size();
  if (empty()) return;
  for (size_t i = begin; i + 1 < words_.size(); ++i) {
    std::vector<uint32_t>& places = places_[pair_of(words_[i], words_[i + 1])];
    if (places.size() < kMostPlaces) places.push_back(static_cast<uint32_t>(i + 2));
  }
}

void LeakIndex::build_filter() {
  const size_t bits = std::bit_ceil(std::max<size_t>(places_.size() * kBitsPerPair, 64));
  filter_shift_ = 64 - static_cast<unsigned>(std::countr_zero(bits));
  filter_.assign(bits / 64, 0);
  for (const auto& [pair, places] : places_) {
    const uint64_t bit = pair * kOdd >> filter_shift_;
    filter_[bit / 64] |= uint64_t{1} << bit % 64;
  }
}

bool LeakIndex::may_hold(uint64_t pair) const {
  const uint64_t bit = pair * kOdd >> filter_shift_;
  return (filter_[bit / 64] >> bit % 64 & 1) != 0;
}

size_t LeakIndex::form_of(uint32_t place) const {
  const auto after = std::upper_bound(forms_.begin(), forms_.end(), place);
  return static_cast<size_t>(after - forms_.begin()) - 1;
}

void LeakIndex::Cursor::take_word(uint64_t hash, size_t letters, size_t begin, size_t end) {
  const uint64_t pair = pair_of(hash_, hash);
  const bool known = before_.letters > 0 && index_->may_hold(pair);
  const Place place{begin, letters};
  if (known || !candidates_.empty()) follow(hash, pair, known);
  hash_ = hash;
  const Place before = std::exchange(before_, place);
  if (candidates_.empty()) {
    run_.clear();
    told_ = false;
    return;
  }
  const Candidate& longest =
      *std::max_element(candidates_.begin(), candidates_.end(),
                        [](const Candidate& a, const Candidate& b) { return a.words < b.words; });
  if (run_.empty()) run_.push_back(before);
  run_.push_back(place);
  run_.erase(run_.begin(), run_.end() - static_cast<std::ptrdiff_t>(longest.words));
  if (longest.words < index_->options_.fewest_words) {
    told_ = false;
    return;
  }
  if (told_) return;
  size_t total = 0;
  for (const Place& word : run_) total += word.letters;
  if (total < index_->options_.fewest_letters) return;
  told_ = true;
  if (found_.found) return;
  found_ = {true,
            run_[kFreeWords].begin,
            end,
            longest.words,
            index_->form_of(longest.next - 1),
            found_.hold_from};
}

/// The places of the prompt at which the text may stand, one word on.
void LeakIndex::Cursor::follow(uint64_t hash, uint64_t pair, bool known) {
  const LeakIndex& index = *index_;
  other_.clear();
  for (const Candidate& candidate : candidates_) {
    if (candidate.next < index.words_.size() && index.words_[candidate.next] == hash) {
      other_.push_back({candidate.next + 1, candidate.words + 1});
    }
  }
  candidates_.swap(other_);
  if (!known || candidates_.size() >= kMostCandidates) return;
  const auto at = index.places_.find(pair);
  if (at == index.places_.end()) return;
  for (const uint32_t next : at->second) {
    const bool followed = std::any_of(candidates_.begin(), candidates_.end(),
                                      [&](const Candidate& c) { return c.next == next; });
    if (!followed && candidates_.size() < kMostCandidates) candidates_.push_back({next, 2});
  }
}

LeakIndex::Cursor::Step LeakIndex::Cursor::feed(std::string_view text, size_t position, bool last) {
  found_ = {};
  if (index_->empty()) {
    found_.hold_from = position + text.size();
    return found_;
  }
  // A word that was cut at the end of the last piece goes on here, with its hash so far.
  uint64_t hash = letters_ > 0 ? word_hash_ : kSeed;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_word_byte(text[i])) {
      if (letters_ == 0) {
        hash = kSeed;
        word_begin_ = position + i;
      }
      hash = mix(hash, text[i]);
      ++letters_;
      word_end_ = position + i + 1;
    } else if (letters_ > 0) {
      take_word(hash, letters_, word_begin_, word_end_);
      letters_ = 0;
    }
  }
  word_hash_ = hash;
  if (last && letters_ > 0) {
    take_word(hash, letters_, word_begin_, word_end_);
    letters_ = 0;
  }
  found_.hold_from = position + text.size();
  // What may still become a leak: the run beyond its free words, and the word under way if it could
  // be the next one of the run.
  if (run_.size() > kFreeWords) {
    found_.hold_from = run_[kFreeWords].begin;
  } else if (letters_ > 0 && run_.size() == kFreeWords) {
    found_.hold_from = word_begin_;
  }
  return found_;
}

LeakIndex::Cursor::Step LeakIndex::find(std::string_view text) const {
  return Cursor(*this).feed(text, 0, true);
}

}  // namespace gatehouse::firewall
