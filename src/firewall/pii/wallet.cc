// Cryptocurrency addresses, told from random strings by their checksums.
#include <array>
#include <cstdint>
#include <string>

#include <openssl/sha.h>

#include "firewall/pii/contacts.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

// Base58Check: version, 20 bytes of hash, 4 bytes of SHA-256 taken twice.
bool is_base58check(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::array<uint8_t, 25> bytes{};
  for (const char c : text) {
    const size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return false;
    unsigned carry = static_cast<unsigned>(value);
    for (size_t i = bytes.size(); i-- > 0;) {
      carry += 58u * bytes[i];
      bytes[i] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  std::array<uint8_t, SHA256_DIGEST_LENGTH> once;
  std::array<uint8_t, SHA256_DIGEST_LENGTH> twice;
  SHA256(bytes.data(), 21, once.data());
  SHA256(once.data(), once.size(), twice.data());
  return std::equal(twice.begin(), twice.begin() + 4, bytes.begin() + 21);
}

// BIP 173 and BIP 350: the polynomial's rest is 1 for bech32 and another constant for bech32m.
bool is_bech32(std::string_view text) {
  constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  constexpr std::array<uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                  0x2a1462b3};
  uint32_t rest = 1;
  const auto feed = [&](uint32_t value) {
    const uint32_t top = rest >> 25;
    rest = (rest & 0x1ffffff) << 5 ^ value;
    for (size_t i = 0; i < 5; ++i) rest ^= (top >> i & 1) != 0 ? kGenerator[i] : 0;
  };
  for (const char c : {'b', 'c'}) feed(static_cast<uint32_t>(c) >> 5);
  feed(0);
  for (const char c : {'b', 'c'}) feed(static_cast<uint32_t>(c) & 31);
  for (const char c : text.substr(3)) {
    const size_t value = kAlphabet.find(ascii_lower(c));
    if (value == kAlphabet.npos) return false;
    feed(static_cast<uint32_t>(value));
  }
  return rest == 1 || rest == 0x2bc830a3;
}

}  // namespace

Span read_wallet(std::string_view text, size_t begin, size_t end) {
  const std::string_view run = text.substr(begin, end - begin);
  if (run.size() == 42 && (run.substr(0, 2) == "0x" || run.substr(0, 2) == "0X")) {
    for (const char c : run.substr(2)) {
      const char low = ascii_lower(c);
      if (!is_ascii_digit(c) && (low < 'a' || low > 'f')) return {};
    }
    return {begin, end, "pii.ethereum", 0.8F, "format"};
  }
  if (run.size() >= 26 && run.size() <= 35 && (run[0] == '1' || run[0] == '3') &&
      is_base58check(run)) {
    return {begin, end, "pii.bitcoin", 0.95F, "checksum"};
  }
  if (run.size() >= 42 && run.size() <= 62 &&
      (run.substr(0, 3) == "bc1" || run.substr(0, 3) == "BC1") && is_bech32(run)) {
    return {begin, end, "pii.bitcoin", 0.95F, "checksum"};
  }
  return {};
}

}  // namespace gatehouse::firewall
