#include "control/registry.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "config/config.h"
#include "config/json_tree.h"
#include "config/keys.h"
#include "core/json.h"

namespace gatehouse::control {
namespace {

/// What brings a database from each version to the next.
constexpr std::array kMigrations = {
    R"(
CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  spec TEXT NOT NULL
) STRICT;
CREATE TABLE users (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  spec TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,  -- HMAC-SHA-256 under the pepper, hex; never the key
  spec TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) STRICT;
PRAGMA user_version = 1;
)",
    R"(
ALTER TABLE keys ADD COLUMN rotated_from TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 2;
)"};
constexpr int64_t kVersion = kMigrations.size();

std::string text_of(const config::Schema& schema, const void* spec) {
  return boost::json::serialize(config::to_json(schema, spec));
}

Result<void> read_spec(const config::Schema& schema, const std::string& text, void* spec) {
  const auto element = json::thread_parser().parse_copy(text);
  config::ConfigErrors errors;
  if (element) config::bind_json(schema, *element, spec, errors);
  if (element && errors.empty()) return {};
  Refusal refusal = Refusal::internal(
      Layer::control, fmt::format("control.db holds a {} that can't be read: {}", schema.name(),
                                  element ? errors.front().message : element.error().message));
  refusal.code = "control_db_corrupt";
  refusal.message = refusal.reason;
  return refuse(std::move(refusal));
}

WallTime from_millis(int64_t millis) {
  return WallTime{std::chrono::milliseconds(millis)};
}

/// Replaces the element that `same` finds, or appends.
template <typename T, typename Same>
void put_into(std::vector<T>& list, const T& value, Same same) {
  const auto it = std::find_if(list.begin(), list.end(), same);
  if (it == list.end()) {
    list.push_back(value);
  } else {
    *it = value;
  }
}

Result<void> finish(Result<Sqlite::Statement> statement) {
  if (!statement) return refuse(std::move(statement.error()));
  const Result<bool> done = statement->step();
  if (!done) return refuse(done.error());
  return {};
}

}  // namespace

Result<std::unique_ptr<Registry>> Registry::open(const std::filesystem::path& path) {
  // SQLite gives its journals the mode of the database, which it would make for all to read.
  if (const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); fd >= 0) ::close(fd);
  auto db = Sqlite::open(path);
  if (!db) return refuse(std::move(db.error()));
  std::unique_ptr<Registry> registry(new Registry(std::move(*db)));
  if (auto ready = registry->migrate(); !ready) return refuse(std::move(ready.error()));
  if (auto ready = registry->read(); !ready) return refuse(std::move(ready.error()));
  return registry;
}

Result<void> Registry::migrate() {
  auto statement = db_->prepare("PRAGMA user_version");
  if (!statement) return refuse(std::move(statement.error()));
  if (const auto row = statement->step(); !row) return refuse(row.error());
  const int64_t version = statement->number(0);
  if (version == kVersion) return {};
  if (version > kVersion) {
    Refusal refusal;
    refusal.kind = ErrorKind::conflict;
    refusal.layer = Layer::control;
    refusal.code = "control_db_newer";
    refusal.message = fmt::format(
        "control.db has version {}, this program knows {}: it was used by a newer Gatehouse. Start "
        "that one, or restore the backup from before the upgrade.",
        version, kVersion);
    return refuse(std::move(refusal));
  }
  std::string steps;
  for (int64_t next = version; next < kVersion; ++next) {
    steps += kMigrations[static_cast<size_t>(next)];
  }
  return db_->run(fmt::format("BEGIN IMMEDIATE; {} COMMIT;", steps).c_str());
}

Result<void> Registry::read() {
  auto rows = db_->prepare("SELECT spec FROM tenants ORDER BY id");
  if (!rows) return refuse(std::move(rows.error()));
  while (true) {
    const auto row = rows->step();
    if (!row) return refuse(row.error());
    if (!*row) break;
    if (auto ok = read_spec(config::tenant_schema(), rows->text(0), &tenants_.emplace_back());
        !ok) {
      return ok;
    }
  }
  auto users = db_->prepare("SELECT spec FROM users ORDER BY tenant, id");
  if (!users) return refuse(std::move(users.error()));
  while (true) {
    const auto row = users->step();
    if (!row) return refuse(row.error());
    if (!*row) break;
    if (auto ok = read_spec(config::user_schema(), users->text(0), &users_.emplace_back()); !ok) {
      return ok;
    }
  }
  auto keys = db_->prepare(
      "SELECT id, hash, spec, created_ms, revoked_ms, rotated_from FROM keys ORDER BY "
      "created_ms, id");
  if (!keys) return refuse(std::move(keys.error()));
  while (true) {
    const auto row = keys->step();
    if (!row) return refuse(row.error());
    if (!*row) break;
    config::KeyEntry entry;
    if (auto ok = read_spec(config::key_request_schema(), keys->text(2), &entry); !ok) return ok;
    admission::KeyRecord& key = keys_.emplace_back();
    key.spec = std::move(entry.spec);
    key.spec.id = keys->text(0);
    const auto hash = admission::key_hash_from_hex(keys->text(1));
    if (!hash) {
      return refuse(Refusal::internal(Layer::control,
                                      "control.db: the hash of key " + key.spec.id + " is broken"));
    }
    key.hash = *hash;
    key.created = from_millis(keys->number(3));
    if (!keys->is_null(4)) key.revoked = from_millis(keys->number(4));
    key.rotated_from = keys->text(5);
  }
  return {};
}

