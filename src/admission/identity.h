#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admission/ip_range.h"
#include "admission/keys.h"
#include "admission/limits.h"
#include "admission/specs.h"
#include "core/clock.h"
#include "core/result.h"

namespace gatehouse::admission {

class BudgetScope;

/// What of a tenant, user or key outlives a reload: counters and the switches that end streams.
struct AccountState {  // of a tenant, or of a key's account
  LimitState limits;
  std::shared_ptr<BudgetScope> budget;
};
struct UserState {
  std::shared_ptr<BudgetScope> budget;
};
struct KeyState {
  std::atomic<bool> revoked{false};  // or its tenant suspended, or the key gone from the specs
  std::atomic<WallTime> expires{WallTime::max()};
};
static_assert(std::atomic<WallTime>::is_always_lock_free);

struct TenantEntry {
  TenantSpec spec;
  std::shared_ptr<AccountState> state;
};
struct UserEntry {
  UserSpec spec;
  std::shared_ptr<UserState> state;
};
struct KeyEntry {
  KeyRecord record;
  std::vector<IpRange> ip_ranges;
  std::shared_ptr<const TenantEntry> tenant;
  std::shared_ptr<const UserEntry> user;  // may be null
  std::shared_ptr<AccountState> account;
  std::shared_ptr<KeyState> state;
};

/// A firewall policy by its name, and whose choice it is: "key", "tenant" or "model". An empty name
/// is the default policy.
struct PolicyChoice {
  std::string_view name;
  std::string_view by = "default";
};

/// Who makes a request: a key of a tenant. Cheap to copy; stays usable when the key is revoked or
/// the configuration reloaded, and tells by `still_valid` that it should not be used any more.
class Principal {
 public:
  Principal() = default;
  explicit Principal(std::shared_ptr<const KeyEntry> key) : key_(std::move(key)) {}

  explicit operator bool() const { return key_ != nullptr; }
  const std::string& key_id() const { return key_->record.spec.id; }
  const std::string& key_name() const { return key_->record.spec.name; }
  const std::string& tenant_id() const { return key_->tenant->spec.id; }
  /// Empty if the key is not a user's.
  std::string_view user_id() const { return key_->record.spec.user; }
  /// The firewall policy of the key, else of the tenant, else the default one. As long as this
  /// lives.
  PolicyChoice policy() const {
    const std::string& own = key_->record.spec.policy;
    const std::string& tenants = key_->tenant->spec.policy;
    if (!own.empty()) return {own, "key"};
    if (!tenants.empty()) return {tenants, "tenant"};
    return {};
  }
  bool has_role(Role role) const { return (key_->record.spec.roles & roles_of(role)) != 0; }
  /// Whether the tenant and the key may ask for this model.
  bool may_use_model(std::string_view model) const;

  /// Two atomic reads: false once the key is revoked, its tenant suspended, or it has expired, by
  /// what is known now. Streams ask before each chunk that they send.
  bool still_valid(WallTime now) const;

  const KeyEntry& key() const { return *key_; }
  const TenantEntry& tenant() const { return *key_->tenant; }
  const UserEntry* user() const { return key_->user.get(); }
  const std::shared_ptr<const KeyEntry>& shared_key() const { return key_; }

 private:
  std::shared_ptr<const KeyEntry> key_;
};

/// All keys by their hash. Immutable; swapped whole when keys change.
class KeyTable {
 public:
  explicit KeyTable(std::vector<std::shared_ptr<const KeyEntry>> entries);

  /// Null if there is none. The time does not depend on how much of `hash` is right: the map is
  /// asked by hashed value, and one whole constant-time comparison follows in any case.
  std::shared_ptr<const KeyEntry> find(const KeyHash& hash) const;
  size_t size() const { return entries_.size(); }
  const std::vector<std::shared_ptr<const KeyEntry>>& entries() const { return entries_; }

 private:
  std::vector<std::shared_ptr<const KeyEntry>> entries_;
  std::unordered_map<uint64_t, const std::shared_ptr<const KeyEntry>*> by_hash_;
};

/// The key that a request presents by the headers of these names: "Bearer KEY" as OpenAI's SDKs
/// send it, else as Anthropic's do. Empty if there is none.
std::string_view presented_key(std::string_view authorization, std::string_view x_api_key);

/// Finds who presents `presented` (the key itself, without "Bearer "). Refusals, kind
/// `authentication`: code "missing_api_key", "invalid_api_key", "key_expired", "key_revoked"; kind
/// `permission`: "ip_not_allowed", "tenant_suspended". No message tells anything of the key.
/// `client_address` is the peer's address as text, without a port.
Result<Principal> authenticate(const KeyTable& table, KeyHasher& hasher, std::string_view presented,
                               std::string_view client_address, WallTime now);

}  // namespace gatehouse::admission
