#pragma once

#include <string>

#include "core/random.h"
#include "firewall/secrets/token_format.h"

namespace gatehouse::firewall {

/// A random token of a format, of about its middle length.
inline std::string make_token(const TokenFormat& format, Random& random) {
  std::string token;
  for (const TokenFormat::Part& part : format.parts()) {
    if (!part.literal.empty()) {
      token += part.literal;
      continue;
    }
    std::string letters;
    for (size_t c = 0; c < part.letters.size(); ++c) {
      // Signs are left to the middle of real tokens: "-" at an end would glue to what follows.
      const char letter = static_cast<char>(c);
      if (part.letters[c] &&
          ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z'))) {
        letters.push_back(letter);
      }
    }
    const size_t length = part.fewest + (part.most - part.fewest) / 2u;
    for (size_t i = 0; i < length; ++i)
      token.push_back(letters[random.next_u64() % letters.size()]);
  }
  return token;
}

}  // namespace gatehouse::firewall
