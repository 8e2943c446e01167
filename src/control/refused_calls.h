#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "settlement/failed_authentications.h"

namespace gatehouse::control {

/// A call of the admin API that was refused for its key.
struct RefusedCall {
  std::string key_id, tenant;  // empty if the key is none
  std::string client;
  std::string method;
  std::string code;  // "invalid_api_key", "admin_role_needed"
};

/// Which of them get an event of their own in the audit log, so that a flood can't fill the disk:
/// as with requests, the first ones of an address in a minute; the others are counted. Thread-safe.
class RefusedCalls {
 public:
  explicit RefusedCalls(const Clock& clock) : clock_(clock) {}

  /// Counts one. True if it gets an event of its own.
  bool count(std::string_view client);
  struct Count {
    std::string client;  // empty: of those that there was no room to tell apart
    uint64_t calls = 0;
  };
  /// Takes out the counts of the addresses whose minute is over, or of all.
  std::vector<Count> take(bool all);

 private:
  const Clock& clock_;
  std::mutex mutex_;
  bool any_ = false;  // since the last `take` of all
  settlement::FailedAuthentications counted_;
};

}  // namespace gatehouse::control
