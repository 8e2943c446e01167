#include "firewall/pdf/source.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace gatehouse::firewall::pdf {
namespace {

/// Of this size are qpdf's reads of tokens; it takes streams in larger pieces.
constexpr size_t kTokenRead = 128;
constexpr size_t kLeastTokens = 4;  // of one read, since it takes its time
/// Binary tables have no blanks: an entry of three bytes costs qpdf some hundred.
constexpr size_t kBytesOfToken = 8;

const char* stack_now() {
  return static_cast<const char*>(__builtin_frame_address(0));
}

}  // namespace

size_t tokens_in(const char* data, size_t size) {
  size_t count = 0;
  for (const char c : std::string_view(data, size)) {
    count += c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0' || c == '\f' ||
             c == '/' || c == '(' || c == '[' || c == ']' || c == '<' || c == '>';
  }
  return std::max(count, size / kBytesOfToken);
}

BoundedSource::BoundedSource(std::string_view bytes, Budget& budget)
    : bytes_(bytes), budget_(budget), stack_(stack_now()) {}

void BoundedSource::watch_stack() const {
  const auto depth = stack_ - stack_now();
  if (depth > static_cast<std::ptrdiff_t>(budget_.limits().stack)) budget_.overrun();
}

qpdf_offset_t BoundedSource::findAndSkipNextEOL() {
  const size_t found = std::min(bytes_.find_first_of("\r\n", at_), bytes_.size());
  budget_.read(found - at_);
  at_ = std::min(bytes_.find_first_not_of("\r\n", found), bytes_.size());
  return static_cast<qpdf_offset_t>(found);
}

void BoundedSource::seek(qpdf_offset_t offset, int whence) {
  watch_stack();
  const auto size = static_cast<qpdf_offset_t>(bytes_.size());
  const qpdf_offset_t from = whence == SEEK_SET ? 0 : whence == SEEK_END ? size : tell();
  if (offset < -from || offset > size) offset = size - from;
  at_ = std::min(static_cast<size_t>(from + offset), bytes_.size());
}

size_t BoundedSource::read(char* to, size_t length) {
  watch_stack();
  last_offset = tell();
  const std::string_view piece = bytes_.substr(at_, length);
  budget_.read(length);
  if (length <= kTokenRead) {
    budget_.tokens(std::max(tokens_in(piece.data(), piece.size()), kLeastTokens));
  }
  std::memcpy(to, piece.data(), piece.size());
  at_ += piece.size();
  return piece.size();
}

void BoundedSource::unreadCh(char) {
  if (at_ > 0) --at_;
}

}  // namespace gatehouse::firewall::pdf
