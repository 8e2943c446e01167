#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "firewall/types.h"

namespace gatehouse::firewall {

/// What was taken out of the texts of one conversation, and the placeholders that stand for it:
/// "[EMAIL_1]". The same value gets the same placeholder, so that a model can still tell two people
/// apart. Lives in memory only, as long as the request (or conversation) that owns it; never
/// logged. Not thread-safe.
class Vault {
 public:
  /// Numbers that stand in placeholders of `text` are not given out: a caller who writes
  /// "[EMAIL_1]" gets "[EMAIL_1]" back, not somebody's address. Call for each text before
  /// redacting.
  void avoid(std::string_view text);

  /// The placeholder for a value that the rule `rule` found ("pii.email" gives "[EMAIL_1]"). Valid
  /// as long as the vault. Beyond kMostEntries values the placeholder has no number and cannot be
  /// turned back.
  std::string_view placeholder(std::string_view rule, std::string_view value);

  /// The value behind a placeholder, whatever the case of its letters; empty if there is none.
  std::optional<std::string_view> original(std::string_view placeholder) const;

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }

  static constexpr size_t kMostEntries = 10'000;
  static constexpr size_t kLongestPlaceholder = 48;

 private:
  struct Entry {
    std::string placeholder;
    std::string value;
  };
  std::deque<Entry> entries_;                                  // stable addresses
  std::map<std::string, const Entry*, std::less<>> by_value_;  // label, newline, value
  std::map<std::string_view, const Entry*, std::less<>> by_placeholder_;
  std::map<std::string, uint32_t, std::less<>> next_;  // by label
  std::set<std::string, std::less<>> avoided_;
  std::map<std::string, std::string, std::less<>> unnumbered_;
};

/// The word in the placeholder of what a rule found: "pii.us-ssn" gives "US_SSN", any secret
/// "SECRET".
std::string placeholder_label(std::string_view rule);

/// `text` with each finding's bytes replaced by a placeholder: a vault's, or without one the label
/// alone, "[EMAIL]". Findings may come in any order and overlap; what overlaps becomes one.
std::string redact(std::string_view text, std::span<const Finding> findings, Vault* vault);

/// Turns placeholders back in a text that comes in pieces cut anywhere. Holds back at most
/// Vault::kLongestPlaceholder bytes, and only while a placeholder may be under way.
class Restorer {
 public:
  /// What the text is: JSON (the arguments of a tool call) gets values escaped as the inside of a
  /// string, and its placeholders may have their brackets escaped.
  enum class Form : uint8_t { text, json };
  /// `vault` must outlive the restorer.
  Restorer(const Vault& vault, Form form) : vault_(&vault), form_(form) {}

  /// Appends what can be shown to `out`.
  void feed(std::string_view text, std::string& out);
  /// Appends what was held back.
  void finish(std::string& out);
  size_t held_back() const { return held_.size(); }

 private:
  void put_value(std::string_view value, std::string& out) const;

  const Vault* vault_;
  Form form_;
  std::string held_;
};

}  // namespace gatehouse::firewall
