#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "firewall/learned/concepts.h"

namespace gatehouse::firewall::learned {

/// The one place where text becomes features: the model is trained on what this file yields (the
/// program tools/train/extract prints it), so training and serving cannot drift apart.
///
/// Text is read once, as a stream of "folded" bytes: one byte per code point, ASCII in lower case,
/// digits all '0', white space runs one space, other code points hashed into 0x80–0xFF. From it:
/// character 3-, 4- and 5-grams, word 1-, 2- and 3-grams, and pairs of words with one between them;
/// and, from the words of attacks in many languages (concepts.h), what is said, in which order.
/// Each is hashed to one of 2^18 buckets (feature hashing; Weinberger et al. 2009, unsigned).
///
/// The features are grouped into blocks of about sixteen words; a window is a run of blocks. No
/// allocation, linear time, any input: what is not UTF-8 counts as U+FFFD.
inline constexpr unsigned kBucketBits = 18;
inline constexpr uint32_t kBuckets = 1U << kBucketBits;
inline constexpr uint32_t kFeatureVersion = 2;

/// A block ends with the word that fills it, or with the byte that does where words are endless.
inline constexpr uint32_t kBlockWords = 16;
inline constexpr uint32_t kBlockBytes = 160;
/// Fewer words are no sentence of their own: they go with what follows.
inline constexpr uint32_t kFewestSentenceWords = 3;
/// Longer words are cut: bounds what one word adds between two calls of `Sink::word_end`.
inline constexpr uint32_t kMaxWordBytes = 48;
/// A concept counts as much as so many n-grams, or it would drown among the hundreds of them.
inline constexpr uint32_t kConceptWeight = 4;
/// Concepts further apart than this are not taken together; words, or pairs of CJK characters.
inline constexpr uint32_t kConceptReach = 10;

namespace detail {

constexpr uint64_t kMul = 0x9E3779B97F4A7C15ULL;

inline uint64_t mix(uint64_t h) {
  h *= kMul;
  return h ^ (h >> 29U);
}

/// Scripts that set no spaces between words: Thai, Lao, Khmer, kana, CJK, Hangul (which does, but
/// glues particles to its words).
inline bool is_unspaced(uint32_t cp) {
  if (cp < 0x0E00) return false;
  return cp <= 0x0EFF || (cp >= 0x1780 && cp <= 0x17FF) || (cp >= 0x3040 && cp <= 0x30FF) ||
         (cp >= 0x3400 && cp <= 0x9FFF) || (cp >= 0xAC00 && cp <= 0xD7AF);
}
/// Top bits of a multiplication: the best mixed ones.
inline uint32_t bucket(uint64_t h, uint64_t salt) {
  return static_cast<uint32_t>(((h ^ salt) * kMul) >> (64U - kBucketBits));
}

/// Lower case where that is one addition; other scripts come folded from the normaliser.
inline uint32_t lower(uint32_t cp) {
  if (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) return cp + 32;
  if (cp >= 0x391 && cp <= 0x3A9) return cp + 32;
  if (cp >= 0x410 && cp <= 0x42F) return cp + 32;
  if (cp >= 0x400 && cp <= 0x40F) return cp + 80;
  return cp;
}

/// One code point at `at`, which moves behind it. U+FFFD for a bad byte.
inline uint32_t decode(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  unsigned length = 0;
  uint32_t cp = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    cp = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    cp = lead & 0x0FU;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    cp = lead & 0x07U;
  }
  if (length == 0 || at + length > text.size()) {
    ++at;
    return 0xFFFD;
  }
  for (unsigned i = 1; i < length; ++i) {
    const unsigned char next = byte(at + i);
    if ((next & 0xC0U) != 0x80U) {
      ++at;
      return 0xFFFD;
    }
    cp = (cp << 6U) | (next & 0x3FU);
  }
  at += length;
  return cp;
}

inline bool is_space(uint32_t cp) {
  return cp == 0xA0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 ||
         cp == 0x2029;
}

/// Folded byte of each ASCII character: control characters and white space are ' ', digits '0'.
struct AsciiFold {
  unsigned char to[128];
  constexpr AsciiFold() : to() {
    for (unsigned c = 0; c < 128; ++c) {
      if (c <= 32 || c == 127) {
        to[c] = ' ';
      } else if (c >= '0' && c <= '9') {
        to[c] = '0';
      } else if (c >= 'A' && c <= 'Z') {
        to[c] = static_cast<unsigned char>(c + 32);
      } else {
        to[c] = static_cast<unsigned char>(c);
      }
    }
  }
};
inline constexpr AsciiFold kAsciiFold{};

}  // namespace detail

