#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "firewall/tagger/gazetteer.h"
#include "firewall/tagger/tokens.h"

namespace gatehouse::firewall::tagger {

/// The one place where tokens become features: the trainer (tools/train/extract/names_main.cc)
/// calls this very code. Each feature is a template with the values of a token and its two
/// neighbours on either side, hashed to one of the model's buckets.
inline constexpr unsigned kBucketBits = 15;
inline constexpr uint32_t kBuckets = 1U << kBucketBits;
inline constexpr uint32_t kFeatureVersion = 1;
inline constexpr size_t kFeatures = 31;
using Features = std::array<uint32_t, kFeatures>;

namespace detail {

constexpr uint32_t bucket(uint32_t number, uint64_t a, uint64_t b, uint64_t c) {
  uint64_t hash = (a + number) * 0x9E3779B97F4A7C15ULL;
  hash = (hash ^ (hash >> 32U) ^ b) * 0xD6E8FEB86659FD93ULL;
  hash = (hash ^ (hash >> 32U) ^ c) * 0x9E3779B97F4A7C15ULL;
  return static_cast<uint32_t>(hash >> (64U - kBucketBits));
}

}  // namespace detail

/// The features of the token that `t` points to; two tokens must stand on either side of it.
inline void extract(const Token* t, Features& out) {
  size_t n = 0;
  const auto put = [&](uint64_t a, uint64_t b, uint64_t c) {
    out[n] = detail::bucket(static_cast<uint32_t>(n) * 0x01000193U, a, b, c);
    ++n;
  };
  const auto shape = [&](int at) { return static_cast<uint64_t>(t[at].shape); };
  const auto word = [&](int at) { return static_cast<uint64_t>(t[at].word); };
  const auto classes = [&](int at) { return static_cast<uint64_t>(t[at].classes); };
  const uint64_t shapes = shape(-1) << 16U | shape(0) << 8U | shape(1);

  put(0, 0, 0);
  put(word(0), 0, 0);
  put(word(-1), 0, 0);
  put(word(1), 0, 0);
  put(word(-2), 0, 0);
  put(word(2), 0, 0);
  put(word(-1), word(0), 0);
  put(word(0), word(1), 0);
  put(word(-2), word(-1), 0);
  put(word(-1), shape(0), shape(1));
  put(word(1), shape(0), shape(-1));
  put(word(-2), word(-1), shape(0));
  put(word(1), word(2), shape(0));
  put(shape(0), 0, 0);
  put(shape(-1), shape(0), 0);
  put(shape(0), shape(1), 0);
  put(shapes, 0, 0);
  put(shapes, shape(-2), shape(2));
  put(classes(0), 0, 0);
  put(classes(0), shape(0), shape(-1));
  put(classes(-1), classes(0), shape(0));
  put(classes(0), classes(1), shape(0));
  put(classes(-1), classes(0), classes(1));
  put(classes(-2), classes(-1), shapes);
  put(classes(1), classes(2), shapes);
  put(classes(0), word(-1), 0);
  put(classes(0), word(1), 0);
  put(t->prefix, shape(0), 0);
  put(t->suffix, shape(0), 0);
  put(t->suffix2, shape(0), classes(0) & kEnglish);
  put(t->beside, shape(0), 0);
}

}  // namespace gatehouse::firewall::tagger
