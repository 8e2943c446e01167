#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gatehouse::firewall {

/// Whether a byte passes into the clean view without being looked at: printable ASCII, tab, newline
/// and carriage return.
inline bool is_plain_byte(unsigned char byte) {
  return (byte >= 0x20 && byte < 0x7F) || byte == '\t' || byte == '\n' || byte == '\r';
}

/// The end of the run of plain bytes that begins at `at`.
inline size_t plain_run_end(std::string_view text, size_t at) {
#if defined(__SSE2__)
  const __m128i low = _mm_set1_epi8(0x1F);
  const __m128i del = _mm_set1_epi8(0x7F);
  while (at + 16 <= text.size()) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Signed comparison: bytes >= 0x80 are negative, so "greater than 0x1F" leaves them out.
    const __m128i printable =
        _mm_andnot_si128(_mm_cmpeq_epi8(block, del), _mm_cmpgt_epi8(block, low));
    const auto odd = static_cast<unsigned>(_mm_movemask_epi8(printable)) ^ 0xFFFFu;
    if (odd != 0) {
      const size_t first = at + static_cast<size_t>(__builtin_ctz(odd));
      if (!is_plain_byte(static_cast<unsigned char>(text[first]))) return first;
      at = first + 1;  // a tab or a newline
      continue;
    }
    at += 16;
  }
#endif
  while (at < text.size() && is_plain_byte(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

}  // namespace gatehouse::firewall
