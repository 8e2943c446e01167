#include "core/huge_pages.h"

#include <cstdint>
#include <new>

#include <sys/mman.h>

namespace gatehouse {
namespace {

constexpr size_t kHuge = size_t{2} << 20;

}  // namespace

HugePages::HugePages(size_t bytes) {
  // As much more as makes room for an aligned beginning; what is not touched costs nothing.
  const size_t mapped = bytes + kHuge;
  void* const at =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<uintptr_t>(at);
  const uintptr_t aligned = (begin + kHuge - 1) / kHuge * kHuge;
  if (aligned > begin) ::munmap(at, aligned - begin);
  char* const memory = static_cast<char*>(at) + (aligned - begin);
  memory_ = {memory, Unmap{mapped - (aligned - begin)}};
  (void)::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: small pages work as well
}

void HugePages::Unmap::operator()(char* memory) const {
  ::munmap(memory, bytes);
}

}  // namespace gatehouse
