#include "core/digest.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/percent.h"

namespace gatehouse {
namespace {

constexpr char kHex[] = "0123456789abcdef";

/// Fetched once: a fetch for every hash costs more than the hash of a short text.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

/// SHA-256 only fails when memory or the library is broken; nothing that depends on it could be
/// trusted from then on.
void must(int ok) {
  if (ok == 1) return;
  std::fputs("gatehouse: OpenSSL cannot compute SHA-256\n", stderr);
  std::abort();
}

/// Of what `write_hex` writes, so lower case only.
int written_hex_value(char c) {
  return c >= 'A' && c <= 'F' ? -1 : hex_value(c);
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  must(context_ != nullptr && sha256_method() != nullptr ? 1 : 0);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}

void Sha256::begin() {
  must(EVP_DigestInit_ex2(context_, sha256_method(), nullptr));
}

void Sha256::add(std::string_view bytes) {
  must(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

Digest Sha256::finish() {
  Digest digest;
  must(EVP_DigestFinal_ex(context_, digest.data(), nullptr));
  return digest;
}

Digest Sha256::of(std::string_view bytes) {
  Sha256 hash;
  hash.begin();
  hash.add(bytes);
  return hash.finish();
}

HmacSha256::HmacSha256(std::string_view key) {
  std::array<char, 64> block{};
  if (key.size() > block.size()) {
    const Digest digest = Sha256::of(key);
    std::memcpy(block.data(), digest.data(), digest.size());
  } else {
    std::memcpy(block.data(), key.data(), key.size());
  }
  for (size_t i = 0; i < block.size(); ++i) {
    inner_[i] = static_cast<char>(block[i] ^ 0x36);
    outer_[i] = static_cast<char>(block[i] ^ 0x5c);
  }
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha256::~HmacSha256() {
  OPENSSL_cleanse(inner_.data(), inner_.size());
  OPENSSL_cleanse(outer_.data(), outer_.size());
}

void HmacSha256::begin() {
  hash_.begin();
  hash_.add({inner_.data(), inner_.size()});
}

Digest HmacSha256::finish() {
  const Digest inner = hash_.finish();
  hash_.begin();
  hash_.add({outer_.data(), outer_.size()});
  hash_.add(inner);
  return hash_.finish();
}

void write_hex(const Digest& digest, char* out) {
  for (const unsigned char byte : digest) {
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

bool read_hex(std::string_view hex, Digest& out) {
  if (hex.size() != out.size() * 2) return false;
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = written_hex_value(hex[2 * i]);
    const int low = written_hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return true;
}

}  // namespace gatehouse
