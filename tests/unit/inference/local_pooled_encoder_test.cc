// The encoder that runs on its caller's thread, beside the batching one's reference vectors.
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "inference/local/pooled_encoder.h"

namespace gatehouse::inference::local {
namespace {

const std::string kModels = GATEHOUSE_SOURCE_DIR "/build/assets/models/";

std::unique_ptr<PooledEncoder> load(std::string_view file, size_t contexts = 1) {
  PooledEncoder::Options options;
  options.model_path = kModels + std::string(file);
  options.max_tokens = 64;
  options.contexts = contexts;
  auto encoder = PooledEncoder::load(options);
  EXPECT_TRUE(encoder) << encoder.error().message;
  return std::move(*encoder);
}

std::vector<float> encode(PooledEncoder& encoder, std::string_view text) {
  std::vector<float> vector(encoder.width());
  EXPECT_TRUE(encoder.encode(text, vector));
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

TEST(LocalPooledEncoder, LikeTextsHaveLikeVectors) {
  const auto encoder = load(kPinnedEmbeddingModel);
  const std::vector<float> cat = encode(*encoder, "A cat sleeps on the sofa.");
  const std::vector<float> kitten = encode(*encoder, "A kitten is napping on the couch.");
  const std::vector<float> bond = encode(*encoder, "The bond market fell sharply today.");
  EXPECT_EQ(cat.size(), 384U);
  EXPECT_GT(cosine(cat, kitten), cosine(cat, bond) + 0.3);
}

TEST(LocalPooledEncoder, WhatIsTooLongIsCutOffNotRefused) {
  const auto encoder = load(kPinnedEmbeddingModel);
  std::string text;
  for (int i = 0; i < 62; ++i) text += "word ";
  const std::vector<float> whole = encode(*encoder, text);
  for (int i = 0; i < 5000; ++i) text += "other ";
  EXPECT_GT(cosine(whole, encode(*encoder, text)), 0.9999);
  EXPECT_EQ(encode(*encoder, "").size(), 384U);
}

TEST(LocalPooledEncoder, CallersOnManyThreadsGetTheirOwnVectors) {
  const auto encoder = load(kPinnedEmbeddingModel, 2);
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

TEST(LocalPooledEncoder, TheFirewallsTransformerSaysWhatItWasMergedWith) {
  const auto precise = load("firewall-precise.gguf");
  EXPECT_EQ(precise->metadata("gatehouse.adapters").size(), 64U);
  EXPECT_EQ(load(kPinnedEmbeddingModel)->metadata("gatehouse.adapters"), "");
}

}  // namespace
}  // namespace gatehouse::inference::local
