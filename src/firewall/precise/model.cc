#include "firewall/precise/model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/digest.h"
#include "firewall/logistic.h"
#include "firewall/model_bytes.h"

namespace gatehouse::firewall::precise {
namespace {

constexpr std::string_view kModel = "precise model";
constexpr uint32_t kFormat = 1;
constexpr uint32_t kLayers = 6;
constexpr uint32_t kRank = 16;
constexpr uint32_t kWidth = 384;
constexpr uint32_t kInner = 1536;

/// The file, little-endian and packed: this header, `heads` rows of `width` floats, the adapters in
/// half precision (tools/minilm_to_gguf reads those), 32 bytes of SHA-256 over all that.
struct FileHeader {
  char magic[8];  // "GHPRECIS"
  uint32_t format;
  uint32_t model_version;
  uint32_t layers;
  uint32_t rank;
  uint32_t width;
  uint32_t inner;
  uint32_t heads;
  float scale;  // of the adapters' product
  struct {
    float bias;
    float from;
    float to;
    float mix[3];
  } head[Model::kHeads];
};
static_assert(sizeof(FileHeader) == 40 + Model::kHeads * 24);

// Query, key, value and output are square; the two others go to the inner width and back.
constexpr size_t kAdapters = size_t{kLayers} * kRank * (4 * 2 * kWidth + 2 * (kWidth + kInner));
constexpr size_t kWeights = sizeof(FileHeader) + Model::kHeads * kWidth * sizeof(float);
constexpr size_t kSummed = kWeights + kAdapters * 2;

Refusal damaged(const std::filesystem::path& file, std::string why) {
  return damaged_model(kModel, file, std::move(why));
}

bool fits(const FileHeader& header) {
  return header.format == kFormat && header.layers == kLayers && header.rank == kRank &&
         header.width == kWidth && header.inner == kInner && header.heads == Model::kHeads;
}

// Doubts are in logits, in a text's favour. They were chosen together, on the development part and
// on what no model was trained on: 1,500 excerpts of source code, headers and texts of Debian
// packages, as they are and with an attack in one line, and short attacks among other sentences.
constexpr float kSentenceDoubt = 0.6F;
constexpr float kDoubtAmongSentences = 0.22F;  // times the logarithm of their number
constexpr float kHarmlessText = 0.1F;          // to the linear model, up to here
constexpr size_t kFewSentences = 8;            // whose surroundings say nothing yet
constexpr float kDoubtInHarmlessText = 0.4F;
constexpr float kContentDoubt = 1.0F;
// A sentence among others is worth a question from so far above the band's lower end, times the
// logarithm of their number: nearer to it lie two in five of the questions about technical texts,
// and next to nothing is found. Of a few sentences each may be what the others only surround.
constexpr float kSentenceFrom = 0.5F;
constexpr float kSentenceFromAtMost = 1.1F;
// Of texts of more sentences than these the band begins higher, by so many logits times the
// logarithm of how many times more: the best of five hundred harmless sentences is not harmless to
// the linear model. Chosen on 252 documents of 20 to 100 KB, made of encyclopedias, abstracts and
// web pages, a third of them with an attack inside: as users' texts as many are found, as tool
// results four in a hundred fewer, and of the harmless ones half as many are asked about.
constexpr size_t kManySentences = 20;
constexpr float kSurerAmongMany = 0.3F;

// The transformer's logits reach some 5; where those would not bring a text to 0.45, below every
// threshold by default, there is no use in asking.
constexpr float kSurest = 5;
constexpr float kMatters = 0.45F;

}  // namespace

std::string_view rule_name(learned::Head head) {
  switch (head) {
    case learned::Head::content:
      return "precise/content";
    case learned::Head::system:
      return "precise/system";
    default:
      return "precise/user";
  }
}

Result<std::unique_ptr<Model>> Model::load(const std::filesystem::path& file,
                                           std::unique_ptr<Encoder> encoder) {
  const Result<std::string> read = read_model(kModel, file, kSummed);
  if (!read) return refuse(read.error());
  const std::string& bytes = *read;
  FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, "GHPRECIS", 8) != 0) return refuse(damaged(file, "is no model"));
  if (!fits(header)) return refuse(damaged(file, "has a format that this version does not read"));
  if (!sum_holds(bytes)) return refuse(damaged(file, "fails its checksum"));
  const std::string sum = to_hex(std::string_view(bytes).substr(kSummed));
  if (encoder->width() != kWidth || encoder->adapters() != sum) {
    return refuse(damaged(file, "is not what the transformer beside it was built from (" +
                                    encoder->adapters() + "); run `make build` again"));
  }

  std::unique_ptr<Model> model(new Model);
  for (size_t h = 0; h < kHeads; ++h) {
    Head& head = model->heads_[h];
    head.bias = header.head[h].bias;
    head.from = header.head[h].from;
    head.to = header.head[h].to;
    std::copy_n(header.head[h].mix, head.mix.size(), head.mix.begin());
    head.weight.resize(kWidth);
    std::memcpy(head.weight.data(), bytes.data() + sizeof header + h * kWidth * sizeof(float),
                kWidth * sizeof(float));
  }
  model->encoder_ = std::move(encoder);
  model->version_ = version_text(header.model_version, bytes);
  return model;
}

float Model::asked_from(const Head& head, const Among& among) {
  const auto sentences = static_cast<float>(std::max<size_t>(among.sentences, 1));
  float higher =
      kSurerAmongMany * std::log(std::max(sentences / static_cast<float>(kManySentences), 1.0F));
  if (!among.window) higher += std::min(kSentenceFrom * std::log(sentences), kSentenceFromAtMost);
  return shifted(head.from, higher);
}

float Model::doubt(learned::Head head, const Among& among) {
  const float about_documents = head == learned::Head::content ? kContentDoubt : 0;
  if (among.window || among.sentences < 2) return about_documents;
  const bool harmless = among.sentences > kFewSentences && among.text < kHarmlessText;
  return about_documents + (harmless ? kDoubtInHarmlessText : 0) + kSentenceDoubt +
         kDoubtAmongSentences * std::log(static_cast<float>(among.sentences));
}

size_t Model::sentences_asked(size_t sentences) {
  return sentences > kManySentences ? learned::TextScore::kSentences : 1;
}

bool Model::worth_asking(learned::Head which, float probability, const Among& among) const {
  const Head& head = heads_[static_cast<size_t>(which)];
  if (probability < asked_from(head, among)) return false;
  const float most = head.mix[0] + head.mix[1] * logit(probability) + head.mix[2] * kSurest;
  return sigmoid(most - doubt(which, among)) >= kMatters;
}

std::optional<float> Model::score(learned::Head which, float probability, std::string_view text,
                                  const Among& among) const {
  const Head& head = heads_[static_cast<size_t>(which)];
  std::array<float, kWidth> vector{};
  if (!encoder_->encode(text, vector)) return std::nullopt;
  float own = head.bias;
  for (size_t i = 0; i < kWidth; ++i) own += head.weight[i] * vector[i];
  const float both = head.mix[0] + head.mix[1] * logit(probability) + head.mix[2] * own;
  return sigmoid(both - doubt(which, among));
}

}  // namespace gatehouse::firewall::precise
