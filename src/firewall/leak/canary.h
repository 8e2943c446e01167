#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::firewall {

/// A token that stands in the system prompt and nowhere else: an answer that holds it has leaked
/// the prompt. 20 letters and digits, one look-alike of each kind left out, derived from `secret`:
/// a prompt keeps its canary from request to request, or no cache of prompts would ever hit.
std::string make_canary(std::string_view secret);
/// The sentence that carries it in a system prompt.
std::string canary_sentence(std::string_view canary);

/// Recognises a canary in text: as it is, in any case, with separators between its characters,
/// reversed, in hex, base64 (at each of the three alignments) and rot13. Letters and digits alone
/// count; all else may stand between them. Immutable; thread-safe.
class CanaryMatcher {
 public:
  explicit CanaryMatcher(std::string_view canary);

  /// Goes over a text that comes in pieces. Offsets count from where the object was made.
  class Cursor {
   public:
    explicit Cursor(const CanaryMatcher& matcher)
        : matcher_(&matcher), states_(matcher.forms_.size()) {}
    struct Step {
      bool found = false;
      size_t begin = 0;  // of the match, when found
      size_t end = 0;
      size_t hold_from =
          0;  // a match may have begun here; the position behind the text if none has
    };
    /// Takes more text; tells the first match in it. `position`: the offset of the text's first
    /// byte.
    Step feed(std::string_view text, size_t position);

   private:
    struct State {
      size_t matched = 0;
      std::vector<size_t> places;  // of the matched characters
    };
    const CanaryMatcher* matcher_;
    std::vector<State> states_;
  };

  /// Whether a whole text holds the canary, and where.
  Cursor::Step find(std::string_view text) const;

 private:
  struct Form {
    std::string text;
    std::vector<size_t> fallback;  // Knuth-Morris-Pratt
    bool exact_case = false;
  };
  void add(std::string text, bool exact_case);
  std::vector<Form> forms_;
};

}  // namespace gatehouse::firewall
