#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::firewall {

/// Notices that a text has come to say the same again and again: byte by byte, with a period of up
/// to `kLongestPeriod`, or sentence by sentence, with one of up to `kSentences`. Follows a text in
/// pieces of any size, in linear time and constant memory, and never allocates; the same text gives
/// the same, however it is cut. Not thread-safe.
class Repetition {
 public:
  static constexpr size_t kLongestPeriod = 512;
  static constexpr size_t kSentences = 64;

  /// The strongest that was seen so far. The score grows with the length of what is repeated: a
  /// half where that is as much as harmless texts hardly have.
  struct Found {
    float score = 0;
    size_t begin = 0;  // of what is repeated, in the text
    size_t end = 0;
    std::string_view rule;  // "runaway.period", "runaway.sentences"
  };
  const Found& feed(std::string_view text);

 private:
  struct Sentence {
    uint64_t hash = 0;
    uint32_t counted_in = 0;  // the run that its length was last counted in
  };

  void look();
  void follow();
  void search();
  size_t run_at(size_t distance) const;
  size_t enough(size_t period) const;
  void read_sentences();
  void end_sentence(std::string_view sentence);
  void found(size_t run, size_t enough, std::string_view rule);
  std::string_view last(size_t size) const { return {buffer_.data() + size_ - size, size}; }

  static constexpr size_t kStep = 256;  // bytes between two looks
  static constexpr size_t kKept = 2 * kLongestPeriod;

  std::array<char, 4 * kKept> buffer_;  // the text's end, then room
  size_t size_ = 0;                     // bytes in the buffer
  size_t base_ = 0;                     // bytes of the text before them
  size_t unlooked_ = 0;

  size_t period_ = 0;  // of the run under way; 0: there is none
  size_t run_ = 0;     // bytes that are what was `period_` bytes before
  size_t enough_ = 0;

  size_t sentence_ = 0;  // in the buffer: where the one under way begins
  std::array<Sentence, kSentences> said_{};
  size_t next_said_ = 0;
  uint32_t runs_ = 0;    // of sentences that were all said before
  size_t again_ = 0;     // bytes of the one under way
  size_t distinct_ = 0;  // bytes of its different sentences
  size_t again_from_ = 0;

  Found found_;
};

}  // namespace gatehouse::firewall
