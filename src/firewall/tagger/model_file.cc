#include "firewall/tagger/model_file.h"

#include <cstring>
#include <fstream>

#include <openssl/sha.h>

#include "firewall/tagger/gazetteer.h"
#include "firewall/tagger/tagger.h"

namespace gatehouse::firewall::tagger {
namespace {

constexpr size_t kSummed = sizeof(ModelHeader) + kTableBytes;
constexpr size_t kFileBytes = kSummed + SHA256_DIGEST_LENGTH;

Refusal damaged(const std::filesystem::path& file, std::string why) {
  Refusal refusal = Refusal::internal(Layer::firewall, file.string() + ": " + std::move(why));
  refusal.code = "bad_model_file";
  refusal.message = "The firewall's model of names cannot be loaded: " + refusal.reason;
  return refusal;
}

/// What is wrong with the file's bytes; empty if nothing is.
std::string fault(const std::string& bytes, const ModelHeader& header) {
  const ModelHeader mine;
  if (std::memcmp(header.magic, mine.magic, sizeof mine.magic) != 0) return "is no model of names";
  if (header.format != mine.format || header.bucket_bits != mine.bucket_bits ||
      header.lanes != mine.lanes) {
    return "has a format that this version does not read";
  }
  if (header.features != mine.features) {
    return "was trained on features of version " + std::to_string(header.features) +
           ", this program makes " + std::to_string(mine.features);
  }
  if (header.gazetteer != Gazetteer::standard().fingerprint()) {
    return "was trained with another gazetteer; run tools/train/train_names";
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), kSummed, digest);
  if (std::memcmp(digest, bytes.data() + kSummed, sizeof digest) != 0) return "fails its checksum";
  return {};
}

}  // namespace

Result<std::unique_ptr<Tagger>> Tagger::load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return refuse(damaged(file, "cannot be opened"));
  if (static_cast<size_t>(in.tellg()) != kFileBytes) {
    return refuse(damaged(file, "has " + std::to_string(in.tellg()) + " bytes, expected " +
                                    std::to_string(kFileBytes)));
  }
  std::string bytes(kFileBytes, '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(kFileBytes))) {
    return refuse(damaged(file, "cannot be read"));
  }
  ModelHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::string why = fault(bytes, header); !why.empty()) {
    return refuse(damaged(file, std::move(why)));
  }
  std::unique_ptr<Tagger> tagger(new Tagger);
  tagger->scale_ = header.scale;
  for (size_t from = 0; from < kTags; ++from) {
    for (size_t to = 0; to < kTags; ++to)
      tagger->chain_.transition[from][to] = header.transition[from][to];
  }
  tagger->chain_.prepare();
  // Sums of bytes need no sign: 128 is added here and taken off the sum.
  tagger->table_.resize(kBuckets);
  for (size_t i = 0; i < kBuckets; ++i) {
    uint32_t weights = 0;
    std::memcpy(&weights, bytes.data() + sizeof header + i * kLanes, kLanes);
    tagger->table_[i] = weights ^ 0x80808080U;
  }
  tagger->version_ = std::to_string(header.model_version) + " ";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (size_t i = 0; i < 4; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[kSummed + i]);
    tagger->version_ += kHex[byte >> 4U];
    tagger->version_ += kHex[byte & 15U];
  }
  return tagger;
}

}  // namespace gatehouse::firewall::tagger
