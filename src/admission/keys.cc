#include "admission/keys.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

// The one-shot interfaces of OpenSSL 3 look the algorithm up and allocate on each use, which costs
// more than the hash itself; its low-level SHA-256 state can be copied, so that the keyed blocks of
// HMAC are hashed once. It is deprecated, not removed.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <openssl/sha.h>

#include "core/digest.h"
#include "store/crc32c.h"

namespace gatehouse::admission {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kBlockBytes = 64;

constexpr auto kInAlphabet = [] {
  std::array<bool, 256> known{};
  for (const char c : kAlphabet) known[static_cast<unsigned char>(c)] = true;
  return known;
}();

bool is_base32(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kInAlphabet[static_cast<unsigned char>(c)]; });
}

/// 30 bits of CRC-32C over the text before it.
std::array<char, kKeyChecksumChars> checksum(std::string_view text) {
  uint32_t crc = store::crc32c(text);
  std::array<char, kKeyChecksumChars> out{};
  for (char& c : out) {
    c = kAlphabet[crc & 31];
    crc >>= 5;
  }
  return out;
}

void append_random(std::string& out, size_t chars, Random& random) {
  std::string bytes(chars, '\0');
  random.fill({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  for (const char byte : bytes) out += kAlphabet[static_cast<unsigned char>(byte) & 31];
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

Refusal pepper_error(const std::filesystem::path& path, std::string_view what) {
  return Refusal::internal(Layer::admission, std::string(what) + " " + path.string() + ": " +
                                                 std::generic_category().message(errno));
}

}  // namespace

bool is_well_formed_key(std::string_view text) {
  if (text.size() != kKeyChars || !text.starts_with(kKeyPrefix)) return false;
  if (!is_base32(text.substr(kKeyPrefix.size()))) return false;
  const auto expected = checksum(text.substr(0, kKeyChars - kKeyChecksumChars));
  return std::equal(expected.begin(), expected.end(), text.end() - kKeyChecksumChars);
}

std::string_view key_id_of(std::string_view key) {
  return key.substr(kKeyPrefix.size(), kKeyIdChars);
}

std::string to_hex(const KeyHash& hash) {
  return gatehouse::to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

std::optional<KeyHash> key_hash_from_hex(std::string_view hex) {
  KeyHash hash{};
  if (!read_hex(hex, hash)) return std::nullopt;
  return hash;
}

Result<Pepper> Pepper::load_or_make(const std::filesystem::path& dir, Random& random) {
  const auto path = dir / "pepper";
  std::array<unsigned char, 32> bytes{};
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0) {
    struct stat info {};
    const bool known = ::fstat(fd, &info) == 0;
    const ssize_t n = ::read(fd, bytes.data(), bytes.size());
    ::close(fd);
    if (!known || n != static_cast<ssize_t>(bytes.size()) || info.st_size != n) {
      return refuse(Refusal::internal(
          Layer::admission, path.string() + " is damaged; without it no key can be recognised"));
    }
    if ((info.st_mode & 077) != 0) {
      return refuse(Refusal::internal(
          Layer::admission, path.string() + " may be read by others; run: chmod 600 " +
                                path.string() + ", and replace all keys if somebody did"));
    }
    return Pepper(bytes);
  }
  if (errno != ENOENT) return refuse(pepper_error(path, "cannot open"));
  random.fill(bytes);
  // Written aside and renamed, so that a crash leaves no half of it behind.
  const auto aside = dir / "pepper.new";
  ::unlink(aside.c_str());
  fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(pepper_error(aside, "cannot make"));
  const bool written = ::write(fd, bytes.data(), bytes.size()) == ssize_t{32} && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(aside.c_str(), path.c_str()) != 0) {
    return refuse(pepper_error(path, "cannot write"));
  }
  return Pepper(bytes);
}

Pepper::~Pepper() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

struct KeyHasher::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
};

KeyHasher::KeyHasher(const Pepper& pepper) : state_(std::make_unique<State>()) {
  std::array<unsigned char, kBlockBytes> block{};
  const auto start = [&](SHA256_CTX& context, unsigned char pad) {
    std::copy(pepper.bytes().begin(), pepper.bytes().end(), block.begin());
    std::fill(block.begin() + 32, block.end(), static_cast<unsigned char>(0));
    for (unsigned char& byte : block) byte ^= pad;
    SHA256_Init(&context);
    SHA256_Update(&context, block.data(), block.size());
  };
  start(state_->inner, 0x36);
  start(state_->outer, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

KeyHasher::~KeyHasher() {
  if (state_) OPENSSL_cleanse(state_.get(), sizeof(State));
}
KeyHasher::KeyHasher(KeyHasher&&) noexcept = default;
KeyHasher& KeyHasher::operator=(KeyHasher&&) noexcept = default;

KeyHash KeyHasher::operator()(std::string_view key) {
  KeyHash hash{};
  SHA256_CTX context = state_->inner;
  SHA256_Update(&context, key.data(), key.size());
  SHA256_Final(hash.data(), &context);
  context = state_->outer;
  SHA256_Update(&context, hash.data(), hash.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

NewKey make_key(KeyHasher& hasher, Random& random) {
  NewKey key;
  key.text = kKeyPrefix;
  append_random(key.text, kKeyIdChars + kKeySecretChars, random);
  const auto sum = checksum(key.text);
  key.text.append(sum.data(), sum.size());
  key.id = key_id_of(key.text);
  key.hash = hasher(key.text);
  return key;
}

}  // namespace gatehouse::admission
