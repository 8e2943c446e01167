#pragma once

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <malloc.h>
#include <time.h>

namespace gatehouse::firewall {

/// At least `bytes` of `unit` after `unit`.
inline std::string repeated(const std::string& unit, size_t bytes) {
  std::string text;
  text.reserve(bytes + unit.size());
  while (text.size() < bytes) text += unit;
  return text;
}

/// Processor seconds that the thread spends in `run`, the best of some tries.
template <typename Run>
double cpu_seconds(Run run) {
  // Freed memory is kept: to fetch fresh pages anew in each try can take longer than the run.
  // AddressSanitizer's allocator does so by itself, and takes no options.
  [[maybe_unused]] static const bool kept =
      mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1;
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double start = now();
    run();
    best = std::min(best, now() - start);
  }
  return best;
}

/// Its shadow makes large blocks of memory dear, out of proportion: only that nothing hangs is
/// tested.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kUnderThreadSanitizer = true;
#elif defined(__has_feature)
inline constexpr bool kUnderThreadSanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif

/// Expects that four times as much text takes about four times as long: six, and some room for
/// caches and for what is too short to measure. Quadratic time would take sixteen. Measured anew
/// where it takes longer: other programs share the machine's caches.
template <typename Run>
void expect_linear_time(const std::string& unit, size_t bytes, Run run) {
  constexpr int kTries = 4;
  if (kUnderThreadSanitizer) return run(repeated(unit, bytes));
  const std::string small = repeated(unit, bytes);
  const std::string large = repeated(unit, 4 * bytes);
  double once = 0;
  double four = 0;
  for (int i = 0; i < kTries; ++i) {
    once = cpu_seconds([&] { run(small); });
    four = cpu_seconds([&] { run(large); });
    if (four < 6 * once + 0.005) return;
  }
  ADD_FAILURE() << '"' << unit << "\" takes " << once << " s, and four times as much text " << four
                << " s";
}

}  // namespace gatehouse::firewall
