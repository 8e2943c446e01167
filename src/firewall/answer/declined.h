#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "firewall/types.h"

namespace gatehouse::firewall {

/// The beginning of an answer, where a model says that it declines: what comes later may be about a
/// refusal, or tell of one.
class Beginning {
 public:
  static constexpr size_t kSize = 448;

  /// Takes what belongs to the beginning, and gives how much of `text` that was.
  size_t add(std::string_view text);
  std::string_view text() const { return {bytes_.data(), size_}; }
  bool full() const { return size_ == kSize; }

  /// The strongest of the rules (rules/refusals.yaml) that it matches; a score of 0 where it
  /// matches none.
  Finding judge() const;

 private:
  std::array<char, kSize> bytes_;
  size_t size_ = 0;
};

}  // namespace gatehouse::firewall
