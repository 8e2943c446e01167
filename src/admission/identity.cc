#include "admission/identity.h"

#include <algorithm>
#include <cstring>

#include <openssl/crypto.h>

#include "core/letters.h"

namespace gatehouse::admission {
namespace {

uint64_t beginning(const KeyHash& hash) {
  uint64_t word = 0;
  std::memcpy(&word, hash.data(), sizeof word);
  return word;
}

Refusal denied(ErrorKind kind, std::string code, std::string message, std::string reason = {}) {
  Refusal refusal;
  refusal.kind = kind;
  refusal.layer = Layer::admission;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  refusal.reason = std::move(reason);
  return refusal;
}

}  // namespace

bool Principal::may_use_model(std::string_view model) const {
  return matches_model(key_->record.spec.models, model) &&
         matches_model(key_->tenant->spec.models, model);
}

bool Principal::still_valid(WallTime now) const {
  return !key_->state->revoked.load(std::memory_order_relaxed) &&
         now < key_->state->expires.load(std::memory_order_relaxed);
}

KeyTable::KeyTable(std::vector<std::shared_ptr<const KeyEntry>> entries)
    : entries_(std::move(entries)) {
  by_hash_.reserve(entries_.size());
  for (const auto& entry : entries_) by_hash_.emplace(beginning(entry->record.hash), &entry);
}

std::shared_ptr<const KeyEntry> KeyTable::find(const KeyHash& hash) const {
  static const KeyHash kNone{};
  const auto found = by_hash_.find(beginning(hash));
  const KeyHash& expected = found == by_hash_.end() ? kNone : (*found->second)->record.hash;
  const bool equal = CRYPTO_memcmp(expected.data(), hash.data(), hash.size()) == 0;
  if (found == by_hash_.end() || !equal) return nullptr;
  return *found->second;
}

std::string_view presented_key(std::string_view authorization, std::string_view x_api_key) {
  constexpr std::string_view kScheme = "bearer ";  // in any letters (RFC 9110, section 11.1)
  if (!same_letters(authorization.substr(0, kScheme.size()), kScheme)) return x_api_key;
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

Result<Principal> authenticate(const KeyTable& table, KeyHasher& hasher, std::string_view presented,
                               std::string_view client_address, WallTime now) {
  if (presented.empty()) {
    return refuse(denied(ErrorKind::authentication, "missing_api_key",
                         "No API key was given. Send it as 'Authorization: Bearer gh_...'."));
  }
  // A key that nobody can have made costs no hash; that tells nothing about those that exist.
  if (!is_well_formed_key(presented)) {
    return refuse(denied(ErrorKind::authentication, "invalid_api_key",
                         "The API key given is not valid.", "not of the form of a key"));
  }
  auto entry = table.find(hasher(presented));
  if (!entry) {
    return refuse(
        denied(ErrorKind::authentication, "invalid_api_key", "The API key given is not valid.",
               "no key with id " + std::string(key_id_of(presented)) + " and that secret"));
  }
  const KeySpec& spec = entry->record.spec;
  if (entry->tenant->spec.suspended) {
    return refuse(denied(ErrorKind::permission, "tenant_suspended",
                         "The organisation of this API key is suspended.",
                         "tenant " + spec.tenant + " is suspended"));
  }
  if (entry->record.revoked || entry->state->revoked.load(std::memory_order_relaxed)) {
    return refuse(denied(ErrorKind::authentication, "key_revoked",
                         "The API key given has been revoked.", "key " + spec.id));
  }
  if (spec.expires && now >= *spec.expires) {
    return refuse(denied(ErrorKind::authentication, "key_expired", "The API key given has expired.",
                         "key " + spec.id));
  }
  if (!entry->ip_ranges.empty()) {
    const auto address = IpAddress::parse(client_address);
    const bool inside =
        address && std::any_of(entry->ip_ranges.begin(), entry->ip_ranges.end(),
                               [&](const IpRange& range) { return range.contains(*address); });
    if (!inside) {
      return refuse(denied(ErrorKind::permission, "ip_not_allowed",
                           "The API key given may not be used from this address.",
                           "key " + spec.id + " from " + std::string(client_address)));
    }
  }
  return Principal(std::move(entry));
}

}  // namespace gatehouse::admission
