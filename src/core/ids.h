#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/random.h"

namespace gatehouse {

/// Ids are a prefix and 26 characters of Crockford base32, lower case: 48 bits of milliseconds
/// since the epoch and 80 random bits (the ULID layout), so that they sort by time:
/// "req_01hzx3k5v7m9q2w4e6r8t0y1p3".
std::string make_id(std::string_view prefix, const Clock& clock, Random& random);

/// Makes ids for one event loop without a system call each: the random part starts at random and
/// counts up. Ids of different makers collide with probability 2^-64 at most. Not thread-safe.
class IdMaker {
 public:
  IdMaker(const Clock& clock, Random& random);
  std::string make(std::string_view prefix);

 private:
  const Clock& clock_;
  uint64_t high_;  // fixed per maker
  uint64_t low_;   // counts
};

}  // namespace gatehouse
