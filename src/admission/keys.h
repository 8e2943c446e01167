#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admission/specs.h"
#include "core/random.h"
#include "core/result.h"

namespace gatehouse::admission {

/// The text of a key: "gh_", 8 characters of public id, 32 of secret (160 random bits), 6 of
/// checksum; all in lower-case base32 without i, l, o and u. The checksum (30 bits of CRC-32C over
/// all before it) lets scanners for leaked secrets tell a key from noise, and spares a look-up for
/// a mistyped one. It proves nothing: anybody can compute it.
inline constexpr std::string_view kKeyPrefix = "gh_";
inline constexpr size_t kKeyIdChars = 8;
inline constexpr size_t kKeySecretChars = 32;
inline constexpr size_t kKeyChecksumChars = 6;
inline constexpr size_t kKeyChars =
    kKeyPrefix.size() + kKeyIdChars + kKeySecretChars + kKeyChecksumChars;

/// Whether `text` has the form and the checksum of a key.
bool is_well_formed_key(std::string_view text);
/// The public id of a well-formed key.
std::string_view key_id_of(std::string_view key);

using KeyHash = std::array<unsigned char, 32>;
std::string to_hex(const KeyHash& hash);
std::optional<KeyHash> key_hash_from_hex(std::string_view hex);

/// A key as it is stored: never its text.
struct KeyRecord {
  KeySpec spec;
  KeyHash hash{};
  WallTime created{};
  std::optional<WallTime> revoked;
  std::string rotated_from;  // the first key of its rotations; empty: it is that itself

  /// What its limits, budgets and usage go by: a key and those that replace it have them in common.
  const std::string& account() const { return rotated_from.empty() ? spec.id : rotated_from; }
};

/// The server's secret that keys are hashed with: a copy of the store alone does not let anybody
/// try keys. 32 bytes in DIR/pepper, mode 0600, made at the first start.
class Pepper {
 public:
  static Result<Pepper> load_or_make(const std::filesystem::path& dir, Random& random);
  explicit Pepper(const std::array<unsigned char, 32>& bytes) : bytes_(bytes) {}
  ~Pepper();
  Pepper(const Pepper&) = default;
  Pepper& operator=(const Pepper&) = default;
  const std::array<unsigned char, 32>& bytes() const { return bytes_; }

 private:
  std::array<unsigned char, 32> bytes_;
};

/// HMAC-SHA-256 (RFC 2104) under the pepper. The keyed states are computed once, so that a hash
/// costs two blocks of SHA-256. Not thread-safe: one per event loop.
class KeyHasher {
 public:
  explicit KeyHasher(const Pepper& pepper);
  ~KeyHasher();
  KeyHasher(KeyHasher&&) noexcept;
  KeyHasher& operator=(KeyHasher&&) noexcept;
  KeyHash operator()(std::string_view key);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A new key. `text` is shown to its owner once and kept nowhere.
struct NewKey {
  std::string id;
  std::string text;
  KeyHash hash{};
};
NewKey make_key(KeyHasher& hasher, Random& random);

}  // namespace gatehouse::admission
