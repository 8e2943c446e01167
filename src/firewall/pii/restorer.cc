#include "firewall/pii/restorer.h"

#include "core/json.h"
#include "core/letters.h"
#include "firewall/pii/placeholder.h"
#include "firewall/pii/vault.h"

namespace gatehouse::firewall {

void Restorer::feed(std::string_view text, std::string& out) {
  if (vault_->empty()) {
    out.append(text);
    return;
  }
  held_.append(text);
  const std::string_view all = held_;
  size_t at = 0;
  size_t shown = 0;
  size_t followed = 0;
  while (at < all.size()) {
    const size_t start = find_either(all, '[', '\\', at);
    if (start == all.npos) break;
    const PlaceholderLook look = look_at_placeholder(all, start);
    if (look.kind == PlaceholderLook::Kind::partial) {
      out.append(all.substr(shown, start - shown));
      follow(all.substr(followed, start - followed));
      held_.erase(0, start);
      return;
    }
    at = start + 1;
    if (look.kind != PlaceholderLook::Kind::whole) {
      // An escaped character is no beginning of its own.
      if (all[start] == '\\' && at < all.size() && all[at] == '\\') ++at;
      continue;
    }
    follow(all.substr(followed, start - followed));
    followed = start;
    const auto value = links_.inside() ? std::nullopt : vault_->original(look.placeholder);
    if (!value) continue;
    out.append(all.substr(shown, start - shown));
    put_value(*value, out);
    links_.take_value();
    at = shown = followed = look.end;
  }
  out.append(all.substr(shown));
  follow(all.substr(followed));
  held_.clear();
}

void Restorer::finish(std::string& out) {
  out.append(held_);
  held_.clear();
}

void Restorer::follow(std::string_view text) {
  if (form_ == Form::json) {
    links_.take_json(text);
  } else {
    links_.take(text);
  }
}

void Restorer::put_value(std::string_view value, std::string& out) const {
  if (form_ == Form::text) {
    out.append(value);
    return;
  }
  std::string quoted;
  json::append_untrusted_string(quoted, value);
  out.append(quoted, 1, quoted.size() - 2);
}

}  // namespace gatehouse::firewall
