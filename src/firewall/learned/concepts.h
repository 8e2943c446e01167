#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::firewall::learned {

/// Hash of a word or of the beginning of one: code points in lower case, from the left. Shared by
/// the extractor, which rolls it along the text, and by the table of concepts.
inline constexpr uint64_t kWordMul = 0x9E3779B97F4A7C15ULL;
inline uint64_t roll(uint64_t hash, uint32_t code_point) {
  hash = (hash ^ code_point) * kWordMul;
  return hash ^ (hash >> 29U);
}

/// Words of attacks by meaning, in many languages (concepts.txt): a few dozen concepts, a few
/// thousand words. Immutable; thread-safe.
class Concepts {
 public:
  static constexpr uint8_t kNone = 0;
  /// Beginnings of words are matched from this many code points on, up to that many.
  static constexpr uint32_t kMinPrefix = 3;
  static constexpr uint32_t kMaxPrefix = 9;
  /// Length of the runs that are matched inside scripts without spaces.
  static constexpr uint32_t kMinRun = 2;
  static constexpr uint32_t kMaxRun = 6;

  /// The file compiled into the program.
  static const Concepts& standard();
  explicit Concepts(std::string_view lines);

  /// The concept of a whole word, or kNone. `hash` by `roll` from 0.
  uint8_t word(uint64_t hash) const { return find(hash); }
  /// The concept of words that begin with these code points, or kNone.
  uint8_t prefix(uint64_t hash) const { return find(hash ^ kPrefixMark); }

  size_t words() const { return count_; }
  size_t concepts() const { return names_.size(); }
  std::string_view name(uint8_t concept_id) const { return names_[concept_id - 1]; }

 private:
  struct Slot {
    uint64_t hash = 0;
    uint8_t concept_id = kNone;
  };
  static constexpr uint64_t kPrefixMark = 0xD6E8FEB86659FD93ULL;

  uint8_t find(uint64_t hash) const {
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.concept_id == kNone) return kNone;
      if (slot.hash == hash) return slot.concept_id;
    }
  }
  void insert(uint64_t hash, uint8_t concept_id);

  std::vector<Slot> slots_;
  std::vector<std::string> names_;
  size_t mask_ = 0;
  size_t count_ = 0;
};

}  // namespace gatehouse::firewall::learned
