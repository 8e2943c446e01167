#include "firewall/tagger/model_file.h"

#include <cstring>
#include <string_view>

#include "firewall/model_bytes.h"
#include "firewall/tagger/gazetteer.h"
#include "firewall/tagger/tagger.h"

namespace gatehouse::firewall::tagger {
namespace {

constexpr std::string_view kModel = "model of names";

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
  if (!sum_holds(bytes)) return "fails its checksum";
  return {};
}

}  // namespace

Result<std::unique_ptr<Tagger>> Tagger::load(const std::filesystem::path& file) {
  const Result<std::string> read = read_model(kModel, file, sizeof(ModelHeader) + kTableBytes);
  if (!read) return refuse(read.error());
  const std::string& bytes = *read;
  ModelHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::string why = fault(bytes, header); !why.empty()) {
    return refuse(damaged_model(kModel, file, std::move(why)));
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
  tagger->version_ = version_text(header.model_version, bytes);
  return tagger;
}

}  // namespace gatehouse::firewall::tagger
