#include "settlement/head.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/json.h"
#include "settlement/refusal.h"
#include "store/file.h"

namespace gatehouse::settlement {
namespace {

constexpr std::string_view kSignatureMember = ",\"signature\":\"";
constexpr size_t kSignatureHex = 128;
constexpr size_t kMaxHeadBytes = 1 << 20;

Refusal file_error(std::string_view doing, const std::filesystem::path& path) {
  return audit_unavailable(
      fmt::format("{} {}: {}", doing, path.string(), std::generic_category().message(errno)));
}

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

Result<std::string> read_all(const std::filesystem::path& path, int fd) {
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return refuse(file_error("reading", path));
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(n));
    if (text.size() > kMaxHeadBytes) {
      return refuse(audit_unavailable(fmt::format("{} is larger than expected", path.string())));
    }
  }
}

Result<AuditKeys> derive_keys(std::string seed_source) {
  // Two independent secrets from one file, so that whoever may prove prompts can't sign heads.
  HmacSha256 hmac(seed_source);
  const auto derive = [&hmac](std::string_view purpose) {
    hmac.begin();
    hmac.add(purpose);
    const Digest digest = hmac.finish();
    return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
  };
  AuditKeys keys;
  keys.seed = derive("gatehouse audit head signature 1");
  keys.prompt_key = derive("gatehouse audit prompt hash 1");
  const Key key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(keys.seed), keys.seed.size()));
  std::array<unsigned char, 32> raw{};
  size_t size = raw.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) {
    return refuse(audit_unavailable("OpenSSL cannot make an Ed25519 key"));
  }
  keys.public_key = to_hex({reinterpret_cast<const char*>(raw.data()), size});
  return keys;
}

/// A JSON member that must be there with that type, or a refusal that names it.
template <typename T>
Result<T> member(const json::Object& object, const char* name) {
  T value{};
  if (object.at_key(name).get(value) != simdjson::SUCCESS) {
    return refuse(audit_unavailable(fmt::format("head.json has no valid \"{}\"", name)));
  }
  return value;
}

Result<StreamHead> parse_stream(const json::Element& element) {
  json::Object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return refuse(audit_unavailable("head.json has a stream that is no object"));
  }
  const auto name = member<std::string_view>(object, "name");
  const auto seq = member<uint64_t>(object, "seq");
  const auto hash = member<std::string_view>(object, "hash");
  const auto segment = member<uint64_t>(object, "segment");
  const auto offset = member<uint64_t>(object, "offset");
  for (const auto* number : {&seq, &segment, &offset}) {
    if (!*number) return refuse(number->error());
  }
  for (const auto* text : {&name, &hash}) {
    if (!*text) return refuse(text->error());
  }
  StreamHead stream;
  stream.name = std::string(*name);
  stream.state.seq = *seq;
  stream.last = {.segment = *segment, .offset = *offset};
  if (!read_hex(*hash, stream.state.hash)) {
    return refuse(audit_unavailable("head.json has a hash that is not 64 hex digits"));
  }
  return stream;
}

/// `signature` over `text` by the key that the head names.
bool is_signed(std::string_view text, std::string_view signature_hex, const Digest& public_key) {
  std::array<unsigned char, 64> signature{};
  Digest half;
  for (size_t i = 0; i < 2; ++i) {
    if (!read_hex(signature_hex.substr(i * 64, 64), half)) return false;
    std::memcpy(signature.data() + i * 32, half.data(), half.size());
  }
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const Context context(EVP_MD_CTX_new());
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes(text),
                          text.size()) == 1;
}

}  // namespace

Result<AuditKeys> read_audit_keys(const std::filesystem::path& path) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0) return refuse(file_error("opening the audit key", path));
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return refuse(file_error("reading", path));
  if ((status.st_mode & 077) != 0) {
    return refuse(audit_unavailable(fmt::format(
        "{} is open to other users; make it yours alone with chmod 600", path.string())));
  }
  auto text = read_all(path, file.fd());
  if (!text) return refuse(text.error());
  Digest seed;
  if (text->size() != 65 || text->back() != '\n' ||
      !read_hex(std::string_view(*text).substr(0, 64), seed)) {
    return refuse(audit_unavailable(fmt::format("{} is no audit key", path.string())));
  }
  return derive_keys(std::string(reinterpret_cast<const char*>(seed.data()), seed.size()));
}

Result<AuditKeys> make_audit_keys(const std::filesystem::path& path, Random& random) {
  std::array<unsigned char, 32> seed;
  random.fill(seed);
  const std::string raw(reinterpret_cast<const char*>(seed.data()), seed.size());
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return refuse(audit_unavailable(fmt::format("{} is there already", path.string())));
  }
  if (auto written = store::replace_file(path, to_hex(raw) + "\n"); !written) {
    return refuse(audit_unavailable("making the audit key: " + written.error().reason));
  }
  return derive_keys(raw);
}

