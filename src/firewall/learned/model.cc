#include "firewall/learned/model.h"

#include <cstring>
#include <iterator>

#include "firewall/learned/accumulate.h"
#include "firewall/learned/windows.h"
#include "firewall/logistic.h"
#include "firewall/model_bytes.h"

namespace gatehouse::firewall::learned {
namespace {

/// The file, little-endian and packed: this header, the table, 32 bytes of SHA-256 over both.
struct FileHeader {
  char magic[8];  // "GHLINEAR"
  uint32_t format;
  uint32_t features;
  uint32_t bucket_bits;
  uint32_t heads;
  uint32_t model_version;
  uint32_t reserved;
  float scale[kHeads];
  float bias[kHeads];
  float calibration[kAttackHeads + 2][Calibration::kInputs];
};
static_assert(sizeof(FileHeader) == 32 + 8 * kHeads + 4 * (kAttackHeads + 2) * 6);
constexpr uint32_t kFormat = 1;
constexpr std::string_view kModel = "learned model";

Refusal damaged(const std::filesystem::path& file, std::string why) {
  return damaged_model(kModel, file, std::move(why));
}

float logit(const Calibration& calibration, const std::array<float, Calibration::kInputs>& inputs) {
  float z = 0;
  for (size_t i = 0; i < inputs.size(); ++i) z += calibration.weight[i] * inputs[i];
  return z;
}

float probability(const Calibration& calibration,
                  const std::array<float, Calibration::kInputs>& inputs) {
  return sigmoid(logit(calibration, inputs));
}

/// From so many blocks on (some 2.5 KB) a user's text is taken for one that holds a document. Both
/// were chosen on the training and development parts: of 382 long harmless prompts the head for
/// documents reaches the threshold in 5; of 40 development documents with an attack buried in them
/// 34 are found with it, 21 to 24 without.
constexpr size_t kPastedBlocks = 24;
constexpr float kPastedDoubt = 1.15F;

void copy_weights(const float (&from)[Calibration::kInputs], Calibration& to) {
  std::copy(std::begin(from), std::end(from), to.weight.begin());
}

}  // namespace

Head head_for(Source source) {
  switch (source) {
    case Source::system:
    case Source::developer:
    case Source::definition:
      return Head::system;
    case Source::tool:
    case Source::retrieved:
      return Head::content;
    case Source::user:
    case Source::assistant:
      break;
  }
  return Head::user;
}

std::string_view rule_name(Head head) {
  switch (head) {
    case Head::user:
      return "learned/user";
    case Head::content:
      return "learned/content";
    case Head::system:
      return "learned/system";
    case Head::harmful:
      return "learned/harmful";
    case Head::hate:
      return "learned/hate";
    default:
      return "learned";
  }
}

Result<std::unique_ptr<Model>> Model::load(const std::filesystem::path& file) {
  constexpr size_t kTable = size_t{kBuckets} * kHeads;
  const Result<std::string> read = read_model(kModel, file, sizeof(FileHeader) + kTable);
  if (!read) return refuse(read.error());
  const std::string& bytes = *read;
  FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, "GHLINEAR", 8) != 0) return refuse(damaged(file, "is no model"));
  if (header.format != kFormat || header.bucket_bits != kBucketBits || header.heads != kHeads) {
    return refuse(damaged(file, "has a format that this version does not read"));
  }
  if (header.features != kFeatureVersion) {
    return refuse(damaged(file, "was trained on features of version " +
                                    std::to_string(header.features) + ", this program makes " +
                                    std::to_string(kFeatureVersion)));
  }
  if (!sum_holds(bytes)) return refuse(damaged(file, "fails its checksum"));

  std::unique_ptr<Model> model(new Model);
  std::copy(std::begin(header.scale), std::end(header.scale), model->scale_.begin());
  std::copy(std::begin(header.bias), std::end(header.bias), model->bias_.begin());
  for (size_t h = 0; h < kAttackHeads; ++h) {
    copy_weights(header.calibration[h], model->attack_[h]);
  }
  copy_weights(header.calibration[kAttackHeads], model->harmful_);
  copy_weights(header.calibration[kAttackHeads + 1], model->hate_);
  model->table_ = HugeTable<int8_t>(kTable);
  std::memcpy(model->table_.data(), bytes.data() + sizeof header, kTable);
  model->version_ = version_text(header.model_version, bytes);
  return model;
}

TextScore Model::score(std::string_view view, Source source) const {
  return explain(view, source).score;
}

Model::Details Model::explain(std::string_view view, Source source) const {
  Windows windows(scale_, bias_);
  Accumulator<Windows> accumulator(table_.data(), windows);
  Extractor<Accumulator<Windows>>(accumulator).run(view);

  Details details;
  if (windows.blocks() == 0) return details;
  const Head head = head_for(source);
  details.inputs = windows.inputs(head);
  TextScore& score = details.score;
  score.attack = probability(attack_[static_cast<size_t>(head)], details.inputs);
  score.harmful = probability(harmful_, windows.inputs(Head::harmful));
  score.hate = probability(hate_, windows.inputs(Head::hate));
  score.sentence_count = static_cast<uint32_t>(windows.sentence_count());
  if (score.sentence_count > 1) {
    for (size_t i = 0; i < TextScore::kSentences; ++i) {
      const Windows::Sentence& best = windows.sentences(head)[i];
      if (best.end == 0) break;
      const float alone = best.score;
      score.sentences[i] = {
          probability(attack_[static_cast<size_t>(head)], {1, alone, alone, alone, 0, alone}),
          best.begin, best.end};
    }
  }
  Head speaker = head;
  if (head == Head::user && windows.blocks() >= kPastedBlocks) {
    // A user's long text is mostly pasted: let the head for documents look at it too. It is less
    // sure here, since some of the text may well speak to the model.
    const auto content = static_cast<size_t>(Head::content);
    const float pasted =
        sigmoid(logit(attack_[content], windows.inputs(Head::content)) - kPastedDoubt);
    if (pasted > score.attack) {
      score.attack = pasted;
      speaker = Head::content;
    }
  }
  const Windows::Best& best = windows.small(speaker);
  score.begin = best.begin;
  score.end = best.end;
  score.asked = speaker;
  score.around_begin = windows.large(speaker).begin;
  score.around_end = windows.large(speaker).end;
  // The kind is told from the window that weighed most and what surrounds it.
  const auto& around = windows.large(speaker).all;
  if (around[static_cast<size_t>(Head::extraction)] > 0) {
    score.kind = Category::prompt_extraction;
  } else if (around[static_cast<size_t>(Head::jailbreak)] > 0) {
    score.kind = Category::jailbreak;
  } else {
    score.kind = Category::injection;
  }
  return details;
}

}  // namespace gatehouse::firewall::learned
