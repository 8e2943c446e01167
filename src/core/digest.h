#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace gatehouse {

using Digest = std::array<unsigned char, 32>;

/// SHA-256 (FIPS 180-4), by OpenSSL. Reusable; not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void begin();
  void add(std::string_view bytes);
  void add(const Digest& digest) {
    add(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
  }
  Digest finish();

  static Digest of(std::string_view bytes);

 private:
  evp_md_ctx_st* context_;
};

/// HMAC-SHA-256 (RFC 2104) under one key. Reusable; not thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  void begin();
  void add(std::string_view bytes) { hash_.add(bytes); }
  Digest finish();

 private:
  Sha256 hash_;
  std::array<char, 64> inner_;
  std::array<char, 64> outer_;
};

/// Writes 64 lower-case hex digits; `out` needs that room.
void write_hex(const Digest& digest, char* out);
std::string to_hex(std::string_view bytes);
/// Reads exactly 64 lower-case hex digits; false on anything else.
bool read_hex(std::string_view hex, Digest& out);

}  // namespace gatehouse
