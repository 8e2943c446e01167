#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::firewall {

/// The words of a system prompt, made searchable: an answer that repeats a run of them leaks the
/// prompt. Words are compared in lower case, punctuation and spacing do not count. Immutable;
/// thread-safe. Built once per system prompt, linear in its size.
class LeakIndex {
 public:
  struct Options {
    /// A run of so many words is a leak …
    size_t fewest_words = 10;
    /// … if it also has so many letters: "to be or not to be" is a run of short words.
    size_t fewest_letters = 40;
    /// Prompts are indexed up to so many words.
    size_t most_words = 20'000;
  };
  explicit LeakIndex(std::string_view system_prompt) : LeakIndex(system_prompt, Options{}) {}
  LeakIndex(std::string_view system_prompt, const Options& options)
      : LeakIndex(std::span(&system_prompt, 1), options) {}
  /// Of the prompt, which is form 0, and of other forms of it, to be found as well.
  explicit LeakIndex(std::span<const std::string_view> forms) : LeakIndex(forms, Options{}) {}
  LeakIndex(std::span<const std::string_view> forms, const Options& options);

  /// Too short a prompt has nothing to leak.
  bool empty() const { return own_words_ < options_.fewest_words; }

  /// Follows a text word by word.
  class Cursor {
   public:
    explicit Cursor(const LeakIndex& index) : index_(&index) {}
    struct Step {
      bool found = false;
      size_t begin = 0;
      size_t end = 0;
      size_t words = 0;
      size_t form = 0;
      size_t hold_from = 0;
    };
    /// Takes more text up to the last word's end; a word that reaches the end of the text waits for
    /// more unless `last`. `position`: the offset of the text's first byte.
    Step feed(std::string_view text, size_t position, bool last);

   private:
    void take_word(uint64_t hash, size_t letters, size_t begin, size_t end);

    struct Candidate {
      uint32_t next;   // place in the prompt that the next word must have
      uint32_t words;  // matched so far
    };
    struct Place {
      size_t begin = 0;
      size_t letters = 0;
    };
    void follow(uint64_t hash, uint64_t pair, bool known);
    const LeakIndex* index_;
    std::vector<Candidate> candidates_;
    std::vector<Candidate> other_;
    std::vector<Place> run_;  // the words of the longest candidate, latest last; none if none is
    Place before_;            // the word before; without letters: there is none
    uint64_t hash_ = 0;       // of the word before
    uint64_t word_hash_ = 0;  // of the word under way
    size_t letters_ = 0;
    size_t word_begin_ = 0;
    size_t word_end_ = 0;
    Step found_;
    bool told_ = false;  // the run under way was reported
  };

  Cursor::Step find(std::string_view text) const;

 private:
  void add_form(std::string_view text);
  void build_filter();
  bool may_hold(uint64_t pair) const;
  size_t form_of(uint32_t place) const;

  Options options_;
  std::vector<uint64_t> words_;                                 // hashes, in order, form by form
  std::vector<uint32_t> forms_;                                 // where each begins
  size_t own_words_ = 0;                                        // of form 0
  std::unordered_map<uint64_t, std::vector<uint32_t>> places_;  // of each pair of words
  // A bit for each pair, of which most pairs of other texts meet none: a look into it costs a tenth
  // of a look into the map.
  std::vector<uint64_t> filter_;
  unsigned filter_shift_ = 63;
};

}  // namespace gatehouse::firewall
