// The low-rank adapters of the firewall's precise tier, as tools/train/train_precise writes them
// (src/firewall/precise/model.cc describes the file): each of the 36 matrices W becomes W + scale AB.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "ggml.h"

class Adapters {
 public:
  // `file`: the bytes of precise.bin.
  explicit Adapters(std::string file) : file_(std::move(file)) {
    uint32_t fields[7];  // format, version, layers, rank, width, inner, heads
    if (file_.size() < 40 + 32 || file_.compare(0, 8, "GHPRECIS") != 0) {
      throw std::runtime_error("the adapters' file is none");
    }
    memcpy(fields, file_.data() + 8, sizeof fields);
    memcpy(&scale_, file_.data() + 36, sizeof scale_);
    if (fields[0] != 1) throw std::runtime_error("the adapters' file has another format");
    rank_ = fields[3];
    at_ = 40 + fields[6] * (24 + fields[4] * sizeof(float));
  }

  // Adds the next pair of adapters to a matrix of [in][out]. Matrices come in the file's order.
  void merge(std::vector<float>& weights, size_t in, size_t out) {
    const std::vector<float> a = next(in * rank_), b = next(rank_ * out);
    for (size_t i = 0; i < in; ++i) {
      for (size_t r = 0; r < rank_; ++r) {
        const float left = scale_ * a[i * rank_ + r];
        for (size_t o = 0; o < out; ++o) weights[i * out + o] += left * b[r * out + o];
      }
    }
  }

  // The sum at the end, in hex, once all adapters were merged.
  std::string sum() const {
    if (at_ + 32 != file_.size()) throw std::runtime_error("the adapters' file has another length");
    static const char digits[] = "0123456789abcdef";
    std::string hex;
    for (size_t i = at_; i < file_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(file_[i]);
      hex += {digits[byte >> 4], digits[byte & 15]};
    }
    return hex;
  }

 private:
  std::vector<float> next(size_t count) {
    if (at_ + count * sizeof(ggml_fp16_t) + 32 > file_.size()) {
      throw std::runtime_error("the adapters' file is too short");
    }
    std::vector<ggml_fp16_t> half(count);
    memcpy(half.data(), file_.data() + at_, count * sizeof(ggml_fp16_t));
    at_ += count * sizeof(ggml_fp16_t);
    std::vector<float> values(count);
    ggml_fp16_to_fp32_row(half.data(), values.data(), static_cast<int64_t>(count));
    return values;
  }

  std::string file_;
  size_t at_ = 0;
  uint32_t rank_ = 0;
  float scale_ = 0;
};
