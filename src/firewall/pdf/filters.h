#pragma once

#include <string>

#include "firewall/pdf/budget.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

/// Puts filters of our own in the place of qpdf's, once for the process: those decode a bomb to its
/// end, object streams included, and chains of them as long as a file likes.
void install_filters();

/// Where a stream's bytes end that are read as they are. Those that go elsewhere become objects.
class Sink final : public Pipeline {
 public:
  Sink(std::string& out, Budget& budget) : Pipeline("sink", nullptr), out_(out), budget_(budget) {}

  void write(const unsigned char* data, size_t size) override {
    budget_.decoded(size);
    out_.append(reinterpret_cast<const char*>(data), size);
  }
  void finish() override {}

 private:
  std::string& out_;
  Budget& budget_;
};

/// What the calling thread's filters spend from while this lives.
class Spending {
 public:
  explicit Spending(Budget& budget);
  ~Spending();
  Spending(const Spending&) = delete;
  Spending& operator=(const Spending&) = delete;
};

}  // namespace gatehouse::firewall::pdf
