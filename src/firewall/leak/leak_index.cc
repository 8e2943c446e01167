#include "firewall/leak/leak_index.h"

#include <algorithm>

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

uint64_t mix(uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(ascii_lower(c))) * 0x100000001b3ULL;
}
uint64_t pair_of(uint64_t first, uint64_t second) {
  return first * 0x9E3779B97F4A7C15ULL ^ second;
}

}  // namespace

LeakIndex::LeakIndex(std::string_view prompt, const Options& options) : options_(options) {
  for (size_t at = 0; at < prompt.size() && words_.size() < options_.most_words;) {
    while (at < prompt.size() && !is_word_byte(prompt[at])) ++at;
    if (at == prompt.size()) break;
    uint64_t hash = kSeed;
    while (at < prompt.size() && is_word_byte(prompt[at])) hash = mix(hash, prompt[at++]);
    words_.push_back(hash);
  }
  if (empty()) return;
  for (uint32_t i = 0; i + 1 < words_.size(); ++i) {
    std::vector<uint32_t>& places = places_[pair_of(words_[i], words_[i + 1])];
    if (places.size() < kMostPlaces) places.push_back(i + 2);
  }
}

void LeakIndex::Cursor::take_word(uint64_t hash, size_t letters, size_t begin, size_t end) {
  const LeakIndex& index = *index_;
  other_.clear();
  for (const Candidate& candidate : candidates_) {
    if (candidate.next < index.words_.size() && index.words_[candidate.next] == hash) {
      other_.push_back({candidate.next + 1, candidate.words + 1});
    }
  }
  const size_t before = run_.size();
  run_.push_back({begin, letters});
  if (before > 0 && other_.size() < kMostCandidates) {
    const auto at = index.places_.find(pair_of(hash_, hash));
    if (at != index.places_.end()) {
      for (const uint32_t next : at->second) {
        const bool known = std::any_of(other_.begin(), other_.end(),
                                       [&](const Candidate& c) { return c.next == next; });
        if (!known && other_.size() < kMostCandidates) other_.push_back({next, 2});
      }
    }
  }
  candidates_.swap(other_);
  hash_ = hash;
  uint32_t longest = 1;
  for (const Candidate& candidate : candidates_) longest = std::max(longest, candidate.words);
  if (run_.size() > longest)
    run_.erase(run_.begin(), run_.end() - static_cast<std::ptrdiff_t>(longest));
  if (longest < index.options_.fewest_words) {
    told_ = false;
    return;
  }
  if (told_) return;
  size_t total = 0;
  for (const Place& place : run_) total += place.letters;
  if (total < index.options_.fewest_letters) return;
  told_ = true;
  if (found_.found) return;
  found_.found = true;
  found_.begin = run_[kFreeWords].begin;
  found_.end = end;
  found_.words = longest;
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
