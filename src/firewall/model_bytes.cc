#include "firewall/model_bytes.h"

#include <cstring>
#include <fstream>
#include <tuple>
#include <utility>

#include "core/digest.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kSumBytes = std::tuple_size_v<Digest>;
constexpr size_t kShownBytes = 4;

}  // namespace

Refusal damaged_model(std::string_view model, const std::filesystem::path& file, std::string why) {
  Refusal refusal = Refusal::internal(Layer::firewall, file.string() + ": " + std::move(why));
  refusal.code = "bad_model_file";
  refusal.message = "The firewall's " + std::string(model) + " cannot be loaded: " + refusal.reason;
  return refusal;
}

Result<std::string> read_model(std::string_view model, const std::filesystem::path& file,
                               size_t summed) {
  const size_t size = summed + kSumBytes;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return refuse(damaged_model(model, file, "cannot be opened"));
  if (static_cast<size_t>(in.tellg()) != size) {
    return refuse(damaged_model(
        model, file,
        "has " + std::to_string(in.tellg()) + " bytes, expected " + std::to_string(size)));
  }
  std::string bytes(size, '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return refuse(damaged_model(model, file, "cannot be read"));
  }
  return bytes;
}

bool sum_holds(std::string_view bytes) {
  const size_t summed = bytes.size() - kSumBytes;
  const Digest digest = Sha256::of(bytes.substr(0, summed));
  return std::memcmp(digest.data(), bytes.data() + summed, digest.size()) == 0;
}

std::string version_text(uint32_t version, std::string_view bytes) {
  return std::to_string(version) + " " +
         to_hex(bytes.substr(bytes.size() - kSumBytes, kShownBytes));
}

}  // namespace gatehouse::firewall
