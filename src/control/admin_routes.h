#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "config/error.h"
#include "config/schema.h"
#include "control/admin_call.h"
#include "control/control_plane.h"
#include "control/registry.h"
#include "core/json.h"
#include "core/result.h"

namespace gatehouse::control {

/// A problem document of RFC 9457.
AdminResponse problem(const Refusal& refusal, const config::ConfigErrors& errors = {});
AdminResponse answer(int status, const boost::json::value& body);

/// What one request of the admin API does. Made per request; holds the control plane's lock from
/// its construction on.
class AdminRoutes {
 public:
  AdminRoutes(ControlPlane& control, const AdminRequest& request);

  AdminResponse list_tenants();
  AdminResponse create_tenant();
  AdminResponse show_tenant(const std::string& id);
  AdminResponse replace_tenant(const std::string& id);
  AdminResponse delete_tenant(const std::string& id);

  AdminResponse list_users();
  AdminResponse create_user();
  AdminResponse delete_user(const std::string& tenant, const std::string& id);

  AdminResponse list_keys();
  AdminResponse create_key();
  AdminResponse show_key(const std::string& id);
  AdminResponse change_key(const std::string& id);
  AdminResponse revoke_key(const std::string& id);
  AdminResponse rotate_key(const std::string& id);

  AdminResponse usage();
  AdminResponse budgets();
  AdminResponse config();
  AdminResponse health();

 private:
  /// The value of a query parameter that `check_query` has let pass, percent-decoded; empty if it
  /// is not there.
  std::string query(std::string_view name) const;
  /// Binds the body; an answer if it is no JSON object or has errors. `id` is the one that the path
  /// says: the body may leave it out.
  std::optional<AdminResponse> read_body(const config::Schema& schema, void* object,
                                         std::string_view id = {});
  /// A change that the caller asked for.
  settlement::ControlEvent event(std::string_view action, std::string_view tenant,
                                 std::string_view target) const;
  /// Notes that a key was revoked, or why that is not written yet.
  void note_revoked(const admission::KeyRecord& key, const Result<void>& written) const;

  bool tenant_in_file(const std::string& id) const;
  const admission::TenantSpec* find_tenant(const std::string& id) const;
  bool user_exists(const std::string& tenant, const std::string& id) const;
  const admission::KeyRecord* find_key(const std::string& id) const;
  /// Puts the key that may be changed into `key`; an answer if there is none.
  std::optional<AdminResponse> read_living_key(const std::string& id,
                                               admission::KeyRecord& key) const;
  bool key_in_file(const std::string& id) const;
  boost::json::object tenant_json(const admission::TenantSpec& tenant) const;
  boost::json::object key_json(const admission::KeyRecord& key, bool in_file) const;
  /// An answer if no policy has the name that a tenant or key is to be bound to.
  std::optional<AdminResponse> check_policy(const std::string& name) const;
  std::optional<AdminResponse> check_key(const admission::KeySpec& key) const;
  AdminResponse new_key(admission::KeySpec spec, std::string rotated_from, std::string_view action,
                        std::string_view detail);

  ControlPlane& control_;
  const AdminRequest& request_;
  std::unique_lock<std::mutex> lock_;
};

Refusal bad_query(std::string_view name, std::string_view expected);
Refusal not_found(std::string_view what, const std::string& id);
Refusal declared_in_file(std::string_view what, const std::string& id);
/// "2026-11-24T13:00:00Z"
std::string utc(WallTime time);

}  // namespace gatehouse::control
