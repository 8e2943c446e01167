#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace gatehouse {

/// Zeroed memory for a table that is read at random, in pages of 2 MB where the kernel has them to
/// give: with pages of 4 KB a look-up in a table of megabytes also misses in the TLB. Throws
/// std::bad_alloc. The last part below 2 MB is in small pages.
class HugePages {
 public:
  HugePages() = default;
  explicit HugePages(size_t bytes);

  char* data() { return memory_.get(); }
  const char* data() const { return memory_.get(); }

 private:
  struct Unmap {
    size_t bytes;
    void operator()(char* memory) const;
  };
  std::unique_ptr<char, Unmap> memory_{nullptr, Unmap{0}};
};

/// So many numbers in such memory.
template <typename T>
class HugeTable {
  static_assert(std::is_arithmetic_v<T>);

 public:
  HugeTable() = default;
  explicit HugeTable(size_t size) : pages_(size * sizeof(T)) {}

  T* data() { return reinterpret_cast<T*>(pages_.data()); }
  const T* data() const { return reinterpret_cast<const T*>(pages_.data()); }

 private:
  HugePages pages_;
};

}  // namespace gatehouse
