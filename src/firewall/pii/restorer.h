#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "firewall/pii/link_tracker.h"

namespace gatehouse::firewall {

class Vault;

/// Turns placeholders back in a text that comes in pieces cut anywhere, but for those in addresses:
/// a link or an image that a model was talked into must not carry a value to another host. Holds
/// back some 50 bytes at most, and only while a placeholder may be under way. Belongs to one
/// stream.
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
  void follow(std::string_view text);
  void put_value(std::string_view value, std::string& out) const;

  const Vault* vault_;
  Form form_;
  LinkTracker links_;
  std::string held_;
};

}  // namespace gatehouse::firewall
