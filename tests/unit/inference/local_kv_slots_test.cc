#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inference/local/kv_slots.h"

namespace gatehouse::inference::local {
namespace {

// What llama.cpp's memory does, as far as lengths go.
class FakeMemory final : public KvMemory {
 public:
  void share(int from, int to, int64_t length) override {
    EXPECT_EQ(lengths[to], 0) << "shared into a sequence that is not empty";
    EXPECT_GE(lengths[from], length);
    lengths[to] = length;
    ++shares;
  }
  void trim(int sequence, int64_t length) override { lengths[sequence] = length; }

  std::map<int, int64_t> lengths;
  int shares = 0;
};

std::vector<Token> tokens(int first, int count) {
  std::vector<Token> out;
  for (int i = 0; i < count; ++i) out.push_back(first + i);
  return out;
}

std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class Slots : public ::testing::Test {
 protected:
  // Computes what is missing of a prompt, as the scheduler does.
  void feed(const KvSlots::Lease& lease, const std::vector<Token>& prompt) {
    for (size_t i = static_cast<size_t>(lease.reused); i < prompt.size(); ++i) {
      slots.append(lease.sequence, prompt[i]);
      ++memory.lengths[lease.sequence];
    }
  }

  FakeMemory memory;
  KvSlots slots{4, 1000, memory};
};

TEST_F(Slots, ASecondPromptReusesTheSharedBeginning) {
  const auto system = tokens(0, 100);
  const auto first = joined(system, tokens(1000, 20)), second = joined(system, tokens(2000, 30));
  const auto a = slots.acquire(first, 50);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->reused, 0);
  feed(*a, first);
  const auto b = slots.acquire(second, 50);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->reused, 100);
  EXPECT_NE(b->sequence, a->sequence);
  feed(*b, second);
  EXPECT_EQ(slots.used(), 150) << "shared cells count once";
}

TEST_F(Slots, TheLastTokenIsAlwaysComputed) {
  const auto prompt = tokens(0, 40);
  const auto a = slots.acquire(prompt, 10);
  feed(*a, prompt);
  slots.release(a->sequence);
  EXPECT_EQ(slots.acquire(prompt, 10)->reused, 39);
}

TEST_F(Slots, OneOwnersPromptsAreUnknownToAnother) {
  const auto prompt = tokens(0, 100);
  const auto a = slots.acquire(prompt, 10, 0, "acme");
  feed(*a, prompt);
  EXPECT_EQ(slots.reusable(prompt, "acme"), 99);
  EXPECT_EQ(slots.reusable(prompt, "other"), 0);
  const auto b = slots.acquire(prompt, 10, 0, "other");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->reused, 0);
  EXPECT_EQ(slots.adopt(b->sequence, prompt), 0);
  feed(*b, prompt);
  EXPECT_EQ(memory.shares, 0);
}

TEST_F(Slots, AConversationGoesOnInItsOwnSequence) {
  const auto prompt = tokens(0, 40);
  const auto a = slots.acquire(prompt, 10);
  feed(*a, prompt);
  slots.release(a->sequence);
  const auto longer = joined(prompt, tokens(500, 10));
  const auto b = slots.acquire(longer, 10);
  EXPECT_EQ(b->sequence, a->sequence);
  EXPECT_EQ(b->reused, 40);
  EXPECT_EQ(memory.shares, 0);
}

TEST_F(Slots, TheOldestPrefixMakesRoom) {
  for (int i = 0; i < 4; ++i) {
    const auto prompt = tokens(i * 1000, 200);
    const auto lease = slots.acquire(prompt, 10);
    ASSERT_TRUE(lease) << i;
    feed(*lease, prompt);
    slots.release(lease->sequence);
  }
  const auto prompt = tokens(9000, 300);
  const auto lease = slots.acquire(prompt, 100);
  ASSERT_TRUE(lease);
  feed(*lease, prompt);
  EXPECT_LE(slots.used(), 1000);
  EXPECT_EQ(slots.reusable(tokens(0, 201)), 0) << "the oldest is gone";
  EXPECT_EQ(slots.reusable(tokens(3000, 201)), 200) << "the newest is still there";
}

TEST_F(Slots, WhatRunsIsNeverTakenAway) {
  const auto first = tokens(0, 500), second = tokens(1000, 300);
  const auto a = slots.acquire(first, 200);
  ASSERT_TRUE(a);
  feed(*a, first);
  EXPECT_FALSE(slots.acquire(second, 100)) << "500 + 200 + 300 + 100 are more than there is";
  slots.release(a->sequence);
  EXPECT_TRUE(slots.acquire(second, 100));
}

TEST_F(Slots, NoSequenceLeft) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(slots.acquire(tokens(i * 100, 10), 5));
  EXPECT_FALSE(slots.acquire(tokens(900, 10), 5));
  EXPECT_EQ(slots.running(), 4);
}

TEST_F(Slots, AdoptsWhatAnotherHasComputedMeanwhile) {
  const auto system = tokens(0, 100);
  const auto first = joined(system, tokens(1000, 20)), second = joined(system, tokens(2000, 30));
  const auto a = slots.acquire(first, 10);
  const auto b = slots.acquire(second, 10, 100);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(b->reused, 0);
  feed(*a, first);
  EXPECT_EQ(slots.adopt(b->sequence, second), 100);
  EXPECT_EQ(memory.lengths[b->sequence], 100);
}

// Cells are never counted twice, lost, or promised to two, whatever happens in which order.
TEST_F(Slots, RandomUseKeepsTheBooks) {
  std::mt19937 generator(7);
  const auto random = [&] { return static_cast<int>(generator() % 1'000'000); };
  std::map<int, std::pair<std::vector<Token>, size_t>> running;  // sequence -> prompt, computed
  for (int round = 0; round < 20'000; ++round) {
    const auto dice = random() % 4;
    if (dice == 0) {
      auto prompt = joined(tokens(static_cast<int>(random() % 3) * 1000, 20 + random() % 80),
                           tokens(static_cast<int>(random() % 9) * 5000, 1 + random() % 60));
      const auto lease = slots.acquire(prompt, 20);
      if (!lease) continue;
      ASSERT_EQ(running.count(lease->sequence), 0U);
      running[lease->sequence] = {prompt, static_cast<size_t>(lease->reused)};
    } else if (dice == 1 && !running.empty()) {
      const auto at = std::next(running.begin(), random() % static_cast<int>(running.size()));
      slots.release(at->first, random() % 5 == 0);
      running.erase(at);
    } else if (!running.empty()) {
      auto& [sequence, state] =
          *std::next(running.begin(), random() % static_cast<int>(running.size()));
      auto& [prompt, computed] = state;
      for (int i = 0; i < 10 && computed < prompt.size() + 20; ++i, ++computed) {
        slots.append(sequence, computed < prompt.size() ? prompt[computed] : 7);
        ++memory.lengths[sequence];
      }
    }
    ASSERT_GE(slots.used(), 0);
    ASSERT_LE(slots.used(), 1000) << "in round " << round;
  }
}

}  // namespace
}  // namespace gatehouse::inference::local
