#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/json_tree.h"
#include "config/keys.h"
#include "control/admin_routes.h"

namespace gatehouse::control {
namespace {

Refusal exists(std::string_view what, const std::string& id) {
  Refusal refusal;
  refusal.kind = ErrorKind::conflict;
  refusal.layer = Layer::control;
  refusal.code = fmt::format("{}_exists", what);
  refusal.message = fmt::format("There is a {} \"{}\" already.", what, config::shown(id));
  return refusal;
}

}  // namespace

bool AdminRoutes::tenant_in_file(const std::string& id) const {
  const auto& tenants = control_.config_->tenants;
  return std::any_of(tenants.begin(), tenants.end(), [&](const auto& t) { return t.id == id; });
}

const admission::TenantSpec* AdminRoutes::find_tenant(const std::string& id) const {
  for (const auto* tenants : {&control_.config_->tenants, &control_.registry_->tenants()}) {
    for (const admission::TenantSpec& tenant : *tenants) {
      if (tenant.id == id) return &tenant;
    }
  }
  return nullptr;
}

bool AdminRoutes::user_exists(const std::string& tenant, const std::string& id) const {
  for (const auto* users : {&control_.config_->users, &control_.registry_->users()}) {
    for (const admission::UserSpec& user : *users) {
      if (user.id == id && user.tenant == tenant) return true;
    }
  }
  return false;
}

boost::json::object AdminRoutes::tenant_json(const admission::TenantSpec& tenant) const {
  boost::json::object out = config::to_json(config::tenant_schema(), &tenant).as_object();
  out["declared_in"] = tenant_in_file(tenant.id) ? "file" : "database";
  return out;
}

std::optional<AdminResponse> AdminRoutes::check_policy(const std::string& name) const {
  const auto& policies = control_.config_->firewall.policies;
  if (name.empty() || config::has_name(policies, name)) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& policy : policies) known.push_back(policy.name);
  return problem(Refusal::invalid("policy",
                                  fmt::format("\"{}\" is not the name of a policy; known: {}.",
                                              config::shown(name), fmt::join(known, ", ")),
                                  "unknown_policy"));
}

AdminResponse AdminRoutes::list_tenants() {
  boost::json::array list;
  for (const auto& tenant : control_.config_->tenants) list.push_back(tenant_json(tenant));
  for (const auto& tenant : control_.registry_->tenants()) {
    if (!tenant_in_file(tenant.id)) list.push_back(tenant_json(tenant));
  }
  return answer(200, {{"tenants", std::move(list)}});
}

AdminResponse AdminRoutes::show_tenant(const std::string& id) {
  const admission::TenantSpec* tenant = find_tenant(id);
  if (tenant == nullptr) return problem(not_found("tenant", id));
  return answer(200, tenant_json(*tenant));
}

AdminResponse AdminRoutes::create_tenant() {
  admission::TenantSpec tenant;
  if (auto wrong = read_body(config::tenant_schema(), &tenant)) return *wrong;
  if (auto fine = admission::validate(tenant); !fine) return problem(fine.error());
  if (find_tenant(tenant.id) != nullptr) return problem(exists("tenant", tenant.id));
  if (auto wrong = check_policy(tenant.policy)) return *wrong;
  const auto made = control_.change(event("tenant.create", tenant.id, tenant.id),
                                    [&] { return control_.registry_->put(tenant); });
  if (!made) return problem(made.error());
  return answer(201, tenant_json(tenant));
}

AdminResponse AdminRoutes::replace_tenant(const std::string& id) {
  if (find_tenant(id) == nullptr) return problem(not_found("tenant", id));
  if (tenant_in_file(id)) return problem(declared_in_file("tenant", id));
  admission::TenantSpec tenant;
  if (auto wrong = read_body(config::tenant_schema(), &tenant, id)) return *wrong;
  if (tenant.id != id) {
    return problem(Refusal::invalid("id", "The id of a tenant can't be changed.", "id_changed"));
  }
  if (auto fine = admission::validate(tenant); !fine) return problem(fine.error());
  if (auto wrong = check_policy(tenant.policy)) return *wrong;
  const auto replaced = control_.change(event("tenant.replace", id, id),
                                        [&] { return control_.registry_->put(tenant); });
  if (!replaced) return problem(replaced.error());
  return answer(200, tenant_json(tenant));
}

