#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "admission/keys.h"
#include "admission/specs.h"
#include "control/sqlite.h"
#include "core/result.h"

namespace gatehouse::control {

/// The tenants, users and keys that were made by commands and the admin API, in control.db. Read
/// whole at the start; each change is on disk when its function returns. Not thread-safe.
///
/// Specs are kept as JSON in the configuration file's own shape, so that a new key of a spec needs
/// no migration.
class Registry {
 public:
  /// Brings an older database up to the current version, and refuses one of a newer version
  /// (`conflict`, "control_db_newer") without touching it.
  static Result<std::unique_ptr<Registry>> open(const std::filesystem::path& path);

  const std::vector<admission::TenantSpec>& tenants() const { return tenants_; }
  const std::vector<admission::UserSpec>& users() const { return users_; }
  const std::vector<admission::KeyRecord>& keys() const { return keys_; }

  /// Makes it, or replaces the one of the same id.
  Result<void> put(const admission::TenantSpec& tenant);
  Result<void> put(const admission::UserSpec& user);
  Result<void> put(const admission::KeyRecord& key);

  /// Revokes a key: in memory at once, so that nothing brings it back, and on disk. An error says
  /// that it is not on disk; `write_revocations` tries again.
  Result<void> revoke(const std::string& id, WallTime when);
  Result<void> write_revocations();
  /// The keys whose revocation is not on disk.
  const std::set<std::string>& unwritten() const { return unwritten_; }

  /// Makes several changes, all or nothing, in memory too. No calls within calls.
  Result<void> together(const std::function<Result<void>()>& changes);

  /// With its users and keys, all or nothing.
  Result<void> remove_tenant(const std::string& id);
  Result<void> remove_user(const std::string& tenant, const std::string& id);

 private:
  explicit Registry(std::unique_ptr<Sqlite> db) : db_(std::move(db)) {}
  Result<void> migrate();
  Result<void> read();
  Result<void> write(const admission::KeyRecord& key);

  std::unique_ptr<Sqlite> db_;
  std::vector<admission::TenantSpec> tenants_;
  std::vector<admission::UserSpec> users_;
  std::vector<admission::KeyRecord> keys_;
  std::set<std::string> unwritten_;
};

}  // namespace gatehouse::control
