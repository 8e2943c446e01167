#include "net/chunked.h"

#include <algorithm>

namespace gatehouse::net {
namespace {

int hex(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// What the name of a trailer is made of.
bool token(unsigned char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

/// What an extension or a trailer may hold besides its line end.
bool printable(unsigned char c) {
  return c == '\t' || (c >= ' ' && c != 0x7f);
}

}  // namespace

ChunkDecoder::Status ChunkDecoder::next(std::string_view& input, std::string_view& piece) {
  while (!input.empty() || state_ == State::ended) {
    if (state_ == State::ended) return Status::end;
    if (state_ == State::failed) return Status::error;
    if (state_ == State::data) {
      const size_t n = static_cast<size_t>(std::min<uint64_t>(left_, input.size()));
      piece = input.substr(0, n);
      input.remove_prefix(n);
      left_ -= n;
      if (left_ == 0) state_ = State::data_cr;
      return Status::data;
    }
    const auto c = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    if (!step(c)) {
      state_ = State::failed;
      return Status::error;
    }
  }
  return state_ == State::failed ? Status::error : Status::more;
}

/// One byte of what is not data; false if it does not belong there.
bool ChunkDecoder::step(unsigned char c) {
  switch (state_) {
    case State::size_first:
      digits_ = 0;
      left_ = 0;
      skipped_ = 0;
      if (hex(c) < 0) return false;
      state_ = State::size;
      [[fallthrough]];
    case State::size:
      if (const int digit = hex(c); digit >= 0) {
        if (++digits_ > 15) return false;
        left_ = left_ * 16 + static_cast<uint64_t>(digit);
        return true;
      }
      [[fallthrough]];
    case State::size_space:
      if (c == ';')
        state_ = State::extension;
      else if (c == '\r')
        state_ = State::size_lf;
      else if ((c == ' ' || c == '\t') && ++skipped_ <= kMaxExtensionBytes)
        state_ = State::size_space;
      else
        return false;
      return true;
    case State::extension:
      if (c == '\r')
        state_ = State::size_lf;
      else if (!printable(c) || ++skipped_ > kMaxExtensionBytes)
        return false;
      return true;
    case State::size_lf:
      if (c != '\n') return false;
      state_ = left_ == 0 ? State::trailer_first : State::data;
      skipped_ = 0;
      return true;
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size_first;
      return c == '\n';
    case State::trailer_first:
      state_ = c == '\r' ? State::last_lf : State::trailer_name;
      return c == '\r' || (token(c) && ++skipped_ <= kMaxTrailerBytes);
    case State::trailer_name:
      if (c == ':') state_ = State::trailer;
      return (c == ':' || token(c)) && ++skipped_ <= kMaxTrailerBytes;
    case State::trailer:
      if (c == '\r')
        state_ = State::trailer_lf;
      else if (!printable(c) || ++skipped_ > kMaxTrailerBytes)
        return false;
      return true;
    case State::trailer_lf:
      state_ = State::trailer_first;
      return c == '\n';
    case State::last_lf:
      state_ = State::ended;
      return c == '\n';
    default:
      return false;
  }
}

}  // namespace gatehouse::net
