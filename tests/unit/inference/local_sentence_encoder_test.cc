// The encoder on its caller's thread; local_embedding_test has its values beside a reference.
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "inference/local/encoder/sentence_encoder.h"

namespace gatehouse::inference::local {
namespace {

const std::string kModels = GATEHOUSE_SOURCE_DIR "/build/assets/models/";

std::unique_ptr<SentenceEncoder> load(std::string_view file) {
  auto encoder = SentenceEncoder::load(kModels + std::string(file));
  EXPECT_TRUE(encoder) << encoder.error().message;
  return std::move(*encoder);
}

constexpr size_t kLimit = 64;

std::vector<float> encode(SentenceEncoder& encoder, std::string_view text) {
  std::vector<float> vector(encoder.width());
  EXPECT_TRUE(encoder.encode(text, kLimit, vector));
  return vector;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double both = 0;
  double of_a = 0;
  double of_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    both += double{a[i]} * double{b[i]};
    of_a += double{a[i]} * double{a[i]};
    of_b += double{b[i]} * double{b[i]};
  }
  return both / std::sqrt(of_a * of_b);
}

TEST(LocalSentenceEncoder, LikeTextsHaveLikeVectors) {
  const auto encoder = load(kPinnedEmbeddingModel);
  const std::vector<float> cat = encode(*encoder, "A cat sleeps on the sofa.");
  const std::vector<float> kitten = encode(*encoder, "A kitten is napping on the couch.");
  const std::vector<float> bond = encode(*encoder, "The bond market fell sharply today.");
  EXPECT_EQ(cat.size(), 384U);
  EXPECT_GT(cosine(cat, kitten), cosine(cat, bond) + 0.3);
}

TEST(LocalSentenceEncoder, WhatIsTooLongIsCutOffNotRefused) {
  const auto encoder = load(kPinnedEmbeddingModel);
  std::string text;
  for (int i = 0; i < 62; ++i) text += "word ";
  const std::vector<float> whole = encode(*encoder, text);
  for (int i = 0; i < 5000; ++i) text += "other ";
  EXPECT_GT(cosine(whole, encode(*encoder, text)), 0.9999);
  EXPECT_EQ(encode(*encoder, "").size(), 384U);
}

TEST(LocalSentenceEncoder, CallersOnManyThreadsGetTheirOwnVectors) {
  const auto encoder = load(kPinnedEmbeddingModel);
  const std::vector<std::string> texts = {"apples and pears", "the train is late", "print(42)",
                                          "Wie geht es dir?"};
  std::vector<std::vector<float>> alone;
  for (const std::string& text : texts) alone.push_back(encode(*encoder, text));
  std::vector<std::thread> callers;
  for (size_t i = 0; i < texts.size(); ++i) {
    callers.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) EXPECT_EQ(encode(*encoder, texts[i]), alone[i]);
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST(LocalSentenceEncoder, TheFirewallsTransformerSaysWhatItWasMergedWith) {
  const auto precise = load("firewall-precise.gguf");
  EXPECT_EQ(precise->model().metadata("gatehouse.adapters").size(), 64U);
  EXPECT_EQ(load(kPinnedEmbeddingModel)->model().metadata("gatehouse.adapters"), "");
}

}  // namespace
}  // namespace gatehouse::inference::local
