#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "firewall/keep_best.h"
#include "firewall/learned/model.h"

namespace gatehouse::firewall::learned {

/// Slides a small and a large window over the blocks of one text and remembers, for each head, the
/// best of each size, the best small window apart from that one, the best sentence and the whole
/// text. Constant memory, whatever the length.
class Windows {
 public:
  static constexpr float kNone = -1e9F;
  struct Best {
    float score = kNone;
    uint32_t begin = 0;
    uint32_t end = 0;
    std::array<float, kHeads> all{};  // what every head said of this window
  };
  struct Sentence {
    float score = kNone;
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  using Sentences = std::array<Sentence, TextScore::kSentences>;

  Windows(const std::array<float, kHeads>& scale, const std::array<float, kHeads>& bias)
      : scale_(scale), bias_(bias) {}

  /// The next block: its sums per head, how many features went in, its bytes in the view.
  void operator()(const std::array<int32_t, kHeads>& sums, uint32_t count, size_t begin,
                  size_t end) {
    if (count == 0) return;
    Block& block = ring_[blocks_ % kRing];
    block.sums = sums;
    block.count = count;
    block.begin = static_cast<uint32_t>(begin);
    ++blocks_;
    for (size_t h = 0; h < kHeads; ++h) total_[h] += sums[h];
    total_count_ += count;
    consider(Model::kSmallWindow, static_cast<uint32_t>(end), small_, &second_);
    consider(Model::kLargeWindow, static_cast<uint32_t>(end), large_, nullptr);
    end_ = static_cast<uint32_t>(end);
  }

  /// The next sentence, like a block.
  void sentence(const std::array<int32_t, kHeads>& sums, uint32_t count, size_t begin, size_t end) {
    if (count == 0) return;
    ++sentence_count_;
    const float norm = 1.0F / std::sqrt(static_cast<float>(count));
    for (size_t h = 0; h < kAttackHeads; ++h) {
      const float score = static_cast<float>(sums[h]) * scale_[h] * norm + bias_[h];
      if (score <= sentence_[h].back().score) continue;
      keep(sentence_[h], {score, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    }
  }

  size_t sentence_count() const { return sentence_count_; }
  /// Those of the highest scores, the highest first, of heads of attacks.
  const Sentences& sentences(Head head) const { return sentence_[static_cast<size_t>(head)]; }

  size_t blocks() const { return blocks_; }
  const Best& small(Head head) const { return small_[static_cast<size_t>(head)]; }
  const Best& large(Head head) const { return large_[static_cast<size_t>(head)]; }
  float second(Head head) const { return second_[static_cast<size_t>(head)]; }
  std::array<float, kHeads> whole() const {
    std::array<float, kHeads> scores{};
    const float norm = 1.0F / std::sqrt(static_cast<float>(std::max<uint64_t>(total_count_, 1)));
    for (size_t h = 0; h < kHeads; ++h) {
      scores[h] = static_cast<float>(total_[h]) * scale_[h] * norm + bias_[h];
    }
    return scores;
  }

  /// What the calibration of a head is fed with.
  std::array<float, Calibration::kInputs> inputs(Head head) const {
    const auto h = static_cast<size_t>(head);
    if (blocks_ == 0) return {1, bias_[h], bias_[h], bias_[h], 0, bias_[h]};
    const float blocks = static_cast<float>(blocks_);
    return {1,          small_[h].score,  large_[h].score,
            whole()[h], std::log(blocks), second_[h] == kNone ? small_[h].score : second_[h]};
  }

 private:
  struct Block {
    std::array<int32_t, kHeads> sums{};
    uint32_t count = 0;
    uint32_t begin = 0;
  };
  static constexpr size_t kRing = 8;
  static_assert(kRing >= Model::kLargeWindow);

  static void keep(Sentences& best, const Sentence& sentence) {
    const auto score = [](const Sentence& each) { return each.score; };
    // The same words have the same score.
    keep_best(best, sentence, score,
              [&](const Sentence& a, const Sentence& b) { return score(a) == score(b); });
  }

  void consider(size_t size, uint32_t end, std::array<Best, kHeads>& best,
                std::array<float, kHeads>* second) {
    const size_t have = std::min(size, blocks_);
    std::array<int32_t, kHeads> sums{};
    uint32_t count = 0;
    for (size_t i = 0; i < have; ++i) {
      const Block& block = ring_[(blocks_ - 1 - i) % kRing];
      for (size_t h = 0; h < kHeads; ++h) sums[h] += block.sums[h];
      count += block.count;
    }
    const uint32_t begin = ring_[(blocks_ - have) % kRing].begin;
    std::array<float, kHeads> scores{};
    const float norm = 1.0F / std::sqrt(static_cast<float>(count));
    for (size_t h = 0; h < kHeads; ++h) {
      scores[h] = static_cast<float>(sums[h]) * scale_[h] * norm + bias_[h];
    }
    // A window of fewer blocks than asked for only counts when the text has no more.
    for (size_t h = 0; h < kHeads; ++h) {
      Best& top = best[h];
      if (scores[h] > top.score) {
        if (second != nullptr && top.score != kNone && begin >= top.end) (*second)[h] = top.score;
        top = {scores[h], begin, end, scores};
      } else if (second != nullptr && begin >= top.end) {
        (*second)[h] = std::max((*second)[h], scores[h]);
      }
    }
  }

  const std::array<float, kHeads>& scale_;
  const std::array<float, kHeads>& bias_;
  std::array<Block, kRing> ring_{};
  size_t blocks_ = 0;
  std::array<int64_t, kHeads> total_{};
  uint64_t total_count_ = 0;
  uint32_t end_ = 0;
  size_t sentence_count_ = 0;
  std::array<Sentences, kAttackHeads> sentence_{};
  std::array<Best, kHeads> small_{};
  std::array<Best, kHeads> large_{};
  std::array<float, kHeads> second_ = {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
};

}  // namespace gatehouse::firewall::learned
