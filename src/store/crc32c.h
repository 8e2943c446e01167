#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::store {

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), by the processor's instruction where it has one.
/// Finds damage, proves nothing.
uint32_t crc32c(std::string_view bytes);

/// The same without the instruction; for tests.
uint32_t crc32c_portable(std::string_view bytes);

}  // namespace gatehouse::store
