#include "firewall/clean_memory.h"

#include <cstring>
#include <utility>

namespace gatehouse::firewall {

CleanMemory::Key CleanMemory::key(std::string_view tenant, const Policy& policy,
                                  std::string_view model, Source source, std::string_view text) {
  // Sizes in front, so that no two lists of parts give the same bytes.
  const std::array<uint64_t, 4> head = {tenant.size(), policy.hash().size(), model.size(),
                                        static_cast<uint64_t>(source)};
  hash_.begin();
  hash_.add({reinterpret_cast<const char*>(head.data()), sizeof head});
  hash_.add(tenant);
  hash_.add(policy.hash());
  hash_.add(model);
  hash_.add(text);
  const Digest digest = hash_.finish();
  Key key;
  std::memcpy(key.hash.data(), digest.data(), sizeof key.hash);
  return key;
}

const CleanMemory::Outcome* CleanMemory::find(const Key& key) const {
  const size_t first = first_slot(key);
  for (size_t way = 0; way < kWays; ++way) {
    if (slots_[first + way].key == key) return &slots_[first + way].outcome;
  }
  return nullptr;
}

void CleanMemory::remember(const Key& key, const Outcome& outcome) {
  Slot& newest = slots_[first_slot(key)];
  Slot& older = slots_[first_slot(key) + 1];
  older = std::exchange(newest, Slot{key, outcome});
}

}  // namespace gatehouse::firewall
