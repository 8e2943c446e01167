#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gatehouse::firewall::tagger {

/// Classes of words, as bits: what a word may be. See gazetteer.txt.
enum WordClass : uint16_t {
  kFirstName = 1U << 0U,
  kLastName = 1U << 1U,
  kTitle = 1U << 2U,     // Mr, Dr, Frau
  kCue = 1U << 3U,       // what a name may follow: "name", "Dear", "regards"
  kRelation = 1U << 4U,  // "wife", "told"
  kParticle = 1U << 5U,  // within names: van, de
  kStreet = 1U << 6U,
  kUnit = 1U << 7U,  // "Apt", "floor", "lives"
  kPlace = 1U << 8U,
  kCalendar = 1U << 9U,
  kOrganisation = 1U << 10U,
  kBrand = 1U << 11U,
  kNation = 1U << 12U,
  kEnglish = 1U << 13U,  // in the normaliser's lexicon
};
/// Classes that make a word in lower case worth a look.
inline constexpr uint16_t kAnchors = kFirstName | kLastName | kStreet;

/// Hash of a word in lower case, byte by byte, from kWordSeed.
inline constexpr uint32_t kWordSeed = 0x811C9DC5U;
constexpr uint32_t roll(uint32_t hash, char c) {
  hash = (hash ^ static_cast<unsigned char>(c)) * 0x85EBCA6BU;
  return hash ^ (hash >> 15U);
}

/// The words of gazetteer.txt and of the lexicon by hash. Immutable; thread-safe.
class Gazetteer {
 public:
  static const Gazetteer& standard();

  /// The classes of a word, by the hash of its letters in lower case.
  uint16_t classes(uint32_t hash) const {
    for (size_t at = hash & kMask;; at = (at + 1) & kMask) {
      const Slot& slot = slots_[at];
      if (slot.classes == 0) return 0;
      if (slot.hash == hash) return slot.classes;
    }
  }
  /// The classes of words that end like this one ("…strasse").
  uint16_t classes_of_ending(std::string_view lower) const;
  /// Over all words: a model holds good for one gazetteer only.
  uint32_t fingerprint() const { return fingerprint_; }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint16_t classes = 0;
  };
  static constexpr size_t kSlots = 1U << 15U;  // at most half full
  static constexpr size_t kMask = kSlots - 1;
  static constexpr size_t kShortestEnding = 3;
  static constexpr size_t kLongestEnding = 8;

  Gazetteer();
  void insert_line(std::string_view line);
  void insert(uint32_t hash, uint16_t classes);

  std::vector<Slot> slots_;
  size_t count_ = 0;
  uint32_t fingerprint_ = kWordSeed;
};

}  // namespace gatehouse::firewall::tagger
