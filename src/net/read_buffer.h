#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "net/buffer_memory.h"

namespace gatehouse::net {

/// The flat memory that a connection reads into, used for one message after the other. Bytes that
/// were read and not yet taken are the window; the head of the message being worked on can be held,
/// so that views into it stay valid while the next bytes arrive elsewhere.
class ReadBuffer {
 public:
  static constexpr size_t kFirstCapacity = kBufferPage;

  std::string_view window() const { return {data_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  bool allocated() const { return data_ != nullptr; }
  size_t capacity() const { return capacity_; }
  const char* base() const { return data_.get(); }

  /// Free bytes behind the window.
  std::span<char> room() { return {data_.get() + end_, limit_ - end_}; }
  /// `n` bytes of `room` were filled.
  void filled(size_t n) { end_ += n; }
  void take(size_t n) { begin_ += n; }

  /// Makes `room` at least `wanted` bytes; moves the window close behind what is held, so there
  /// must be no read under way. Views into what is held move by what `base` moved.
  void make_room(size_t wanted) {
    if (limit_ - end_ >= wanted) return;
    const size_t front = held_ > 0 ? held_begin_ + held_ : 0;
    if (capacity_ < front + size() + wanted) return grow(front + size() + wanted, front);
    const size_t kept = size();
    if (kept > 0) std::memmove(data_.get() + front, data_.get() + begin_, kept);
    begin_ = front;
    end_ = front + kept;
    limit_ = capacity_;
  }

  /// Takes the first `head` bytes of the window and keeps them where they are.
  void hold(size_t head) {
    held_begin_ = begin_;
    held_ = head;
    begin_ += head;
  }
  /// Lets the next bytes arrive where there is most space besides the held head. Only with nothing
  /// left in the window is there a choice.
  void choose_room() {
    if (!empty()) {
      limit_ = capacity_;
      return;
    }
    const size_t behind = capacity_ - (held_begin_ + held_);
    if (held_begin_ > behind) {
      begin_ = end_ = 0;
      limit_ = held_begin_;
    } else {
      begin_ = end_ = held_begin_ + held_;
      limit_ = capacity_;
    }
  }
  /// The held head is no longer needed. `moving`: no read is under way, so that the window may
  /// start over at the front.
  void unhold(bool moving) {
    held_ = 0;
    if (moving && empty()) {
      begin_ = end_ = 0;
      limit_ = capacity_;
    }
  }

  void free() {
    data_.reset();
    capacity_ = begin_ = end_ = limit_ = held_ = held_begin_ = 0;
  }

 private:
  /// Moves to memory of at least `wanted` bytes; the window goes to `at`.
  void grow(size_t wanted, size_t at) {
    size_t capacity = capacity_ == 0 ? kFirstCapacity : capacity_;
    while (capacity < wanted) capacity *= 2;
    BufferPtr data = make_buffer(capacity);
    if (held_ > 0) std::memcpy(data.get() + held_begin_, data_.get() + held_begin_, held_);
    const size_t kept = size();
    if (kept > 0) std::memcpy(data.get() + at, data_.get() + begin_, kept);
    data_ = std::move(data);
    capacity_ = capacity;
    begin_ = at;
    end_ = at + kept;
    limit_ = capacity;
  }

  BufferPtr data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;  // of the window
  size_t end_ = 0;
  size_t limit_ = 0;  // of the room
  size_t held_begin_ = 0;
  size_t held_ = 0;
};

}  // namespace gatehouse::net