Result<void> Registry::put(const admission::TenantSpec& tenant) {
  auto statement = db_->prepare("INSERT OR REPLACE INTO tenants (id, spec) VALUES (?, ?)");
  if (statement) {
    statement->bind(1, tenant.id).bind(2, text_of(config::tenant_schema(), &tenant));
  }
  if (auto ok = finish(std::move(statement)); !ok) return ok;
  put_into(tenants_, tenant, [&](const auto& t) { return t.id == tenant.id; });
  return {};
}

Result<void> Registry::put(const admission::UserSpec& user) {
  auto statement = db_->prepare("INSERT OR REPLACE INTO users (tenant, id, spec) VALUES (?, ?, ?)");
  if (statement) {
    statement->bind(1, user.tenant).bind(2, user.id).bind(3, text_of(config::user_schema(), &user));
  }
  if (auto ok = finish(std::move(statement)); !ok) return ok;
  put_into(users_, user, [&](const auto& u) { return u.id == user.id && u.tenant == user.tenant; });
  return {};
}

Result<void> Registry::write(const admission::KeyRecord& key) {
  auto statement = db_->prepare(
      "INSERT OR REPLACE INTO keys (id, tenant, hash, spec, created_ms, revoked_ms, rotated_from) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  if (statement) {
    config::KeyEntry entry;
    entry.spec = key.spec;
    statement->bind(1, key.spec.id)
        .bind(2, key.spec.tenant)
        .bind(3, admission::to_hex(key.hash))
        .bind(4, text_of(config::key_request_schema(), &entry))
        .bind(5, unix_millis(key.created))
        .bind(7, key.rotated_from);
    if (key.revoked) {
      statement->bind(6, unix_millis(*key.revoked));
    } else {
      statement->bind_null(6);
    }
  }
  return finish(std::move(statement));
}

Result<void> Registry::put(const admission::KeyRecord& key) {
  if (auto ok = write(key); !ok) return ok;
  put_into(keys_, key, [&](const auto& k) { return k.spec.id == key.spec.id; });
  return {};
}

Result<void> Registry::revoke(const std::string& id, WallTime when) {
  for (admission::KeyRecord& key : keys_) {
    if (key.spec.id != id) continue;
    if (!key.revoked) key.revoked = when;
    unwritten_.insert(id);
  }
  return write_revocations();
}

Result<void> Registry::write_revocations() {
  while (!unwritten_.empty()) {
    const std::string& id = *unwritten_.begin();
    for (const admission::KeyRecord& key : keys_) {
      if (key.spec.id != id) continue;
      if (auto ok = write(key); !ok) return ok;
    }
    unwritten_.erase(unwritten_.begin());
  }
  return {};
}

Result<void> Registry::together(const std::function<Result<void>()>& changes) {
  if (auto ok = db_->run("BEGIN IMMEDIATE"); !ok) return ok;
  const auto before = std::make_tuple(tenants_, users_, keys_, unwritten_);
  Result<void> done = changes();
  if (done) done = db_->run("COMMIT");
  if (done) return done;
  (void)db_->run("ROLLBACK");
  std::tie(tenants_, users_, keys_, unwritten_) = before;
  return done;
}

Result<void> Registry::remove_tenant(const std::string& id) {
  return together([&]() -> Result<void> {
    for (const char* sql :
         {"DELETE FROM keys WHERE tenant = ?", "DELETE FROM users WHERE tenant = ?",
          "DELETE FROM tenants WHERE id = ?"}) {
      auto statement = db_->prepare(sql);
      if (statement) statement->bind(1, id);
      if (auto ok = finish(std::move(statement)); !ok) return ok;
    }
    std::erase_if(keys_, [&](const auto& k) { return k.spec.tenant == id; });
    std::erase_if(users_, [&](const auto& u) { return u.tenant == id; });
    std::erase_if(tenants_, [&](const auto& t) { return t.id == id; });
    return {};
  });
}

Result<void> Registry::remove_user(const std::string& tenant, const std::string& id) {
  auto statement = db_->prepare("DELETE FROM users WHERE tenant = ? AND id = ?");
  if (statement) statement->bind(1, tenant).bind(2, id);
  if (auto ok = finish(std::move(statement)); !ok) return ok;
  std::erase_if(users_, [&](const auto& u) { return u.tenant == tenant && u.id == id; });
  return {};
}

}  // namespace gatehouse::control
