#pragma once

#include <cstddef>
#include <stdexcept>

#include "firewall/pdf/reader.h"

namespace gatehouse::firewall::pdf {

/// Ends the reading of a file from wherever it is. Never leaves the folder.
struct OverLimit : std::runtime_error {
  OverLimit() : std::runtime_error("over a limit") {}
};

/// What may still be spent. Once any of it has run out everything has: qpdf swallows exceptions
/// where it can do without an object, and must not go on for long.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  const Limits& limits() const { return limits_; }
  bool spent() const { return spent_; }
  /// Also for limits that are kept elsewhere.
  [[noreturn]] void overrun() {
    spent_ = true;
    throw OverLimit();
  }

  void read(size_t bytes) { take(limits_.read, bytes); }
  void tokens(size_t count) { take(limits_.tokens, count); }
  void decoded(size_t bytes) { take(limits_.decoded, bytes); }
  void steps(size_t count = 1) { take(limits_.steps, count); }
  void text(size_t bytes) { take(limits_.text, bytes); }

 private:
  void take(size_t& left, size_t amount) {
    if (spent_ || amount > left) overrun();
    left -= amount;
  }

  Limits limits_;
  bool spent_ = false;
};

/// How many tokens bytes can at most hold, or entries of a table, but for a constant factor.
size_t tokens_in(const char* data, size_t size);

}  // namespace gatehouse::firewall::pdf
