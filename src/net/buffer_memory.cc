#include "net/buffer_memory.h"

#include <new>
#include <vector>

#include <sys/mman.h>

#include "core/sanitizers.h"

namespace gatehouse::net {
namespace {

constexpr bool kPooled = !kSanitized;  // the sanitizers are to see each buffer's life

constexpr size_t kPagesPerStep = 64;
/// Unused pages of a thread that stay in memory.
constexpr size_t kWarmPages = 256;

/// Never destroyed: buffers may be freed while a thread's statics are.
struct Pool {
  std::vector<char*> warm;
  std::vector<char*> cold;  // the system took their memory back; they read as zeros
};

Pool& pool() {
  thread_local Pool* const pool = new Pool;
  return *pool;
}

void grow(Pool& pool) {
  void* memory = ::mmap(nullptr, kPagesPerStep * kBufferPage, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  for (size_t i = kPagesPerStep; i > 0; --i) {
    pool.cold.push_back(static_cast<char*>(memory) + (i - 1) * kBufferPage);
  }
}

char* take(std::vector<char*>& pages) {
  char* page = pages.back();
  pages.pop_back();
  return page;
}

}  // namespace

char* allocate_buffer(size_t size) {
  if (!kPooled || size != kBufferPage) return new char[size];
  Pool& mine = pool();
  if (!mine.warm.empty()) return take(mine.warm);
  if (mine.cold.empty()) grow(mine);
  return take(mine.cold);
}

void free_buffer(char* memory, size_t size) noexcept {
  if (!kPooled || size != kBufferPage) {
    delete[] memory;
    return;
  }
  Pool& mine = pool();
  if (mine.warm.size() < kWarmPages) {
    mine.warm.push_back(memory);
    return;
  }
  ::madvise(memory, kBufferPage, MADV_DONTNEED);
  mine.cold.push_back(memory);
}

}  // namespace gatehouse::net
