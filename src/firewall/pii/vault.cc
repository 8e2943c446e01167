#include "firewall/pii/vault.h"

#include <utility>

#include "firewall/pii/placeholder.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {

void Vault::avoid(std::string_view text) {
  for (size_t at = text.find('['); at != text.npos && avoided_.size() < kMostEntries;
       at = text.find('[', at + 1)) {
    PlaceholderLook look = look_at_placeholder(text, at);
    if (look.kind == PlaceholderLook::Kind::whole) avoided_.insert(std::move(look.placeholder));
  }
}

std::string_view Vault::placeholder(std::string_view rule, std::string_view value) {
  const std::string label = placeholder_label(rule);
  std::string key = label + "\n" + std::string(value);
  if (const auto known = by_value_.find(key); known != by_value_.end())
    return known->second->placeholder;
  if (entries_.size() >= kMostEntries || avoided_.size() >= kMostEntries) {
    return unnumbered_.try_emplace(label, "[" + label + "]").first->second;
  }
  std::string made;
  do {
    made = "[" + label + "_" + std::to_string(++next_[label]) + "]";
  } while (avoided_.contains(made));
  entries_.push_back({std::move(made), std::string(value)});
  const Entry* entry = &entries_.back();
  by_value_.emplace(std::move(key), entry);
  by_placeholder_.emplace(entry->placeholder, entry);
  return entry->placeholder;
}

std::optional<std::string_view> Vault::original(std::string_view placeholder) const {
  std::string upper(placeholder);
  for (char& c : upper) c = ascii_upper(c);
  const auto at = by_placeholder_.find(std::string_view(upper));
  if (at == by_placeholder_.end()) return std::nullopt;
  return at->second->value;
}

}  // namespace gatehouse::firewall
