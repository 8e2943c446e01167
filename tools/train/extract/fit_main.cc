// Fits one head: logistic regression with an L2 penalty over windows of blocks, by dual coordinate
// descent (Yu, Huang, Lin: "Dual coordinate descent methods for logistic regression and maximum
// entropy models", 2011). One thread, fixed order: the same weights every time.
//
//   firewall_fit BLOCKS ROWS PENALTY EPOCHS OUT
//
// BLOCKS: u64 blocks, u64 entries, then u64 first[blocks + 1], u32 bucket[entries], u8
// count[entries]. ROWS:   per row u32 from, u32 to (blocks), f32 label (+1 or -1), f32 weight. OUT:
// f32 weight[buckets], f32 bias.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "firewall/learned/features.h"

namespace {

using gatehouse::firewall::learned::kBuckets;

struct Blocks {
  std::vector<uint64_t> first;
  std::vector<uint32_t> bucket;
  std::vector<uint8_t> count;
};
struct Row {
  uint32_t from;
  uint32_t to;
  float label;
  float weight;
};
constexpr uint32_t kMinWindows = 3;  // a feature seen in fewer is noise

template <typename T>
bool read(std::FILE* in, std::vector<T>& to, size_t size) {
  to.resize(size);
  return std::fread(to.data(), sizeof(T), size, in) == size;
}

bool load(const char* path, Blocks& blocks) {
  std::FILE* in = std::fopen(path, "rb");
  uint64_t sizes[2];
  const bool ok = in != nullptr && std::fread(sizes, sizeof sizes, 1, in) == 1 &&
                  read(in, blocks.first, sizes[0] + 1) && read(in, blocks.bucket, sizes[1]) &&
                  read(in, blocks.count, sizes[1]);
  if (in != nullptr) std::fclose(in);
  return ok;
}

bool load(const char* path, std::vector<Row>& rows) {
  std::FILE* in = std::fopen(path, "rb");
  if (in == nullptr) return false;
  Row row;
  while (std::fread(&row, sizeof row, 1, in) == 1) rows.push_back(row);
  std::fclose(in);
  return !rows.empty();
}

class Fit {
 public:
  Fit(const Blocks& blocks, const std::vector<Row>& rows, double penalty)
      : blocks_(blocks), rows_(rows), weights_(kBuckets, 0.0F) {
    prepare(penalty);
  }

  void run(int epochs) {
    std::vector<uint32_t> order(rows_.size());
    std::iota(order.begin(), order.end(), 0U);
    uint64_t state = 20261124;
    for (int epoch = 0; epoch < epochs; ++epoch) {
      for (size_t i = order.size(); i > 1; --i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        std::swap(order[i - 1], order[(state >> 33U) % i]);
      }
      for (const uint32_t i : order) step(i);
    }
  }

  bool write(const char* path) const {
    std::FILE* out = std::fopen(path, "wb");
    if (out == nullptr) return false;
    const bool ok = std::fwrite(weights_.data(), sizeof(float), kBuckets, out) == kBuckets &&
                    std::fwrite(&bias_, sizeof bias_, 1, out) == 1;
    return std::fclose(out) == 0 && ok;
  }

 private:
  template <typename Use>
  void each(const Row& row, Use&& use) const {
    for (uint64_t at = blocks_.first[row.from]; at < blocks_.first[row.to]; ++at) {
      if (useful_[blocks_.bucket[at]]) use(blocks_.bucket[at], blocks_.count[at]);
    }
  }

  void prepare(double penalty) {
    std::vector<uint32_t> seen(kBuckets, 0);
    std::vector<uint32_t> last(kBuckets, UINT32_MAX);
    for (uint32_t i = 0; i < rows_.size(); ++i) {
      for (uint64_t at = blocks_.first[rows_[i].from]; at < blocks_.first[rows_[i].to]; ++at) {
        const uint32_t bucket = blocks_.bucket[at];
        if (last[bucket] != i) ++seen[bucket];
        last[bucket] = i;
      }
    }
    useful_.resize(kBuckets);
    for (size_t b = 0; b < kBuckets; ++b) useful_[b] = seen[b] >= kMinWindows;

    double total = 0;
    for (const Row& row : rows_) total += static_cast<double>(row.weight);
    std::vector<uint32_t> sum(kBuckets, 0);
    for (const Row& row : rows_) {
      double features = 0;
      for (uint64_t at = blocks_.first[row.from]; at < blocks_.first[row.to]; ++at) {
        features += blocks_.count[at];
      }
      double squares = 0;
      each(row, [&](uint32_t bucket, uint8_t count) { sum[bucket] += count; });
      each(row, [&](uint32_t bucket, uint8_t count) {
        squares += static_cast<double>(sum[bucket]) * count;
      });
      each(row, [&](uint32_t bucket, uint8_t) { sum[bucket] = 0; });
      features = std::max(features, 1.0);
      norm_.push_back(static_cast<float>(1 / std::sqrt(features)));
      curvature_.push_back(squares / features + 1);  // and the bias
      const double cost = static_cast<double>(row.weight) / (total * penalty);
      cost_.push_back(cost);
      const double start = std::min(0.001 * cost, 1e-8);
      alpha_.push_back(start);
    }
  }

  void step(uint32_t i) {
    const Row& row = rows_[i];
    const double cost = cost_[i];
    if (cost <= 0) return;
    double dot = 0;
    each(row, [&](uint32_t bucket, uint8_t count) {
      dot += static_cast<double>(weights_[bucket] * static_cast<float>(count));
    });
    const double label = static_cast<double>(row.label);
    const double margin =
        label * (dot * static_cast<double>(norm_[i]) + static_cast<double>(bias_));
    const double a = curvature_[i];
    const double other = cost - alpha_[i];
    const bool up = 0.5 * a * (other - alpha_[i]) + margin >= 0;
    const double sign = up ? 1 : -1;
    const double old = up ? alpha_[i] : other;
    double z = old;
    if (cost - z < 0.5 * cost) z *= 0.1;
    for (int n = 0; n < 50; ++n) {
      const double slope = a * (z - old) + sign * margin + std::log(z / (cost - z));
      if (std::fabs(slope) < 1e-3) break;
      const double next = z - slope / (a + cost / (cost - z) / z);
      z = next <= 0 ? z * 0.1 : std::min(next, cost * (1 - 1e-12));
    }
    if (z == old) return;
    alpha_[i] = up ? z : cost - z;
    const auto change = static_cast<float>(sign * (z - old) * label);
    const float scaled = change * norm_[i];
    each(row, [&](uint32_t bucket, uint8_t count) {
      weights_[bucket] += scaled * static_cast<float>(count);
    });
    bias_ += change;
  }

  const Blocks& blocks_;
  const std::vector<Row>& rows_;
  std::vector<float> weights_;
  float bias_ = 0;
  std::vector<char> useful_;
  std::vector<float> norm_;
  std::vector<double> curvature_;
  std::vector<double> cost_;
  std::vector<double> alpha_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  Blocks blocks;
  std::vector<Row> rows;
  if (!load(argv[1], blocks) || !load(argv[2], rows)) return 1;
  Fit fit(blocks, rows, std::strtod(argv[3], nullptr));
  fit.run(static_cast<int>(std::strtol(argv[4], nullptr, 10)));
  return fit.write(argv[5]) ? 0 : 1;
}
