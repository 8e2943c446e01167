#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "firewall/tagger/crf.h"
#include "firewall/tagger/features.h"
#include "firewall/text/normaliser.h"
#include "firewall/types.h"

namespace gatehouse::firewall::tagger {

/// The rules that the tagger's findings carry.
inline constexpr std::string_view kNameRule = "pii.name";
inline constexpr std::string_view kAddressRule = "pii.address";

/// Which of the two are wanted; the tagger is not run for none.
struct Wanted {
  bool names = false;
  bool addresses = false;
  explicit operator bool() const { return names || addresses; }
};

/// Finds persons' names and postal addresses, which have no form to go by: a small model looks at
/// runs of capitalised words, numbers and known names, and at the two words on either side.
/// Immutable, thread-safe; scratch memory is per thread. Linear time.
class Tagger {
 public:
  /// Reads the file that tools/train/train_names writes. Refuses another format, other features,
  /// another gazetteer, a size that does not fit and a wrong checksum, each by name.
  static Result<std::unique_ptr<Tagger>> load(const std::filesystem::path& file);

  /// Scans text as the normaliser's clean view writes it; offsets are of `text`. Findings come in
  /// order and do not overlap.
  void scan(std::string_view text, Wanted wanted, Findings& out) const;
  /// The same for a text to which more may be appended. Returns from where the text must be held:
  /// what is found from there on may still change, and is told as it stands.
  size_t scan_growing(std::string_view text, Wanted wanted, Findings& out) const;
  /// Scans the clean view of a text and its decoded children; offsets are of the original.
  void scan(const Normalised& text, Wanted wanted, Findings& out) const;

  /// "1 3f9c0a11": version and first digits of the file's SHA-256.
  const std::string& version() const { return version_; }

 private:
  Tagger() = default;
  size_t run(std::string_view text, Wanted wanted, bool growing, Findings& out) const;
  void tag(std::string_view text, std::span<const Token> run, Wanted wanted, Findings& out) const;
  Chain::Scores score(const Token* token) const;

  std::vector<uint32_t> table_;  // kBuckets: four weights + 128, a byte each
  float scale_ = 1;
  Chain chain_;
  std::string version_;
};

/// Calls `use(first, last, anchored)` for each run of candidates among `tokens` (edges included);
/// `last` is one behind, and a run that is not anchored holds nothing. A long run, such as a list
/// of people, is cut behind a sign, or else at Chain::kLongest. Shared with the trainer.
template <typename Use>
void for_each_run(std::span<const Token> tokens, Use&& use) {
  constexpr size_t kLong = 20;
  const size_t end = tokens.size() - kEdges;
  for (size_t at = kEdges; at < end;) {
    if (!tokens[at].candidate) {
      ++at;
      continue;
    }
    const size_t first = at;
    bool anchored = false;
    for (; at < end && tokens[at].candidate && at - first < Chain::kLongest; ++at) {
      if (at - first > kLong && parts(tokens[at - 1].shape)) break;
      anchored |= is_anchor(tokens[at]);
    }
    use(first, at, anchored);
  }
}

}  // namespace gatehouse::firewall::tagger
