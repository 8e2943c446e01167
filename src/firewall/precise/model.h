#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "firewall/learned/model.h"
#include "firewall/precise/encoder.h"

namespace gatehouse::firewall::precise {

/// "precise/user"; static.
std::string_view rule_name(learned::Head head);

/// Where a sentence stands, or a window.
struct Among {
  size_t sentences = 1;  // of the text, it included
  float text = 1;        // what the linear model makes of the whole of it
  bool window = false;   // it is the window that the linear model scored highest, no sentence
};

/// The precise tier: a small sentence transformer (MiniLM, six layers) fine-tuned here by low-rank
/// adapters (Hu et al. 2021, arXiv:2106.09685), asked only where the linear model is unsure. The
/// file that tools/train/train_precise writes holds the adapters, which the build merges into the
/// pinned model, and what this class reads: one row of weights per head, the band in which the
/// linear model counts as unsure, and how both opinions become one. Immutable, thread-safe.
class Model {
 public:
  /// Heads of attacks: user, content, system, in learned::Head's order.
  static constexpr size_t kHeads = learned::kAttackHeads;

  /// Refuses a damaged file, one of another format, and an encoder that was merged from other
  /// adapters: the two are only right together.
  static Result<std::unique_ptr<Model>> load(const std::filesystem::path& file,
                                             std::unique_ptr<Encoder> encoder);

  /// Whether the transformer's answer could matter, given the linear model's. The more sentences a
  /// text has, the more likely one resembles an attack, and alone among many it says less than its
  /// writer meant, all the more where the whole of it is harmless: so of a long text the linear
  /// model has to be surer.
  bool worth_asking(learned::Head head, float probability, const Among& among) const;

  /// About how many sentences of a text of so many there is to be asked: among many harmless ones
  /// an attack is not always the one that is most like an attack.
  static size_t sentences_asked(size_t sentences);

  bool surely_attack(learned::Head head, float probability) const {
    return probability > heads_[static_cast<size_t>(head)].to;
  }

  /// The probability that both tiers come to. `text` is the window that the linear model scored
  /// highest, or one of so many sentences. Takes milliseconds. Nothing when the encoder fails.
  std::optional<float> score(learned::Head head, float probability, std::string_view text,
                             const Among& among = {}) const;

  /// "1 3f9c0a11": version and first digits of the file's SHA-256.
  const std::string& version() const { return version_; }

 private:
  struct Head {
    float bias = 0;
    float from = 0;  // the band, probabilities of the linear model
    float to = 0;
    std::array<float, 3> mix{};  // of 1, the linear model's logit, the transformer's logit
    std::vector<float> weight;   // width of the encoder
  };

  Model() = default;
  /// Of the linear model's probability, from where on there is a question.
  static float asked_from(const Head& head, const Among& among);
  /// In a text's favour, in logits.
  static float doubt(learned::Head head, const Among& among);

  std::array<Head, kHeads> heads_;
  std::unique_ptr<Encoder> encoder_;
  std::string version_;
};

}  // namespace gatehouse::firewall::precise
