#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gatehouse::firewall::tagger {

/// What a token is: outside, or the beginning or the rest of a name or an address.
enum class Tag : uint8_t { outside, name_begin, name_inside, address_begin, address_inside };
inline constexpr size_t kTags = 5;
/// Tags with weights; `outside` is the measure that the others are weighed against.
inline constexpr size_t kLanes = kTags - 1;

/// A linear-chain conditional random field over one run of tokens, which starts and ends outside.
/// `scores` are those of the tokens, `transition[from][to]` those of neighbours.
struct Chain {
  using Scores = std::array<float, kTags>;
  std::array<Scores, kTags> transition{};

  /// Call when `transition` is set, before anything below.
  void prepare();

  /// Whether `to` may follow `from`: the rest of something follows its beginning.
  static constexpr bool allowed(size_t from, size_t to) {
    if (to == static_cast<size_t>(Tag::name_inside)) return from == 1 || from == 2;
    if (to == static_cast<size_t>(Tag::address_inside)) return from == 3 || from == 4;
    return true;
  }

  /// Whether all tokens are outside for sure, so that `best` need not be asked: each of them costs
  /// more as anything else than transitions could make up for.
  bool surely_outside(std::span<const Scores> scores) const;
  /// The best tags (Viterbi). `tags` is as long as `scores`.
  void best(std::span<const Scores> scores, std::span<Tag> tags) const;
  /// The probability of each tag at each token (forward-backward). The sums of two neighbours are
  /// added to `pairs` if it is given; for training.
  void marginals(std::span<const Scores> scores, std::span<Scores> out,
                 std::array<Scores, kTags>* pairs = nullptr) const;

  /// Longest run that is looked at in one piece.
  static constexpr size_t kLongest = 32;

 private:
  void add_pairs(const Scores& forward, const Scores& weight, const Scores& backward,
                 std::array<Scores, kTags>& pairs) const;

  std::array<Scores, kTags> factor_{};  // e to the power of `transition`
  float gain_ = 0;                      // the most that the two transitions of one token add
};

}  // namespace gatehouse::firewall::tagger
