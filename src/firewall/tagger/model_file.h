#pragma once

#include <cstdint>

#include "firewall/tagger/crf.h"
#include "firewall/tagger/features.h"

namespace gatehouse::firewall::tagger {

/// The file, little-endian and packed: this header, the table (kBuckets × kLanes int8), 32 bytes of
/// SHA-256 over both. The trainer writes it, Tagger::load reads it.
struct ModelHeader {
  char magic[8] = {'G', 'H', 'T', 'A', 'G', 'G', 'E', 'R'};
  uint32_t format = 1;
  uint32_t features = kFeatureVersion;
  uint32_t bucket_bits = kBucketBits;
  uint32_t lanes = kLanes;
  uint32_t gazetteer = 0;  // fingerprint of the words it was trained with
  uint32_t model_version = 1;
  float scale = 1;
  float transition[kTags][kTags] = {};
};
static_assert(sizeof(ModelHeader) == 8 + 6 * 4 + 4 + 4 * kTags * kTags);

inline constexpr size_t kTableBytes = size_t{kBuckets} * kLanes;

}  // namespace gatehouse::firewall::tagger
