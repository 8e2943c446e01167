#pragma once

namespace gatehouse::app {

/// While one lives, memory that is freed goes back to the system at once. Reading models takes much
/// more than what they become, and nothing that comes later would make the allocator let go of it.
/// Only in a program that is linked with mimalloc; elsewhere it does nothing.
class LoadingMemory {
 public:
  LoadingMemory();
  ~LoadingMemory();
  LoadingMemory(const LoadingMemory&) = delete;
  LoadingMemory& operator=(const LoadingMemory&) = delete;

 private:
  long delay_ = 0;  // ms
};

}  // namespace gatehouse::app
