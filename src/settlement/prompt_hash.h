#pragma once

#include <array>
#include <string_view>

#include "core/digest.h"

namespace gatehouse::settlement {

/// The hash of a prompt that goes into its audit record: HMAC-SHA-256 under the installation's
/// key, over the tenant and every part with its length in front. It is keyed because short prompts
/// can be guessed from a plain hash, and holds the tenant so that equal prompts of two tenants
/// can't be told from the log. Whoever has the key can still prove that a given prompt was the one
/// asked.
///
///   hasher.begin(tenant); hasher.add(role); hasher.add(text); … record.prompt_hmac =
///   hasher.finish();
///
/// About a microsecond a KB. One per event loop, one prompt at a time; not thread-safe.
class PromptHasher {
 public:
  explicit PromptHasher(std::string_view key) : hmac_(key) {}

  void begin(std::string_view tenant) {
    hmac_.begin();
    add(tenant);
  }
  void add(std::string_view part);
  /// 64 hex digits, valid until the next `finish`.
  std::string_view finish();

 private:
  HmacSha256 hmac_;
  std::array<char, 64> hex_{};
};

}  // namespace gatehouse::settlement
