#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gatehouse::firewall {

/// The shape of a token: literals and character classes with bounded lengths, matched from left to
/// right without ever going back. See rules/secrets.yaml for the notation.
class TokenFormat {
 public:
  static Result<TokenFormat> parse(std::string_view notation);

  struct Match {
    enum class Kind : uint8_t { none, partial, whole } kind = Kind::none;
    size_t end = 0;
  };
  /// Matches at `at`. `partial`: the text ended while a match was still possible, or ended right
  /// behind a match that more text could extend or undo. `text_goes_on` says whether more may come.
  Match match(std::string_view text, size_t at, bool text_goes_on = false) const;

  /// The literal that the format begins with; empty where it begins with a class.
  std::string_view prefix() const;
  /// Whether `c` may be the first character.
  bool may_begin(char c) const;
  /// Longest match in bytes.
  size_t longest() const { return longest_; }
  size_t shortest() const { return shortest_; }
  /// Bytes of `anchor`'s first place in the format, if all before it has a fixed or class length:
  /// the fewest and most bytes before it.
  struct Reach {
    size_t fewest = 0;
    size_t most = 0;
    bool found = false;
  };
  Reach before(std::string_view anchor) const;
  /// Shannon entropy, bits per character, of the parts of `token` that classes matched.
  double class_entropy(std::string_view token) const;

  struct Part {
    std::string literal;       // empty for a class
    std::bitset<128> letters;  // of a class
    uint16_t fewest = 0;
    uint16_t most = 0;
  };
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
  size_t longest_ = 0;
  size_t shortest_ = 0;
};

/// Bits per character of the letter distribution of `text`; 0 for an empty one.
double shannon_entropy(std::string_view text);

}  // namespace gatehouse::firewall
