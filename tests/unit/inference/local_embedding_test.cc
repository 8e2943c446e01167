// Embeddings beside those that ONNX Runtime and the `tokenizers` package compute from the original
// files (see minilm_reference.json; made once, in Python, from the pinned jar).
#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "core/json.h"
#include "inference/local/encoder/sentence_encoder.h"
#include "unit/inference/local_fixture.h"

namespace gatehouse::inference::local::test {
namespace {

struct Reference {
  std::string text;
  std::vector<Token> ids;
  std::vector<double> embedding;
};

std::vector<Reference> references() {
  std::ifstream file(GATEHOUSE_SOURCE_DIR "/tests/unit/inference/minilm_reference.json");
  std::stringstream content;
  content << file.rdbuf();
  json::Parser parser;
  const auto parsed = parser.parse_copy(content.str());
  EXPECT_TRUE(parsed);
  std::vector<Reference> all;
  for (const json::Element row : json::Array(*parsed)) {
    Reference reference;
    reference.text = std::string(std::string_view(row["text"]));
    for (const int64_t id : json::Array(row["ids"])) {
      reference.ids.push_back(static_cast<Token>(id));
    }
    for (const double value : json::Array(row["embedding"])) reference.embedding.push_back(value);
    all.push_back(std::move(reference));
  }
  EXPECT_GE(all.size(), 10U);
  return all;
}

Result<api::EmbeddingResponse> embed(const api::EmbeddingRequest& request,
                                     std::string_view model = "all-minilm-l6-v2") {
  struct Run {
    static Task<void> run(Bench& bench, Call& call, const api::EmbeddingRequest& what,
                          std::string_view name, Result<api::EmbeddingResponse>& out) {
      CallContext context = bench.context(call, name);
      out = co_await backend().embed(what, context);
      bench.done();
    }
  };
  Bench bench;
  Call call;
  Result<api::EmbeddingResponse> out = api::EmbeddingResponse{};
  bench.start(Run::run(bench, call, request, model, out));
  bench.run();
  return out;
}

std::unique_ptr<SentenceEncoder> pinned_encoder() {
  auto encoder = SentenceEncoder::load(GATEHOUSE_SOURCE_DIR "/build/assets/models/" +
                                       std::string(kPinnedEmbeddingModel));
  EXPECT_TRUE(encoder) << encoder.error().message;
  return std::move(*encoder);
}

TEST(LocalEmbedding, TokenizesAsTheReference) {
  const auto encoder = pinned_encoder();
  for (const Reference& reference : references()) {
    EXPECT_EQ(encoder->tokenize(reference.text), reference.ids) << reference.text;
  }
}

TEST(LocalEmbedding, SpecialTokensInATextStayText) {
  const auto encoder = pinned_encoder();
  const std::vector<Token> tokens = encoder->tokenize("a [SEP] b");
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), tokens.back()), 1) << "only at the end";
}

TEST(LocalEmbedding, AgreesWithTheReference) {
  const std::vector<Reference> all = references();
  api::EmbeddingRequest request;
  int64_t tokens = 0;
  for (const Reference& reference : all) {
    request.inputs.push_back(reference.text);
    tokens += static_cast<int64_t>(reference.ids.size());
  }
  const auto response = embed(request);
  ASSERT_TRUE(response) << response.error().reason;
  ASSERT_EQ(response->embeddings.size(), all.size());
  EXPECT_EQ(response->usage.input, tokens);
  for (size_t i = 0; i < all.size(); ++i) {
    const std::vector<float>& vector = response->embeddings[i];
    ASSERT_EQ(vector.size(), 384U);
    double dot = 0, norm = 0;
    for (size_t k = 0; k < vector.size(); ++k) {
      dot += double{vector[k]} * all[i].embedding[k];
      norm += double{vector[k]} * double{vector[k]};
    }
    EXPECT_NEAR(norm, 1, 1e-4);
    // With no token but the two at its ends, nothing averages the rounding out. CPUs without VNNI
    // round more: on those with it all others are above 0.998.
    EXPECT_GT(dot, all[i].text.empty() ? 0.98 : 0.996) << all[i].text;
  }
}

TEST(LocalEmbedding, ABatchIsEachTextAlone) {
  api::EmbeddingRequest both;
  both.inputs = {"The cat sits on the mat.",
                 "Quarterly revenue grew by ten percent, said the "
                 "company's chief executive on Tuesday."};
  const auto together = embed(both);
  ASSERT_TRUE(together);
  for (size_t i = 0; i < 2; ++i) {
    api::EmbeddingRequest one;
    one.inputs = {both.inputs[i]};
    const auto alone = embed(one);
    ASSERT_TRUE(alone);
    double dot = 0;
    for (size_t k = 0; k < 384; ++k) {
      dot += double{alone->embeddings[0][k]} * double{together->embeddings[i][k]};
    }
    EXPECT_GT(dot, 0.9999);
  }
}

TEST(LocalEmbedding, RefusesWhatItCannotDo) {
  api::EmbeddingRequest request;
  for (int i = 0; i < 600; ++i) {
    if (request.inputs.empty()) request.inputs.emplace_back();
    request.inputs[0] += "word ";
  }
  EXPECT_EQ(embed(request).error().code, "context_length_exceeded");
  request.inputs[0] = "short";
  request.dimensions = 128;
  EXPECT_EQ(embed(request).error().param, "dimensions");
  request.dimensions.reset();
  EXPECT_EQ(embed(request, "unknown").error().code, "model_not_found");
  request.inputs.clear();
  request.token_inputs = {{1, 2, 3}};
  EXPECT_EQ(embed(request).error().param, "input");
}

}  // namespace
}  // namespace gatehouse::inference::local::test
