#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "firewall/secrets/secret_rules.h"
#include "firewall/text/normaliser.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

/// Finds credentials: tokens in the formats of rules/secrets.yaml, JSON Web Tokens, private keys,
/// addresses with a password in them, and values assigned to names that speak of secrets. Literals
/// are found in one Vectorscan pass; what they announce is then read byte by byte, each byte a
/// bounded number of times. Immutable and thread-safe.
class SecretDetector {
 public:
  static Result<std::unique_ptr<SecretDetector>> compile(std::string_view yaml);
  /// The rules compiled into the program.
  static const SecretDetector& standard();
  ~SecretDetector();

  /// Where a text that is still growing must be held: everything from here on may still become
  /// (part of) a secret. The text's size where nothing may.
  struct Tail {
    size_t hold_from = 0;
    /// A private key or a long token has begun at `open_from` and not ended: what follows belongs
    /// to it. `npos` where none has.
    size_t open_from = std::string_view::npos;
    std::string_view open_rule;
  };

  /// Scans text whose case is kept (Normalised::clean, or an original). Offsets are of `text`.
  void scan(std::string_view text, Findings& out) const;
  /// The same for a text to which more may be appended; what its end leaves open is told by `tail`.
  void scan(std::string_view text, Findings& out, Tail& tail) const;
  /// Scans the clean view of a text and its decoded children; offsets are of the original.
  void scan(const Normalised& text, Findings& out) const;

  std::span<const SecretRule> rules() const;

 private:
  struct Compiled;
  explicit SecretDetector(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace gatehouse::firewall
