#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "core/digest.h"

namespace gatehouse::firewall {

/// What was made from the last few different texts, under a hash of them: for what applications
/// send with each request and is dear to read. Not thread-safe; meant to be one of a thread.
template <typename Made>
class KeptByText {
 public:
  std::shared_ptr<Made> of(std::string_view text) {
    hash_.begin();
    hash_.add(text);
    const Digest digest = hash_.finish();
    const auto at = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const Entry& entry) { return entry.digest == digest; });
    if (at != kept_.end()) {
      std::rotate(kept_.begin(), at, at + 1);
      return kept_.front().made;
    }
    if (kept_.size() == kMost) kept_.pop_back();
    kept_.insert(kept_.begin(), {digest, std::make_shared<Made>(text)});
    return kept_.front().made;
  }

 private:
  static constexpr size_t kMost = 8;
  struct Entry {
    Digest digest{};
    std::shared_ptr<Made> made;
  };
  Sha256 hash_;
  std::vector<Entry> kept_;
};

}  // namespace gatehouse::firewall
