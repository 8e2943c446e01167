#include "firewall/pii/vault.h"

#include <algorithm>
#include <vector>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kMostDigits = 6;

// One look at a placeholder that may begin at `at`.
struct Look {
  enum class Kind : uint8_t { none, partial, whole } kind = Kind::none;
  size_t end = 0;
  std::string placeholder;  // in capitals, brackets plain
};

// "[" label "_" digits "]", where a Markdown writer may have put backslashes before brackets and
// underscores, and a JSON writer may have escaped the brackets.
Look look_at(std::string_view text, size_t at) {
  Look look;
  const auto rest = [&](size_t from) { return text.substr(std::min(from, text.size())); };
  const auto bracket = [&](size_t& i, char sign, std::string_view escape) {
    // 1: taken; 0: not there; -1: the text ends inside it.
    if (i < text.size() && text[i] == '\\') {
      const std::string_view tail = rest(i);
      const size_t have = std::min(tail.size(), escape.size());
      bool same = true;
      for (size_t k = 0; k < have; ++k) same &= ascii_lower(tail[k]) == escape[k];
      if (same && have == escape.size()) {
        i += have;
        return 1;
      }
      if (same) return -1;
      if (tail.size() < 2) return -1;
      if (tail[1] == sign) {
        i += 2;
        return 1;
      }
      return 0;
    }
    if (i == text.size()) return -1;
    if (text[i] != sign) return 0;
    ++i;
    return 1;
  };
  size_t i = at;
  const int opened = bracket(i, '[', "\\u005b");
  if (opened < 0) return {Look::Kind::partial, text.size(), {}};
  if (opened == 0) return look;
  std::string name = "[";
  size_t digits = 0;
  while (true) {
    if (i - at > Vault::kLongestPlaceholder) return look;
    if (i == text.size()) return {Look::Kind::partial, i, {}};
    const char c = text[i];
    if (c == '\\' && i + 1 == text.size()) return {Look::Kind::partial, text.size(), {}};
    if (c == '\\' && text[i + 1] == '_') {
      ++i;
      continue;
    }
    if (is_ascii_letter(c) || c == '_') {
      if (digits > 0) return look;
      name.push_back(ascii_upper(c));
    } else if (is_ascii_digit(c)) {
      if (name.size() < 3 || (digits == 0 && name.back() != '_') || ++digits > kMostDigits)
        return look;
      name.push_back(c);
    } else {
      break;
    }
    ++i;
  }
  if (digits == 0) return look;
  const int closed = bracket(i, ']', "\\u005d");
  if (closed < 0) return {Look::Kind::partial, text.size(), {}};
  if (closed == 0) return look;
  name.push_back(']');
  return {Look::Kind::whole, i, std::move(name)};
}

}  // namespace

std::string placeholder_label(std::string_view rule) {
  if (rule.substr(0, 7) == "secret.") return "SECRET";
  if (rule.substr(0, 4) != "pii.") return "REDACTED";
  std::string label;
  for (const char c : rule.substr(4)) label.push_back(c == '-' || c == '.' ? '_' : ascii_upper(c));
  // IPV4 would read as a number: letters only before the "_1".
  std::erase_if(label, is_ascii_digit);
  return label.substr(0, 32);
}

void Vault::avoid(std::string_view text) {
  for (size_t at = text.find('['); at != text.npos && avoided_.size() < kMostEntries;
       at = text.find('[', at + 1)) {
    Look look = look_at(text, at);
    if (look.kind == Look::Kind::whole) avoided_.insert(std::move(look.placeholder));
  }
}

std::string_view Vault::placeholder(std::string_view rule, std::string_view value) {
  const std::string label = placeholder_label(rule);
  std::string key = label + "\n" + std::string(value);
  if (const auto known = by_value_.find(key); known != by_value_.end())
    return known->second->placeholder;
  if (entries_.size() >= kMostEntries) {
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

std::string redact(std::string_view text, std::span<const Finding> findings, Vault* vault) {
  std::vector<Finding> sorted(findings.begin(), findings.end());
  std::sort(sorted.begin(), sorted.end(), [](const Finding& a, const Finding& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::string out;
  size_t at = 0;
  for (size_t i = 0; i < sorted.size();) {
    const size_t begin = std::min<size_t>(sorted[i].begin, text.size());
    size_t end = std::min<size_t>(sorted[i].end, text.size());
    size_t next = i + 1;
    while (next < sorted.size() && sorted[next].begin < end) {
      end = std::max(end, std::min<size_t>(sorted[next].end, text.size()));
      ++next;
    }
    if (end > begin) {
      out.append(text, at, begin - at);
      if (vault != nullptr) {
        out.append(vault->placeholder(sorted[i].rule, text.substr(begin, end - begin)));
      } else {
        out.append("[").append(placeholder_label(sorted[i].rule)).append("]");
      }
      at = end;
    }
    i = next;
  }
  out.append(text, at);
  return out;
}

void Restorer::feed(std::string_view text, std::string& out) {
  if (vault_->empty()) {
    out.append(text);
    return;
  }
  held_.append(text);
  const std::string_view all = held_;
  size_t at = 0;
  size_t shown = 0;
  while (at < all.size()) {
    const size_t start = all.find_first_of("[\\", at);
    if (start == all.npos) break;
    const Look look = look_at(all, start);
    if (look.kind == Look::Kind::partial) {
      out.append(all.substr(shown, start - shown));
      held_.erase(0, start);
      return;
    }
    at = start + 1;
    if (look.kind != Look::Kind::whole) {
      // An escaped character is no beginning of its own.
      if (all[start] == '\\' && at < all.size() && all[at] == '\\') ++at;
      continue;
    }
    const auto value = vault_->original(look.placeholder);
    if (!value) continue;
    out.append(all.substr(shown, start - shown));
    put_value(*value, out);
    at = shown = look.end;
  }
  out.append(all.substr(shown));
  held_.clear();
}

void Restorer::finish(std::string& out) {
  out.append(held_);
  held_.clear();
}

void Restorer::put_value(std::string_view value, std::string& out) const {
  if (form_ == Form::text) {
    out.append(value);
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace gatehouse::firewall
