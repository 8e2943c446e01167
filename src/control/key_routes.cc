#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/json_tree.h"
#include "config/keys.h"
#include "control/admin_routes.h"
#include "core/log.h"

namespace gatehouse::control {
namespace {

std::string_view status_of(const admission::KeyRecord& key, WallTime now) {
  if (key.revoked) return "revoked";
  if (key.spec.expires && *key.spec.expires <= now) return "expired";
  return "active";
}

}  // namespace

const admission::KeyRecord* AdminRoutes::find_key(const std::string& id) const {
  for (const admission::KeyRecord& key : control_.registry_->keys()) {
    if (key.spec.id == id) return &key;
  }
  return nullptr;
}

std::optional<AdminResponse> AdminRoutes::read_living_key(const std::string& id,
                                                          admission::KeyRecord& key) const {
  if (key_in_file(id)) return problem(declared_in_file("key", id));
  const admission::KeyRecord* found = find_key(id);
  if (found == nullptr) return problem(not_found("key", id));
  if (found->revoked) {
    Refusal refusal = Refusal::invalid("", "The key is revoked; make a new one.", "key_revoked");
    refusal.kind = ErrorKind::conflict;
    return problem(refusal);
  }
  key = *found;
  return std::nullopt;
}

bool AdminRoutes::key_in_file(const std::string& id) const {
  const auto& keys = control_.config_->keys;
  return std::any_of(keys.begin(), keys.end(), [&](const config::KeyEntry& key) {
    return admission::key_id_of(key.secret) == id;
  });
}

boost::json::object AdminRoutes::key_json(const admission::KeyRecord& key, bool in_file) const {
  config::KeyEntry entry;
  entry.spec = key.spec;
  boost::json::object out{{"id", key.spec.id}, {"status", status_of(key, control_.clock().wall())}};
  boost::json::value spec = config::to_json(config::key_request_schema(), &entry);
  for (auto& member : spec.as_object()) {
    out[member.key()] = std::move(member.value());
  }
  if (!in_file) out["created"] = utc(key.created);
  if (key.revoked) out["revoked"] = utc(*key.revoked);
  if (!key.rotated_from.empty()) out["rotated_from"] = key.rotated_from;
  out["declared_in"] = in_file ? "file" : "database";
  return out;
}

AdminResponse AdminRoutes::list_keys() {
  const std::string tenant = query("tenant");
  boost::json::array list;
  for (const config::KeyEntry& entry : control_.config_->keys) {
    admission::KeyRecord key;
    key.spec = entry.spec;
    key.spec.id = admission::key_id_of(entry.secret);
    if (tenant.empty() || key.spec.tenant == tenant) list.push_back(key_json(key, true));
  }
  for (const admission::KeyRecord& key : control_.registry_->keys()) {
    if (tenant.empty() || key.spec.tenant == tenant) list.push_back(key_json(key, false));
  }
  return answer(200, {{"keys", std::move(list)}});
}

AdminResponse AdminRoutes::show_key(const std::string& id) {
  for (const config::KeyEntry& entry : control_.config_->keys) {
    if (admission::key_id_of(entry.secret) != id) continue;
    admission::KeyRecord key;
    key.spec = entry.spec;
    key.spec.id = id;
    return answer(200, key_json(key, true));
  }
  const admission::KeyRecord* key = find_key(id);
  if (key == nullptr) return problem(not_found("key", id));
  return answer(200, key_json(*key, false));
}

std::optional<AdminResponse> AdminRoutes::check_key(const admission::KeySpec& key) const {
  admission::KeySpec with_id = key;
  with_id.id = "new";  // made later
  if (auto fine = admission::validate(with_id); !fine) return problem(fine.error());
  if (find_tenant(key.tenant) == nullptr) return problem(not_found("tenant", key.tenant));
  if (!key.user.empty() && !user_exists(key.tenant, key.user)) {
    return problem(not_found("user", key.user));
  }
  if (key.expires && *key.expires <= control_.clock().wall()) {
    return problem(Refusal::invalid("expires", "The time is over already.", "expires_in_the_past"));
  }
  return check_policy(key.policy);
}

AdminResponse AdminRoutes::create_key() {
  config::KeyEntry entry;
  if (auto wrong = read_body(config::key_request_schema(), &entry)) return *wrong;
  return new_key(std::move(entry.spec), {}, "key.create", {});
}

AdminResponse AdminRoutes::new_key(admission::KeySpec spec, std::string rotated_from,
                                   std::string_view action, std::string_view detail) {
  if (auto wrong = check_key(spec)) return *wrong;
  settlement::ControlEvent made_event = event(action, {}, {});
  made_event.detail = detail;
  auto made = control_.make_key(std::move(spec), std::move(rotated_from), made_event);
  if (!made) return problem(made.error());
  boost::json::object out{{"key", made->text}};
  for (auto& member : key_json(*find_key(made->id), false)) {
    out[member.key()] = std::move(member.value());
  }
  return answer(201, out);
}

AdminResponse AdminRoutes::change_key(const std::string& id) {
  admission::KeyRecord key;
  if (auto none = read_living_key(id, key)) return *none;
  config::KeyEntry entry;
  entry.spec = key.spec;
  if (auto wrong = read_body(config::key_change_schema(), &entry)) return *wrong;
  if (auto fine = admission::validate(entry.spec); !fine) return problem(fine.error());
  if (auto wrong = check_policy(entry.spec.policy)) return *wrong;
  key.spec = std::move(entry.spec);
  const std::string& policy = key.spec.policy;
  const std::string detail = "policy: " + (policy.empty() ? "the tenant's" : policy);
  settlement::ControlEvent changes = event("key.change", key.spec.tenant, id);
  changes.detail = detail;
  const auto changed = control_.change(changes, [&] { return control_.registry_->put(key); });
  if (!changed) return problem(changed.error());
  return answer(200, key_json(key, false));
}

void AdminRoutes::note_revoked(const admission::KeyRecord& key, const Result<void>& written) const {
  settlement::ControlEvent revoked = event("key.revoke", key.spec.tenant, key.spec.id);
  revoked.ok = written.has_value();
  if (!written) revoked.detail = written.error().message;
  if (control_.audit(revoked)) return;
  log::error("audit_failed", {{"action", "key.revoke"}, {"key", key.spec.id}});
}

AdminResponse AdminRoutes::revoke_key(const std::string& id) {
  if (key_in_file(id)) return problem(declared_in_file("key", id));
  const admission::KeyRecord* key = find_key(id);
  if (key == nullptr) return problem(not_found("key", id));
  if (key->revoked && !control_.registry_->unwritten().contains(id)) {
    return answer(200, key_json(*key, false));
  }
  const Result<void> written = control_.revoke(id);
  note_revoked(*key, written);
  if (auto ok = control_.admit(); !ok) return problem(ok.error());
  if (!written) return problem(written.error());
  return answer(200, key_json(*key, false));
}

AdminResponse AdminRoutes::rotate_key(const std::string& id) {
  admission::KeyRecord old;
  if (auto none = read_living_key(id, old)) return *none;
  // How long the old key lives beside the new one.
  int64_t grace_seconds = 0;
  if (const std::string text = query("grace_seconds"); !text.empty()) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), grace_seconds);
    if (error != std::errc() || end != text.data() + text.size() || grace_seconds < 0 ||
        grace_seconds > 31 * 86'400) {
      return problem(Refusal::invalid("grace_seconds",
                                      "Expected a whole number of seconds from 0 to 2678400.",
                                      "invalid_query"));
    }
  }
  AdminResponse response = new_key(old.spec, old.account(), "key.rotate", "replaces " + id);
  if (response.status != 201) return response;
  if (grace_seconds == 0) {
    // The new key is given in any case: the old one is of no use any more.
    if (const Result<void> written = control_.revoke(id); !written) note_revoked(old, written);
  } else {
    const WallTime end = control_.clock().wall() + std::chrono::seconds(grace_seconds);
    old.spec.expires = old.spec.expires ? std::min(*old.spec.expires, end) : end;
    if (auto ok = control_.registry_->put(old); !ok) {
      control_.take_back(event("key.rotate", old.spec.tenant, id), ok.error());
      return problem(ok.error());
    }
  }
  if (auto ok = control_.admit(); !ok) return problem(ok.error());
  return response;
}

}  // namespace gatehouse::control
