#include "settlement/prompt_hash.h"

#include <cstdint>

namespace gatehouse::settlement {

void PromptHasher::add(std::string_view part) {
  char length[8];  // in front of each part, so that no two lists of parts give the same bytes
  uint64_t rest = part.size();
  for (char& byte : length) {
    byte = static_cast<char>(rest & 0xff);
    rest >>= 8;
  }
  hmac_.add({length, sizeof length});
  hmac_.add(part);
}

std::string_view PromptHasher::finish() {
  const Digest digest = hmac_.finish();
  write_hex(digest, hex_.data());
  return {hex_.data(), hex_.size()};
}

}  // namespace gatehouse::settlement
