#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "firewall/signatures/rule.h"
#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// Signature rules compiled into one Vectorscan database. Immutable after compiling and
/// thread-safe: scratch memory is kept per thread. Scanning is linear in the size of the text.
class SignatureSet {
 public:
  /// Refuses a pattern that Vectorscan cannot compile, and names its rule.
  static Result<std::unique_ptr<SignatureSet>> compile(std::string_view yaml);
  /// The rules compiled into the program (rules/signatures.yaml), compiled on first use.
  static const SignatureSet& standard();
  /// How models decline (rules/refusals.yaml), likewise.
  static const SignatureSet& refusals();
  ~SignatureSet();

  /// Scans a canonical view (lower case). Appends at most one finding per rule: its first match
  /// that no exception takes back (of the first sixteen that one does take back, then none).
  /// Offsets are of `canonical`; `evidence` is copied into the findings and must be static.
  void scan(std::string_view canonical, Source source, Direction direction,
            std::string_view evidence, Findings& out) const;

  /// Scans all views of a text: canonical, undone, and the children. Findings carry offsets of the
  /// original; a rule that matches in several views is reported once, where it matched first.
  void scan(const Normalised& text, Source source, Direction direction, Findings& out) const;

  std::span<const SignatureRule> rules() const;
  const SignatureRule* rule(std::string_view id) const;

 private:
  struct Compiled;
  struct BuiltIn;
  class Leads;
  static std::unique_ptr<SignatureSet> precompiled(const BuiltIn& rules);
  static std::unique_ptr<SignatureSet> built_in(const BuiltIn& rules);
  explicit SignatureSet(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace gatehouse::firewall
