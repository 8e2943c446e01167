#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace gatehouse::firewall {

/// What was taken out of the texts of one request, and the placeholders that stand for it:
/// "[EMAIL_1]". The same value gets the same placeholder, so that a model can still tell two people
/// apart. Lives in memory only, as long as the request that owns it; never logged. An empty one
/// owns no memory. Not thread-safe.
class Vault {
 public:
  /// Numbers that stand in placeholders of `text` are not given out: a caller who writes
  /// "[EMAIL_1]" gets "[EMAIL_1]" back, not somebody's address. Call for each text before
  /// redacting. After kMostEntries of them no number is given out at all.
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

 private:
  struct Entry {
    std::string placeholder;
    std::string value;
  };
  std::list<Entry> entries_;                                   // stable addresses
  std::map<std::string, const Entry*, std::less<>> by_value_;  // label, newline, value
  std::map<std::string_view, const Entry*, std::less<>> by_placeholder_;
  std::map<std::string, uint32_t, std::less<>> next_;  // by label
  std::set<std::string, std::less<>> avoided_;
  std::map<std::string, std::string, std::less<>> unnumbered_;
};

}  // namespace gatehouse::firewall