/// Feeds `sink` with the features of one text:
///   sink.feature(bucket)        any number of times
///   sink.word_end()             at most 3 * kMaxWordBytes + 8 features after the last one
///   sink.sentence_end(begin, end)  byte range in `text`, in order and without gaps
///   sink.block_end(begin, end)  the same of blocks
template <typename Sink>
class Extractor {
 public:
  explicit Extractor(Sink& sink) : sink_(sink), concepts_(Concepts::standard()) {}

  void run(std::string_view text) {
    size_t at = 0;
    fold(' ', ' ');  // a text's first word has a border too
    while (at < text.size()) {
      const auto c = static_cast<unsigned char>(text[at]);
      if (c < 128) {
        const unsigned char folded = detail::kAsciiFold.to[c];
        ++at;
        fold(folded, folded);
      } else {
        const uint32_t cp = detail::lower(detail::decode(text, at));
        if (detail::is_space(cp)) {
          fold(' ', ' ');
        } else {
          fold(static_cast<unsigned char>(0x80U | ((cp * 2654435761U) >> 25U)), cp);
          if (detail::is_unspaced(cp)) run(cp);
        }
      }
      if (sentence_words_ >= kFewestSentenceWords && ends_sentence(text, at)) end_sentence(at);
      if (block_full_) {
        sink_.block_end(block_begin_, at);
        block_begin_ = at;
        block_words_ = 0;
        block_bytes_ = 0;
        block_full_ = false;
      }
    }
    fold(' ', ' ');
    if (sentence_begin_ < text.size()) end_sentence(text.size());
    if (block_bytes_ > 0) sink_.block_end(block_begin_, text.size());
  }

 private:
  /// Whether a sentence or a line ends with the character before `at`.
  static bool ends_sentence(std::string_view text, size_t at) {
    const char last = text[at - 1];
    if (last == '\n') return true;
    if (last == '.' || last == '!' || last == '?' || last == ':' || last == ';') {
      return at == text.size() || text[at] == ' ' || text[at] == '"';
    }
    if (static_cast<unsigned char>(last) < 0x80 || at < 3) return false;
    // Full stops and signs of Chinese and Japanese, which no space follows.
    const std::string_view sign = text.substr(at - 3, 3);
    return sign == "\u3002" || sign == "\uff01" || sign == "\uff1f";
  }

  void end_sentence(size_t at) {
    spill();
    sink_.sentence_end(sentence_begin_, at);
    sentence_begin_ = at;
    sentence_words_ = 0;
  }

  static bool is_word(unsigned char b) { return (b >= 'a' && b <= 'z') || b >= 0x80 || b == '0'; }

  /// `b` stands for the code point `cp`.
  void fold(unsigned char b, uint32_t cp) {
    // Runs: one space, at most three of anything else.
    if (b == last_) {
      if (b == ' ' || ++run_ > 3) return;
    } else {
      last_ = b;
      run_ = 1;
    }
    recent_ = (recent_ << 8U) | b;
    ++block_bytes_;
    if (is_word(b)) {
      word_ = roll(word_, cp);
      if (++word_bytes_ <= Concepts::kMaxPrefix) prefix_[word_bytes_] = word_;
      if (word_bytes_ >= kMaxWordBytes) end_word();
    } else if (b != '\'' && word_bytes_ > 0) {
      end_word();
    }
    if (seen_ < 5) ++seen_;
    if (seen_ >= 3) sink_.feature(detail::bucket(recent_ & 0xFFFFFFULL, kSalt3));
    if (seen_ >= 4) sink_.feature(detail::bucket(recent_ & 0xFFFFFFFFULL, kSalt4));
    if (seen_ >= 5) sink_.feature(detail::bucket(recent_ & 0xFFFFFFFFFFULL, kSalt5));
    // Texts without words (tables of punctuation) must spill and end their blocks as well.
    if (++since_spill_ >= kMaxWordBytes) spill();
    if (block_bytes_ >= kBlockBytes) block_full_ = true;
  }

  void end_word() {
    sink_.feature(detail::bucket(word_, kSaltWord));
    if (words_ >= 1) sink_.feature(detail::bucket(detail::mix(previous_) + word_, kSaltPair));
    if (words_ >= 2) {
      sink_.feature(detail::bucket(detail::mix(before_) + word_, kSaltSkip));
      sink_.feature(
          detail::bucket(detail::mix(detail::mix(before_) + previous_) + word_, kSaltTriple));
    }
    spill();
    find_concept();
    before_ = previous_;
    previous_ = word_;
    if (words_ < 2) ++words_;
    position_ += 2;
    word_ = 0;
    word_bytes_ = 0;
    ++sentence_words_;
    if (++block_words_ >= kBlockWords) block_full_ = true;
  }

