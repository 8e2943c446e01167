#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::firewall {

inline constexpr std::string_view kUngroundedRule = "grounding.sentence";

/// What an answer may rest on: the tool results and documents of its request, cut into sentences
/// whose words are indexed. Immutable; thread-safe. Linear in the size of the texts.
///
/// Support is lexical: the share of a sentence's words that stand close together in a source, rare
/// words, names and numbers counting more. It finds what an answer adds to its sources, not what it
/// contradicts in their own words; nothing is downloaded and nothing is asked.
class Sources {
 public:
  /// All texts together: some 5 ms to index, on the event loop. A part of the sources would call
  /// what stands in the rest unsupported, so the caller decides about more.
  static constexpr size_t kMaxBytes = 512U << 10;
  static bool fit(std::span<const std::string_view> texts);

  explicit Sources(std::span<const std::string_view> texts);

  bool empty() const { return sentences_ == 0; }

  /// 0: no word of the sentence stands in the sources; 1: all of them do, within three sentences in
  /// a row of one text. Sentences that state nothing (questions, greetings, fewer than four words
  /// of content) have 1.
  float support(std::string_view sentence) const;

 private:
  struct Word {
    uint64_t key = 0;
    float weight = 1;
  };
  static std::vector<Word> words_of(std::string_view sentence);
  void add_sentence(std::string_view sentence);

  uint32_t sentences_ = 0;
  std::unordered_map<uint64_t, std::vector<uint32_t>> places_;  // of a word, rising
};

/// Follows an answer that comes in pieces, sentence by sentence.
class SupportCursor {
 public:
  explicit SupportCursor(const Sources* sources) : sources_(sources) {}

  struct Unsupported {
    size_t begin = 0;
    size_t end = 0;
    float score = 0;  // 1 - support
  };
  struct Step {
    std::vector<Unsupported> sentences;  // that ended in this piece
    size_t hold_from = 0;                // where the sentence under way begins
  };
  /// `position`: the offset of the text's first byte.
  Step feed(std::string_view text, size_t position, bool last);

 private:
  void end_sentence(size_t end, Step& step);

  const Sources* sources_;
  std::string sentence_;
  size_t begin_ = 0;
};

/// Whether a sentence ends before `at`, given what stands there: behind ".", "!" or "?" with a
/// blank after it that is no abbreviation's or number's, and at the end of a line.
bool ends_sentence(std::string_view before, char next);

}  // namespace gatehouse::firewall
