#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/leak/leak_index.h"

namespace gatehouse::firewall {

/// What an answer must not repeat of a system prompt, in the forms that a model can be talked into:
/// as it is, in rot13, backwards, in base64 (either alphabet, lines folded or not) and in hex.
/// Immutable; thread-safe. Built once per system prompt, linear in its size.
class PromptLeak {
 public:
  explicit PromptLeak(std::string_view system_prompt);

  /// Too short a prompt has nothing to leak.
  bool empty() const { return forms_.front().empty(); }

  struct Step {
    bool found = false;
    size_t begin = 0;
    size_t end = 0;
    size_t hold_from = 0;       // a leak may have begun here; behind the text if none has
    std::string_view evidence;  // static: "shingles", "rot13", "reversed", "decoded:base64" …
  };

  /// Characters of one encoding in a row, decoded as they come and followed as words.
  class Decoder {
   public:
    using Value = int (*)(char);  // of a character of the alphabet; negative for another
    Decoder(const LeakIndex& index, Value value, unsigned bits)
        : index_(&index), value_(value), bits_(bits), cursor_(index) {}
    LeakIndex::Cursor::Step feed(std::string_view text, size_t position, bool last);

   private:
    void follow(bool last, LeakIndex::Cursor::Step& step);
    void end_run(LeakIndex::Cursor::Step& step);
    size_t place(size_t decoded) const { return begin_ + decoded * 8 / bits_; }

    const LeakIndex* index_;
    Value value_;
    unsigned bits_;  // per character
    LeakIndex::Cursor cursor_;
    size_t begin_ = 0;      // of the run
    size_t length_ = 0;     // its characters so far
    size_t followed_ = 0;   // decoded bytes that the cursor has seen
    size_t hold_from_ = 0;  // as the cursor said last
    std::string decoded_;   // bytes that it has not
    unsigned held_ = 0;     // bits of a byte under way
    unsigned held_bits_ = 0;
  };

  /// Follows a text that comes in pieces, each byte a bounded number of times.
  class Cursor {
   public:
    explicit Cursor(const PromptLeak& leak);
    /// `position`: the offset of the text's first byte.
    Step feed(std::string_view text, size_t position, bool last);

   private:
    std::vector<LeakIndex::Cursor> forms_;
    std::vector<Decoder> decoders_;
  };

  Step find(std::string_view text) const { return Cursor(*this).feed(text, 0, true); }

 private:
  static constexpr size_t kForms = 3;
  std::array<LeakIndex, kForms> forms_;
};

}  // namespace gatehouse::firewall