  void find_concept() {
    uint8_t found = concepts_.word(word_);
    for (uint32_t n = word_bytes_ < Concepts::kMaxPrefix ? word_bytes_ : Concepts::kMaxPrefix;
         found == Concepts::kNone && n >= Concepts::kMinPrefix; --n) {
      found = concepts_.prefix(prefix_[n]);
    }
    if (found != Concepts::kNone) said(found);
  }

  /// A character of a script without spaces: is it the last of a known word?
  void run(uint32_t cp) {
    for (size_t i = Concepts::kMaxRun - 1; i > 0; --i) run_of_[i] = run_of_[i - 1];
    run_of_[0] = cp;
    ++position_;
    for (uint32_t n = Concepts::kMaxRun; n >= Concepts::kMinRun; --n) {
      if (run_of_[n - 1] == 0) continue;
      uint64_t hash = 0;
      for (uint32_t i = n; i > 0; --i) hash = roll(hash, run_of_[i - 1]);
      const uint8_t found = concepts_.word(hash);
      if (found == Concepts::kNone) continue;
      said(found);
      run_of_ = {};
      return;
    }
  }

  void said(uint8_t concept_id) {
    weigh(detail::bucket(concept_id, kSaltConcept));
    // With what was said shortly before: pairs with the last three, and the last two together.
    uint64_t chain = concept_id;
    for (size_t i = 0; i < said_.size(); ++i) {
      const Said& earlier = said_[i];
      if (earlier.concept_id == Concepts::kNone ||
          position_ - earlier.position > 2 * kConceptReach) {
        break;
      }
      if (earlier.concept_id != concept_id) {
        weigh(detail::bucket(earlier.concept_id * 256U + concept_id, kSaltConceptPair));
      }
      chain = chain * 256 + earlier.concept_id;
      if (i == 1) weigh(detail::bucket(chain, kSaltConceptTriple));
    }
    for (size_t i = said_.size() - 1; i > 0; --i) said_[i] = said_[i - 1];
    said_[0] = {concept_id, position_};
    spill();
  }

  void weigh(uint32_t bucket) {
    for (uint32_t i = 0; i < kConceptWeight; ++i) sink_.feature(bucket);
  }

  void spill() {
    sink_.word_end();
    since_spill_ = 0;
  }

  static constexpr uint64_t kSalt3 = 0x3C6EF372FE94F82BULL;
  static constexpr uint64_t kSalt4 = 0xA54FF53A5F1D36F1ULL;
  static constexpr uint64_t kSalt5 = 0x510E527FADE682D1ULL;
  static constexpr uint64_t kSaltWord = 0x9B05688C2B3E6C1FULL;
  static constexpr uint64_t kSaltPair = 0x1F83D9ABFB41BD6BULL;
  static constexpr uint64_t kSaltSkip = 0x5BE0CD19137E2179ULL;
  static constexpr uint64_t kSaltTriple = 0xCBBB9D5DC1059ED8ULL;
  static constexpr uint64_t kSaltConcept = 0x629A292A367CD507ULL;
  static constexpr uint64_t kSaltConceptPair = 0x9159015A3070DD17ULL;
  static constexpr uint64_t kSaltConceptTriple = 0x152FECD8F70E5939ULL;

  struct Said {
    uint8_t concept_id = Concepts::kNone;
    uint32_t position = 0;
  };

  Sink& sink_;
  const Concepts& concepts_;
  std::array<uint64_t, Concepts::kMaxPrefix + 1> prefix_{};
  std::array<uint32_t, Concepts::kMaxRun> run_of_{};
  std::array<Said, 3> said_{};
  uint32_t position_ = 0;  // in half words
  uint64_t recent_ = 0;    // the last eight folded bytes
  uint64_t word_ = 0;      // hash of the word being read
  uint64_t previous_ = 0;  // of the one before it
  uint64_t before_ = 0;    // and of the one before that
  size_t sentence_begin_ = 0;
  uint32_t sentence_words_ = 0;
  size_t block_begin_ = 0;
  uint32_t block_words_ = 0;
  uint32_t block_bytes_ = 0;
  uint32_t word_bytes_ = 0;
  uint32_t since_spill_ = 0;
  uint32_t words_ = 0;
  uint32_t seen_ = 0;
  uint32_t run_ = 0;
  unsigned char last_ = 0;
  bool block_full_ = false;
};

}  // namespace gatehouse::firewall::learned
