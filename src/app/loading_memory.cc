#include "app/loading_memory.h"

#include <mimalloc.h>

// Tests and sanitizer builds are not linked with it.
#pragma weak mi_option_get
#pragma weak mi_option_set

namespace gatehouse::app {

LoadingMemory::LoadingMemory() {
  if (mi_option_get == nullptr || mi_option_set == nullptr) return;
  delay_ = mi_option_get(mi_option_decommit_delay);
  mi_option_set(mi_option_decommit_delay, 0);
}

LoadingMemory::~LoadingMemory() {
  if (mi_option_set != nullptr) mi_option_set(mi_option_decommit_delay, delay_);
}

}  // namespace gatehouse::app
