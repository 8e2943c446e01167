#pragma once

#include <cstddef>
#include <memory>

namespace gatehouse::net {

/// The size of the buffers that every connection begins with.
inline constexpr size_t kBufferPage = 4096;

/// Memory for read buffers. Buffers of one page come from a pool of the calling thread, whole pages
/// that are given back to the system when many lie unused: freed between the small, long-lived
/// things of other connections, they would otherwise stay with the program for good. Larger ones
/// come from the heap. May be freed on another thread.
char* allocate_buffer(size_t size);
void free_buffer(char* memory, size_t size) noexcept;

struct BufferFree {
  size_t size = 0;
  void operator()(char* memory) const { free_buffer(memory, size); }
};
using BufferPtr = std::unique_ptr<char[], BufferFree>;

inline BufferPtr make_buffer(size_t size) {
  return BufferPtr(allocate_buffer(size), BufferFree{size});
}

}  // namespace gatehouse::net
