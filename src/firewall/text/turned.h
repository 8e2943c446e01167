#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "firewall/text/lexicon.h"
#include "firewall/text/normaliser.h"
#include "firewall/text/words.h"

namespace gatehouse::firewall {

/// A view of a text in lower case, the same with its capitals, and the way back to the original.
struct TextView {
  std::string_view text;
  std::string_view cased;
  const OffsetMap& map;
};

/// Finds texts whose words only make sense read backwards or in another alphabet: ROT13, Caesar's,
/// Atbash, ROT47, letters drawn upside down. Linear.
class TurnedWords {
 public:
  /// A word of at least three small letters that the lexicon does not have; `index` among the
  /// words, rising.
  void note(std::string_view token, size_t index);
  /// Appends what was found to `out.children`. `words`: all of the view's.
  void add_children(const TextView& view, std::span<const Word> words, Normalised& out) const;

 private:
  /// The words that make sense so, with the first and last of them.
  struct Hits {
    size_t count = 0;
    size_t first = 0;
    size_t last = 0;
    size_t unknown_before_first = 0;
    size_t unknown_up_to_last = 0;
    void add(size_t index, size_t unknown);
    bool convincing(bool cue) const;
  };
  class Children;

  const Lexicon& lexicon_ = Lexicon::standard();
  std::string buffer_;
  Hits rot13_;
  Hits reversed_;
  std::array<uint32_t, 26> letters_{};  // of the words noted
  size_t unknown_ = 0;
};

}  // namespace gatehouse::firewall