const StreamHead* Head::find(std::string_view stream) const {
  for (const StreamHead& each : streams) {
    if (each.name == stream) return &each;
  }
  return nullptr;
}

Result<std::string> sign_head(const Head& head, const AuditKeys& keys) {
  std::string text = fmt::format(R"({{"v":1,"number":{},"time":"{}","public_key":"{}","streams":[)",
                                 head.number, head.time, keys.public_key);
  bool first = true;
  for (const StreamHead& stream : head.streams) {
    char hash[64];
    write_hex(stream.state.hash, hash);
    text.append(first ? "{\"name\":" : ",{\"name\":");
    json::append_string(text, stream.name);
    text.append(fmt::format(R"(,"seq":{},"hash":"{}","segment":{},"offset":{}}})", stream.state.seq,
                            std::string_view(hash, sizeof hash), stream.last.segment,
                            stream.last.offset));
    first = false;
  }
  text.append(fmt::format(R"(],"closed":{})", head.closed));
  const Key key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(keys.seed), keys.seed.size()));
  const Context context(EVP_MD_CTX_new());
  std::array<unsigned char, 64> signature{};
  size_t size = signature.size();
  if (!key || !context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes(text), text.size()) != 1) {
    return refuse(audit_unavailable("OpenSSL cannot sign the head"));
  }
  text.append(kSignatureMember);
  text.append(to_hex({reinterpret_cast<const char*>(signature.data()), size}));
  text.append("\"}\n");
  return text;
}

Result<Head> parse_head(std::string_view text) {
  // The signature's place is fixed, so that no byte of the file stays outside of what is checked.
  const size_t tail = kSignatureMember.size() + kSignatureHex + 3;
  if (text.size() <= tail || text.size() > kMaxHeadBytes || !text.ends_with("\"}\n") ||
      text.substr(text.size() - tail, kSignatureMember.size()) != kSignatureMember) {
    return refuse(audit_unavailable("head.json does not end in a signature"));
  }
  const std::string_view covered = text.substr(0, text.size() - tail);
  const std::string_view signature =
      text.substr(covered.size() + kSignatureMember.size(), kSignatureHex);
  json::Parser parser;
  const auto root = parser.parse_copy(text);
  json::Object object;
  if (!root || root->get(object) != simdjson::SUCCESS) {
    return refuse(audit_unavailable("head.json is not valid JSON"));
  }
  const auto version = member<uint64_t>(object, "v");
  const auto number = member<uint64_t>(object, "number");
  const auto time = member<std::string_view>(object, "time");
  const auto public_key = member<std::string_view>(object, "public_key");
  const auto streams = member<json::Array>(object, "streams");
  for (const auto* value : {&version, &number}) {
    if (!*value) return refuse(value->error());
  }
  for (const auto* value : {&time, &public_key}) {
    if (!*value) return refuse(value->error());
  }
  if (!streams) return refuse(streams.error());
  Digest raw_key;
  if (*version != 1 || !read_hex(*public_key, raw_key)) {
    return refuse(audit_unavailable("head.json has an unknown version or no valid public key"));
  }
  if (!is_signed(covered, signature, raw_key)) {
    return refuse(
        audit_unavailable("the signature of head.json is not valid: the file was changed"));
  }
  Head head;
  head.number = *number;
  head.time = std::string(*time);
  head.public_key = std::string(*public_key);
  // Heads of older versions do not have it, and are not closed.
  if (object.at_key("closed").get(head.closed) != simdjson::SUCCESS) head.closed = false;
  for (const json::Element element : *streams) {
    auto stream = parse_stream(element);
    if (!stream) return refuse(stream.error());
    head.streams.push_back(std::move(*stream));
  }
  return head;
}

std::filesystem::path head_path(const std::filesystem::path& audit_dir) {
  return audit_dir / "head.json";
}

Result<void> write_head(const std::filesystem::path& audit_dir, std::string_view text) {
  const auto path = head_path(audit_dir);
  auto fresh = path;
  fresh += ".new";
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.fd() < 0 || !write_all(file.fd(), text) || ::fsync(file.fd()) != 0) {
      return refuse(file_error("writing", fresh));
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return refuse(file_error("renaming", fresh));
  const File dir(audit_dir, O_RDONLY | O_DIRECTORY);
  if (dir.fd() < 0 || ::fsync(dir.fd()) != 0) return refuse(file_error("syncing", audit_dir));
  return {};
}

Result<std::optional<std::string>> read_head(const std::filesystem::path& audit_dir) {
  const auto path = head_path(audit_dir);
  const File file(path, O_RDONLY);
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return refuse(file_error("opening", path));
  }
  auto text = read_all(path, file.fd());
  if (!text) return refuse(text.error());
  return std::optional<std::string>(std::move(*text));
}

}  // namespace gatehouse::settlement
