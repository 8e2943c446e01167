#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/result.h"
#include "settlement/chain.h"

namespace gatehouse::settlement {

/// What the audit log's key file yields: an Ed25519 pair that signs heads, and the secret under
/// which prompts are hashed. Both are derived from the 32 random bytes in the file.
struct AuditKeys {
  std::string seed;        // 32 bytes: the Ed25519 private key
  std::string public_key;  // 64 hex digits
  std::string prompt_key;  // 32 bytes
};
/// Reads the key file; refuses one that others may read.
Result<AuditKeys> read_audit_keys(const std::filesystem::path& file);
/// Makes the file with mode 0600 and a new key, whole or not at all; refuses if it is there
/// already.
Result<AuditKeys> make_audit_keys(const std::filesystem::path& file, Random& random);

/// Where one stream stood.
struct StreamHead {
  std::string name;
  ChainState state;
  store::LogPosition last;  // where its last record begins; nothing if seq is 0
};

/// The signed statement of how far all streams reach: "head.json" in the audit folder.
struct Head {
  uint64_t number = 0;  // rises by one with each head
  std::string time;     // RFC 3339
  std::vector<StreamHead> streams;
  std::string public_key;  // 64 hex digits
  /// Written by a clean stop: nothing follows what it seals, until a start writes the next one.
  bool closed = false;

  const StreamHead* find(std::string_view stream) const;
};

/// The file's text: one line of JSON that ends in the signature over all before it.
Result<std::string> sign_head(const Head& head, const AuditKeys& keys);
/// Reads and checks the signature against the public key that the head itself names; comparing that
/// key with a known one is the caller's part.
Result<Head> parse_head(std::string_view text);

std::filesystem::path head_path(const std::filesystem::path& audit_dir);
/// Writes atomically and durably (a new file, synced, then renamed over the old one).
Result<void> write_head(const std::filesystem::path& audit_dir, std::string_view text);
/// Nothing if there is no head.
Result<std::optional<std::string>> read_head(const std::filesystem::path& audit_dir);

}  // namespace gatehouse::settlement
