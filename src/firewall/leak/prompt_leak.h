#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "firewall/leak/leak_index.h"

namespace gatehouse::firewall {

/// What an answer must not repeat of a system prompt, in the forms that a model can be talked into:
/// as it is, in rot13, backwards, in base64 (either alphabet, lines folded or not) and in hex.
/// Immutable; thread-safe. Built once per system prompt, linear in its size.
class PromptLeak {
 public:
  explicit PromptLeak(std::string_view system_prompt);
  /// Applications send the same prompt with each request, so the last few are kept per thread.
  static std::shared_ptr<const PromptLeak> of(std::string_view system_prompt);

  /// Too short a prompt has nothing to leak.
  bool empty() const { return index_.empty(); }

  struct Step {
    bool found = false;
    size_t begin = 0;
    size_t end = 0;
    size_t hold_from = 0;       // a leak may have begun here; behind the text if none has
    std::string_view evidence;  // static: "shingles", "rot13", "reversed", "decoded:base64" …
  };

  /// The value of each character of an encoding; negative for the others.
  using Alphabet = std::array<int8_t, 256>;

  /// Characters of one encoding in a row, decoded as they come and followed as words.
  class Decoder {
   public:
    Decoder(const LeakIndex& index, const Alphabet& alphabet, unsigned bits)
        : index_(&index), alphabet_(&alphabet), bits_(bits), cursor_(index) {}
    LeakIndex::Cursor::Step feed(std::string_view text, size_t position, bool last);

   private:
    int value(char c) const { return (*alphabet_)[static_cast<unsigned char>(c)]; }
    void follow(bool last, LeakIndex::Cursor::Step& step);
    void end_run(LeakIndex::Cursor::Step& step);
    size_t place(size_t decoded) const { return begin_ + decoded * 8 / bits_; }

    const LeakIndex* index_;
    const Alphabet* alphabet_;
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
    LeakIndex::Cursor words_;
    std::array<Decoder, 2> decoders_;
  };

  Step find(std::string_view text) const { return Cursor(*this).feed(text, 0, true); }

 private:
  LeakIndex index_;
};

}  // namespace gatehouse::firewall
