#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::firewall::learned {

/// The one place where text becomes features: the model is trained on what this file yields (the
/// program tools/train/extract prints it), so training and serving cannot drift apart.
///
/// Text is read once, as a stream of "folded" bytes: one byte per code point, ASCII in lower case,
/// digits all '0', white space runs one space, other code points hashed into 0x80–0xFF. From it:
/// character 3-, 4- and 5-grams, word 1-, 2- and 3-grams, and pairs of words with one between them.
/// Each is hashed to one of 2^18 buckets (feature hashing; Weinberger et al. 2009, unsigned).
///
/// The features are grouped into blocks of about sixteen words; a window is a run of blocks. No
/// allocation, linear time, any input: what is not UTF-8 counts as U+FFFD.
inline constexpr unsigned kBucketBits = 18;
inline constexpr uint32_t kBuckets = 1U << kBucketBits;
inline constexpr uint32_t kFeatureVersion = 1;

/// A block ends with the word that fills it, or with the byte that does where words are endless.
inline constexpr uint32_t kBlockWords = 16;
inline constexpr uint32_t kBlockBytes = 160;
/// Longer words are cut: bounds what one word adds between two calls of `Sink::word_end`.
inline constexpr uint32_t kMaxWordBytes = 48;

namespace detail {

constexpr uint64_t kMul = 0x9E3779B97F4A7C15ULL;

inline uint64_t mix(uint64_t h) {
  h *= kMul;
  return h ^ (h >> 29U);
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
///   sink.block_end(begin, end)  byte range in `text`, in order and without gaps
template <typename Sink>
class Extractor {
 public:
  explicit Extractor(Sink& sink) : sink_(sink) {}

  void run(std::string_view text) {
    size_t at = 0;
    fold(' ');  // a text's first word has a border too
    while (at < text.size()) {
      const auto c = static_cast<unsigned char>(text[at]);
      unsigned char folded = 0;
      if (c < 128) {
        folded = detail::kAsciiFold.to[c];
        ++at;
      } else {
        const uint32_t cp = detail::decode(text, at);
        folded =
            detail::is_space(cp)
                ? static_cast<unsigned char>(' ')
                : static_cast<unsigned char>(0x80U | ((detail::lower(cp) * 2654435761U) >> 25U));
      }
      fold(folded);
      if (block_full_) {
        sink_.block_end(block_begin_, at);
        block_begin_ = at;
        block_words_ = 0;
        block_bytes_ = 0;
        block_full_ = false;
      }
    }
    fold(' ');
    if (block_bytes_ > 0) sink_.block_end(block_begin_, text.size());
  }

 private:
  static bool is_word(unsigned char b) { return (b >= 'a' && b <= 'z') || b >= 0x80 || b == '0'; }

  void fold(unsigned char b) {
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
      word_ = detail::mix(word_ ^ b);
      if (++word_bytes_ >= kMaxWordBytes) end_word();
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
    before_ = previous_;
    previous_ = word_;
    if (words_ < 2) ++words_;
    word_ = 0;
    word_bytes_ = 0;
    spill();
    if (++block_words_ >= kBlockWords) block_full_ = true;
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

  Sink& sink_;
  uint64_t recent_ = 0;    // the last eight folded bytes
  uint64_t word_ = 0;      // hash of the word being read
  uint64_t previous_ = 0;  // of the one before it
  uint64_t before_ = 0;    // and of the one before that
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
