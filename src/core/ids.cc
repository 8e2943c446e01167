#include "core/ids.h"

namespace gatehouse {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

std::string format_id(std::string_view prefix, uint64_t millis, uint64_t high16, uint64_t low64) {
  std::string id(prefix);
  const size_t start = id.size();
  id.resize(start + 26);
  // 130 bits of characters hold 128 bits of value; the most significant character has 3 bits.
  Uint128 value = (static_cast<Uint128>((millis << 16) | (high16 & 0xFFFF)) << 64) | low64;
  for (size_t i = 26; i-- > 0;) {
    id[start + i] = kAlphabet[static_cast<unsigned>(value & 31)];
    value >>= 5;
  }
  return id;
}

uint64_t millis_of(const Clock& clock) {
  return static_cast<uint64_t>(unix_millis(clock.wall())) & 0xFFFF'FFFF'FFFFULL;
}

}  // namespace

std::string make_id(std::string_view prefix, const Clock& clock, Random& random) {
  return format_id(prefix, millis_of(clock), random.next_u64(), random.next_u64());
}

IdMaker::IdMaker(const Clock& clock, Random& random)
    : clock_(clock), high_(random.next_u64()), low_(random.next_u64()) {}

std::string IdMaker::make(std::string_view prefix) {
  return format_id(prefix, millis_of(clock_), high_, ++low_);
}

}  // namespace gatehouse