AdminResponse AdminRoutes::delete_tenant(const std::string& id) {
  if (find_tenant(id) == nullptr) return problem(not_found("tenant", id));
  if (tenant_in_file(id)) return problem(declared_in_file("tenant", id));
  for (const auto& key : control_.registry_->keys()) {
    const bool admin = (key.spec.roles & admission::roles_of(admission::Role::admin)) != 0;
    if (key.spec.tenant == id && key.spec.id == request_.actor && admin) {
      Refusal refusal =
          Refusal::invalid("", "This would delete the key that asks for it.", "own_key");
      refusal.kind = ErrorKind::conflict;
      return problem(refusal);
    }
  }
  std::vector<std::string> gone;
  for (const auto& key : control_.registry_->keys()) {
    if (key.spec.tenant == id) gone.push_back(key.spec.id);
  }
  const auto deleted = control_.change(event("tenant.delete", id, id), [&]() -> Result<void> {
    if (auto ok = control_.registry_->remove_tenant(id); !ok) return ok;
    if (control_.hooks_.revoke) {
      for (const std::string& key : gone) control_.hooks_.revoke(key);
    }
    return {};
  });
  if (!deleted) return problem(deleted.error());
  return answer(200, {{"deleted", id}, {"keys", gone.size()}});
}

AdminResponse AdminRoutes::list_users() {
  const std::string tenant = query("tenant");
  boost::json::array list;
  const auto add = [&](const admission::UserSpec& user, const char* where) {
    if (!tenant.empty() && user.tenant != tenant) return;
    boost::json::object out = config::to_json(config::user_schema(), &user).as_object();
    out["declared_in"] = where;
    list.push_back(std::move(out));
  };
  for (const auto& user : control_.config_->users) add(user, "file");
  for (const auto& user : control_.registry_->users()) add(user, "database");
  return answer(200, {{"users", std::move(list)}});
}

AdminResponse AdminRoutes::create_user() {
  admission::UserSpec user;
  if (auto wrong = read_body(config::user_schema(), &user)) return *wrong;
  if (auto fine = admission::validate(user); !fine) return problem(fine.error());
  if (find_tenant(user.tenant) == nullptr) return problem(not_found("tenant", user.tenant));
  if (user_exists(user.tenant, user.id)) return problem(exists("user", user.id));
  const auto made = control_.change(event("user.create", user.tenant, user.id),
                                    [&] { return control_.registry_->put(user); });
  if (!made) return problem(made.error());
  return answer(201, config::to_json(config::user_schema(), &user));
}

AdminResponse AdminRoutes::delete_user(const std::string& tenant, const std::string& id) {
  const auto same = [&](const auto& user) { return user.id == id && user.tenant == tenant; };
  const auto& in_file = control_.config_->users;
  if (std::any_of(in_file.begin(), in_file.end(), same)) {
    return problem(declared_in_file("user", id));
  }
  const auto& users = control_.registry_->users();
  if (std::none_of(users.begin(), users.end(), same)) return problem(not_found("user", id));
  std::vector<std::string> gone;
  for (const auto& key : control_.registry_->keys()) {
    if (key.spec.tenant == tenant && key.spec.user == id && !key.revoked) {
      gone.push_back(key.spec.id);
    }
  }
  const auto deleted = control_.change(event("user.delete", tenant, id), [&]() -> Result<void> {
    Result<void> written;
    for (const std::string& key : gone) written = control_.revoke(key);
    if (!written) return written;
    return control_.registry_->remove_user(tenant, id);
  });
  if (!deleted) return problem(deleted.error());
  return answer(200, {{"deleted", id}, {"keys", gone.size()}});
}

}  // namespace gatehouse::control
