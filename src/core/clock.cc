#include "core/clock.h"

#include <time.h>

namespace gatehouse {
namespace {

class SystemClock final : public Clock {
 public:
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

void append_rfc3339(std::string& out, WallTime t) {
  const int64_t millis = unix_millis(t);
  const int64_t rest = (millis % 1000 + 1000) % 1000;
  const time_t second = (millis - rest) / 1000;
  // The date is worked out once a second and thread.
  thread_local time_t known = -1;
  thread_local char text[32] = "1969-12-31T23:59:59.";
  if (second != known) {
    known = second;
    tm parts{};
    gmtime_r(&known, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &parts);
  }
  out.append(text);
  out.push_back(static_cast<char>('0' + rest / 100));
  out.push_back(static_cast<char>('0' + rest / 10 % 10));
  out.push_back(static_cast<char>('0' + rest % 10));
  out.push_back('Z');
}

}  // namespace gatehouse
