#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/pii/national.h"

namespace gatehouse::firewall {

/// The masks of `number_kinds()`, indexed by how their first group looks, so that an ordinary
/// number is held against a few of them only. Immutable; thread-safe.
class NumberMasks {
 public:
  static const NumberMasks& standard();

  struct Match {
    const NumberKind* kind = nullptr;
    size_t end = 0;
    char separator = '\0';  // what parts the groups; 0 for none
    std::string compact;
  };
  /// Calls `accept(match)` for each kind whose mask and check fit the text at `at`, in the order of
  /// the table, until one is accepted. `run` is the length of the run of letters and digits at
  /// `at`.
  template <typename Accept>
  bool find(std::string_view text, size_t at, size_t run, Accept accept) const {
    if (run == 0 || run > kLongestRun) return false;
    const bool letter = text[at] >= 'A' && text[at] <= 'Z';
    for (const uint16_t index : index_[letter ? 1 : 0][run]) {
      Match match;
      if (fits(masks_[index], text, at, match) && accept(match)) return true;
    }
    return false;
  }

  static constexpr size_t kLongestRun = 20;

 private:
  struct Mask {
    const NumberKind* kind;
    std::string text;
  };
  NumberMasks();
  void add(const NumberKind& kind, std::string mask);
  static bool fits(const Mask& mask, std::string_view text, size_t at, Match& match);

  std::vector<Mask> masks_;
  std::array<std::array<std::vector<uint16_t>, kLongestRun + 1>, 2> index_;  // [letter first][run]
};

}  // namespace gatehouse::firewall
