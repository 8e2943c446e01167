#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::net {

/// Decodes a body in chunked transfer coding (RFC 9112, section 7.1) that arrives in pieces,
/// without copying. Strict: lines end with CRLF; extensions and trailers are skipped and bounded.
class ChunkDecoder {
 public:
  enum class Status : unsigned char {
    more,   // all of the input was taken; no data came of it
    data,   // `piece` holds some bytes of the body
    end,    // the body is over; what is left of the input is the next message
    error,  // malformed, or an extension or the trailers are too large
  };
  static constexpr size_t kMaxExtensionBytes = 1024;  // of one chunk
  static constexpr size_t kMaxTrailerBytes = 8192;

  /// Takes bytes from the front of `input`; call again as long as it returns `data`.
  Status next(std::string_view& input, std::string_view& piece);
  bool ended() const { return state_ == State::ended; }
  void reset() { *this = ChunkDecoder(); }

 private:
  enum class State : unsigned char {
    size_first,
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_first,
    trailer_name,
    trailer,
    trailer_lf,
    last_lf,
    ended,
    failed,
  };
  bool step(unsigned char c);

  State state_ = State::size_first;
  uint8_t digits_ = 0;
  uint32_t skipped_ = 0;  // bytes of this extension, or of all trailers
  uint64_t left_ = 0;     // of this chunk
};

}  // namespace gatehouse::net
