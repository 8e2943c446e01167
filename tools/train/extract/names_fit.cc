// Fits the tagger of names and addresses (src/firewall/tagger): a linear-chain conditional random
// field (Lafferty, McCallum, Pereira 2001) by stochastic gradient with AdaGrad steps. One thread,
// fixed order and seed: the same bytes every time.
//
//   firewall_names_fit EPOCHS OUT ROWS.jsonl…
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>

#include <openssl/sha.h>

#include "firewall/tagger/gazetteer.h"
#include "firewall/tagger/model_file.h"
#include "firewall/tagger/tagger.h"
#include "names_data.h"

namespace {

using namespace gatehouse::firewall::tagger;
using gatehouse::train::Sample;

constexpr float kRate = 0.15F;
constexpr float kDecay = 2e-6F;       // pull towards zero, each time a weight is touched
constexpr float kLargest = 4.0F;      // weights are stored in steps of kLargest / 127
constexpr uint32_t kForget = 35;      // of 100 names: not known to the gazetteer this time
constexpr uint32_t kForgetWord = 30;  // of 100 names: not known as a word this time
constexpr uint32_t kForgetAny = 15;   // of 100 words of any kind: the same
constexpr uint32_t kUnknownWord = 1;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint32_t below(uint32_t limit) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>((state_ >> 33U) % limit);
  }

 private:
  uint64_t state_;
};

struct Weight {
  float value = 0;
  float squares = 1e-4F;  // sum of the squared gradients

  void step(float gradient) {
    squares += gradient * gradient;
    value += kRate * gradient / std::sqrt(squares);
    value = std::clamp(value * (1 - kDecay), -kLargest, kLargest);
  }
};

class Fit {
 public:
  explicit Fit(std::vector<Sample> samples)
      : samples_(std::move(samples)), weights_(size_t{kBuckets} * kLanes) {}

  void run(int epochs) {
    std::vector<uint32_t> order(samples_.size());
    std::iota(order.begin(), order.end(), 0U);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      for (size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[random_.below(static_cast<uint32_t>(i))]);
      double loss = 0;
      for (const uint32_t i : order) loss += learn(samples_[i]);
      std::printf("epoch %d: loss %.4f\n", epoch + 1, loss / static_cast<double>(order.size()));
    }
  }

  bool write(const std::string& path) const {
    ModelHeader header;
    header.gazetteer = Gazetteer::standard().fingerprint();
    header.scale = kLargest / 127;
    for (size_t a = 0; a < kTags; ++a) {
      for (size_t b = 0; b < kTags; ++b) header.transition[a][b] = transition_[a][b].value;
    }
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    for (const Weight& weight : weights_)
      bytes.push_back(static_cast<char>(std::lround(weight.value / header.scale)));
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
    bytes.append(reinterpret_cast<const char*>(digest), sizeof digest);
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return out.good();
  }

 private:
  // Names that the gazetteer and the weights of single words do not know must be found as well: now
  // and then one is made unknown.
  void forget(const Sample& sample) {
    tokens_ = sample.tokens;
    for (Token& token : tokens_) {
      if (token.shape > Shape::edge && token.shape < Shape::digit1 &&
          random_.below(100) < kForgetAny)
        token.word = kUnknownWord;
    }
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (sample.tags[i] != Tag::name_begin) continue;
      const bool classes = random_.below(100) < kForget;
      const bool word = random_.below(100) < kForgetWord;
      for (size_t at = i; at == i || sample.tags[at] == Tag::name_inside; ++at) {
        const bool letters = tokens_[at].shape < Shape::digit1;
        if (classes) tokens_[at].classes &= static_cast<uint16_t>(~(kFirstName | kLastName));
        if (word && letters) tokens_[at].word = kUnknownWord;
      }
    }
  }

  double learn(const Sample& sample) {
    forget(sample);
    double loss = 0;
    for_each_run(tokens_, [&](size_t first, size_t last, bool anchored) {
      if (anchored) loss += learn_run(sample, first, last);
    });
    return loss;
  }

  double learn_run(const Sample& sample, size_t first, size_t last) {
    const size_t size = last - first;
    features_.resize(size);
    scores_.assign(size, {});
    marginals_.resize(size);
    Chain chain;
    for (size_t a = 0; a < kTags; ++a) {
      for (size_t b = 0; b < kTags; ++b) chain.transition[a][b] = transition_[a][b].value;
    }
    chain.prepare();
    for (size_t i = 0; i < size; ++i) {
      extract(&tokens_[first + i], features_[i]);
      for (const uint32_t bucket : features_[i]) {
        for (size_t lane = 0; lane < kLanes; ++lane)
          scores_[i][lane + 1] += weights_[bucket * kLanes + lane].value;
      }
    }
    std::array<Chain::Scores, kTags> pairs{};
    chain.marginals(scores_, marginals_, &pairs);

    double loss = 0;
    size_t before = 0;
    for (size_t i = 0; i < size; ++i) {
      size_t tag = static_cast<size_t>(sample.tags[first + i]);
      // A run that was cut in two inside a name.
      if (!Chain::allowed(before, tag)) tag -= 1;
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const float gradient = (tag == lane + 1 ? 1.0F : 0.0F) - marginals_[i][lane + 1];
        if (std::fabs(gradient) < 1e-4F) continue;
        for (const uint32_t bucket : features_[i]) weights_[bucket * kLanes + lane].step(gradient);
      }
      loss -= std::log(std::max(1e-9, static_cast<double>(marginals_[i][tag])));
      pairs[before][tag] -= 1;
      before = tag;
    }
    for (size_t a = 0; a < kTags; ++a) {
      for (size_t b = 0; b < kTags; ++b) {
        if (Chain::allowed(a, b)) transition_[a][b].step(-pairs[a][b]);
      }
    }
    return loss;
  }

  std::vector<Sample> samples_;
  std::vector<Weight> weights_;
  std::array<std::array<Weight, kTags>, kTags> transition_{};
  Random random_{20261124};
  std::vector<Token> tokens_;
  std::vector<Features> features_;
  std::vector<Chain::Scores> scores_;
  std::vector<Chain::Scores> marginals_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  std::vector<Sample> samples;
  for (int i = 3; i < argc; ++i) {
    for (const auto& row : gatehouse::train::read_labelled(argv[i]))
      samples.push_back(gatehouse::train::make_sample(row));
  }
  std::printf("%zu texts\n", samples.size());
  Fit fit(std::move(samples));
  fit.run(static_cast<int>(std::strtol(argv[1], nullptr, 10)));
  return fit.write(argv[2]) ? 0 : 1;
}
