#pragma once

#include <string_view>
#include <vector>

#include "firewall/text/normaliser.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

/// Finds personal data that has a form: cards, accounts, national numbers, addresses of mail,
/// network and wallets, telephone numbers, dates of birth and document numbers in context. Context
/// is what stands before a value, never what follows, so that a stream and a whole text agree.
/// Pure; each byte is read a bounded number of times.
class PiiDetector {
 public:
  /// Scans text whose case is kept; offsets are of `text`. Findings come in order and do not
  /// overlap.
  static void scan(std::string_view text, Findings& out);
  /// The same for a text to which more may be appended. Returns from where the text must be held:
  /// everything from there on may still become (part of) a finding.
  static size_t scan_growing(std::string_view text, Findings& out);
  /// Scans the clean view of a text and its decoded children; offsets are of the original.
  static void scan(const Normalised& text, Findings& out);

  /// Names of all kinds ("pii.email" …), for policies and documentation.
  static std::vector<std::string_view> kinds();
};

}  // namespace gatehouse::firewall
