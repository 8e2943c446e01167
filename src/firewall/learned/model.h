#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/huge_pages.h"
#include "core/result.h"
#include "firewall/learned/features.h"
#include "firewall/types.h"

namespace gatehouse::firewall::learned {

/// What is asked about a text. The first three are the same question for different speakers: the
/// words of an attack are ordinary in a system prompt that defends itself.
enum class Head : uint8_t { user, content, system, jailbreak, extraction, harmful, hate, spare };
inline constexpr size_t kHeads = 8;
/// Heads of which the best window counts.
inline constexpr size_t kAttackHeads = 3;

/// The head that judges text from this source.
Head head_for(Source source);
/// "learned/user@1"; static.
std::string_view rule_name(Head head);

/// What the model says of one text.
struct TextScore {
  float attack = 0;   // 0 to 1, calibrated: injection, jailbreak or prompt extraction
  float harmful = 0;  // 0 to 1: asks for something harmful
  float hate = 0;     // 0 to 1: hateful or abusive words
  Category kind = Category::injection;  // of the attack: injection, jailbreak, prompt_extraction
  uint32_t begin = 0;                   // the window that weighed most, bytes of the view
  uint32_t end = 0;
  Head asked = Head::user;    // whose question `attack` answers
  uint32_t around_begin = 0;  // the best large window, what a second opinion is asked about
  uint32_t around_end = 0;

  /// A sentence, judged as if it were the whole text: what stands around it cannot dilute it, and
  /// what it leaves open is a question for the precise tier.
  struct Sentence {
    float attack = 0;
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  static constexpr size_t kSentences = 3;
  /// Those that are most like an attack, the most first; empty ones where there are no more, and
  /// where the text is no more than one sentence.
  std::array<Sentence, kSentences> sentences;
  uint32_t sentence_count = 0;  // of the text
};

/// How a text's windows become one probability: a logistic function of what the windows said.
/// `count` is the weight of ln(blocks): more windows, more chances to be wrong, so that the
/// false-positive rate does not grow with length.
struct Calibration {
  static constexpr size_t kInputs = 6;
  // bias, best small window, best large window, whole text, ln(blocks), second small window
  std::array<float, kInputs> weight{};
};

/// A linear model over hashed n-grams, eight heads side by side in one table, so that one load
/// serves all. Immutable, thread-safe; `score` allocates nothing and takes linear time.
class Model {
 public:
  /// Small and large window, in blocks of about sixteen words.
  static constexpr size_t kSmallWindow = 2;
  static constexpr size_t kLargeWindow = 6;

  /// Reads the file that tools/train/train_injection writes. Refuses another format, another
  /// feature version, a size that does not fit and a wrong checksum, each by name.
  static Result<std::unique_ptr<Model>> load(const std::filesystem::path& file);

  /// `view` is the normaliser's canonical view, `source` its speaker.
  TextScore score(std::string_view view, Source source) const;

  /// The same with what the calibration saw; for training and tests.
  struct Details {
    TextScore score;
    std::array<float, Calibration::kInputs> inputs{};
  };
  Details explain(std::string_view view, Source source) const;

  /// "1 3f9c0a11": version and first digits of the file's SHA-256.
  const std::string& version() const { return version_; }

 private:
  Model() = default;

  HugeTable<int8_t> table_;  // kBuckets × kHeads
  std::array<float, kHeads> scale_{};
  std::array<float, kHeads> bias_{};
  std::array<Calibration, kAttackHeads> attack_{};
  Calibration harmful_;
  Calibration hate_;
  std::string version_;
};

}  // namespace gatehouse::firewall::learned
