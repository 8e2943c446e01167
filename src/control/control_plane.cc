#include "control/control_plane.h"

#include <algorithm>
#include <array>
#include <condition_variable>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/error.h"
#include "config/keys.h"
#include "control/registry.h"
#include "core/log.h"

namespace gatehouse::control {
namespace {

constexpr const char* kAdminTenant = "admin";
constexpr const char* kDemoTenant = "demo";
constexpr std::string_view kStart = "start";  // who makes what a first start makes

/// A section of the configuration that takes effect at the next start, and how to leave it as it
/// was.
struct StartSection {
  std::string_view name;
  void (*keep)(config::Config& next, const config::Config& started);
};
constexpr std::array kStartSections{
    StartSection{"data_dir", [](auto& next, const auto& was) { next.data_dir = was.data_dir; }},
    StartSection{"server", [](auto& next, const auto& was) { next.server = was.server; }},
    StartSection{"admin", [](auto& next, const auto& was) { next.admin = was.admin; }},
    StartSection{"engine", [](auto& next, const auto& was) { next.engine = was.engine; }},
    StartSection{"upstream_pool", [](auto& next, const auto& was) { next.pool = was.pool; }},
    StartSection{"audit", [](auto& next, const auto& was) { next.audit = was.audit; }},
};

tl::expected<config::Config, config::ConfigErrors> read_config(const ControlOptions& options) {
  tl::expected<config::Config, config::ConfigErrors> config =
      options.config_file.empty() ? config::defaults() : config::load(options.config_file);
  if (config && options.overrides) options.overrides(*config);
  return config;
}

Refusal bad_config() {
  return Refusal::invalid("", "The configuration has errors.", "invalid_configuration");
}

bool has_tenant(const std::vector<admission::TenantSpec>& tenants, const std::string& id) {
  return std::any_of(tenants.begin(), tenants.end(), [&](const auto& t) { return t.id == id; });
}

bool has_user(const std::vector<admission::UserSpec>& users, const std::string& tenant,
              const std::string& id) {
  return std::any_of(users.begin(), users.end(),
                     [&](const auto& u) { return u.id == id && u.tenant == tenant; });
}

/// What is wrong where the layers are put together, in the form of the other errors.
void add_refusal(const config::Config& config, const Refusal& refusal,
                 config::ConfigErrors& errors) {
  config::ConfigError error;
  error.file = config.file.string();
  error.key = refusal.param;
  error.message = refusal.message;
  errors.push_back(std::move(error));
}

Result<void> check_policy(const config::Config& config, std::string_view what,
                          const std::string& id, const std::string& policy) {
  if (policy.empty() || config::has_name(config.firewall.policies, policy)) return {};
  return refuse(Refusal::invalid(
      "firewall.policies",
      fmt::format("The {0} \"{1}\" of the database is bound to the policy \"{2}\", which is not "
                  "declared: keep it, or give the {0} another one first.",
                  what, config::shown(id), config::shown(policy)),
      "unknown_policy"));
}

/// A tenant or key of the database may name a policy that the file no longer has: it must not fall
/// to another one, which may be weaker. Those of the file were checked with it.
Result<void> check_policies(const config::Config& config, const admission::AdmissionSpecs& specs,
                            WallTime now) {
  for (const admission::TenantSpec& tenant : specs.tenants) {
    if (auto fine = check_policy(config, "tenant", tenant.id, tenant.policy); !fine) return fine;
  }
  for (const admission::KeyRecord& key : specs.keys) {
    if (key.revoked || (key.spec.expires && *key.spec.expires <= now)) continue;  // for good
    if (auto fine = check_policy(config, "key", key.spec.id, key.spec.policy); !fine) return fine;
  }
  return {};
}

}  // namespace

ControlPlane::ControlPlane(ControlOptions options)
    : options_(std::move(options)), refused_calls_(*options_.clock) {}
ControlPlane::~ControlPlane() = default;

Result<std::unique_ptr<ControlPlane>> ControlPlane::open_to_serve(
    const ControlOptions& options, config::ConfigErrors& config_errors) {
  auto control = open(options, config_errors);
  if (!control) return control;
  const config::Config& config = *(*control)->config_;
  if (auto fine = check_policies(config, (*control)->merged(config), options.clock->wall());
      !fine) {
    add_refusal(config, fine.error(), config_errors);
    return refuse(bad_config());
  }
  return control;
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::open(const ControlOptions& options,
                                                         config::ConfigErrors& config_errors) {
  auto config = read_config(options);
  if (!config) {
    config_errors = std::move(config.error());
    return refuse(bad_config());
  }
  std::unique_ptr<ControlPlane> control(new ControlPlane(options));
  control->config_ = std::make_shared<const config::Config>(std::move(*config));
  control->started_with_ = control->config_;

  std::error_code error;
  std::filesystem::create_directories(options.dir.admission(), error);
  std::filesystem::permissions(options.dir.admission(), std::filesystem::perms::owner_all, error);
  auto pepper = admission::Pepper::load_or_make(options.dir.admission(), *options.random);
  if (!pepper) return refuse(std::move(pepper.error()));
  control->hasher_ = std::make_unique<admission::KeyHasher>(*pepper);

  auto registry = Registry::open(options.dir.control_db());
  if (!registry) return refuse(std::move(registry.error()));
  control->registry_ = std::move(*registry);
  const admission::AdmissionSpecs specs = control->merged(*control->config_);
  control->warn_of_orphans(specs);
  if (auto fine = admission::validate(specs); !fine) {
    add_refusal(*control->config_, fine.error(), config_errors);
    return refuse(bad_config());
  }
  return control;
}

std::shared_ptr<const config::Config> ControlPlane::config() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

void ControlPlane::set_hooks(ControlHooks hooks) {
  const std::lock_guard lock(mutex_);
  note_refused_calls(/*all=*/true);
  hooks_ = std::move(hooks);
  if (upkeep_.joinable()) return;
  upkeep_ = std::jthread([this](const std::stop_token& stop) { keep_up(stop); });
}

void ControlPlane::keep_up(const std::stop_token& stop) {
  std::condition_variable_any wake;
  std::unique_lock lock(mutex_);
  while (
      !wake.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
    const bool waiting = !registry_->unwritten().empty();
    if (registry_->write_revocations() && waiting) log::info("revocations_written");
    note_refused_calls(/*all=*/false);
  }
}

void ControlPlane::note_refused_calls(bool all) {
  for (const RefusedCalls::Count& count : refused_calls_.take(all)) {
    const std::string detail = fmt::format("{} more calls from {}", count.calls,
                                           count.client.empty() ? "other addresses" : count.client);
    (void)audit({.action = "admin.refused", .detail = detail, .ok = false});
  }
}

void ControlPlane::note(const RefusedCall& call) {
  const std::lock_guard lock(mutex_);
  const std::string detail = fmt::format("{}: {} from {}", call.code, call.method, call.client);
  (void)audit({.action = "admin.refused",
               .actor = call.key_id,
               .tenant = call.tenant,
               .detail = detail,
               .ok = false});
}

Result<admission::AdmissionSpecs> ControlPlane::specs() const {
  const std::lock_guard lock(mutex_);
  return merged(*config_);
}

admission::AdmissionSpecs ControlPlane::merged(const config::Config& config) const {
  admission::AdmissionSpecs specs;
  specs.prices = config.prices;
  specs.tenants = config.tenants;
  specs.users = config.users;
  for (const admission::TenantSpec& tenant : registry_->tenants()) {
    // What the file says wins: it is what the operator sees.
    if (!has_tenant(config.tenants, tenant.id)) specs.tenants.push_back(tenant);
  }
  for (const admission::UserSpec& user : registry_->users()) {
    if (has_user(config.users, user.tenant, user.id)) continue;
    if (has_tenant(specs.tenants, user.tenant)) specs.users.push_back(user);
  }
  for (const config::KeyEntry& entry : config.keys) {
    admission::KeyRecord key;
    key.spec = entry.spec;
    key.spec.id = admission::key_id_of(entry.secret);
    key.hash = (*hasher_)(entry.secret);
    specs.keys.push_back(std::move(key));
  }
  const size_t from_file = specs.keys.size();
  for (const admission::KeyRecord& key : registry_->keys()) {
    const bool in_file =
        std::any_of(specs.keys.begin(), specs.keys.begin() + static_cast<ptrdiff_t>(from_file),
                    [&](const auto& k) { return k.spec.id == key.spec.id; });
    // A key whose tenant or user has gone from the file is of no use, and no reason not to start.
    const bool orphan =
        !has_tenant(specs.tenants, key.spec.tenant) ||
        (!key.spec.user.empty() && !has_user(specs.users, key.spec.tenant, key.spec.user));
    if (!in_file && !orphan) specs.keys.push_back(key);
  }
  return specs;
}

void ControlPlane::warn_of_orphans(const admission::AdmissionSpecs& specs) const {
  for (const admission::KeyRecord& key : registry_->keys()) {
    const bool used = std::any_of(specs.keys.begin(), specs.keys.end(),
                                  [&](const auto& other) { return other.spec.id == key.spec.id; });
    if (used || key.revoked) continue;
    log::warn("key_without_owner", {{"key", key.spec.id}, {"tenant", key.spec.tenant}});
  }
}

Result<void> ControlPlane::audit(const settlement::ControlEvent& event) const {
  if (!hooks_.audit) return {};
  return hooks_.audit(event);
}

void ControlPlane::take_back(settlement::ControlEvent event, const Refusal& why) const {
  event.ok = false;
  event.detail = why.message;
  if (audit(event)) return;
  log::error("audit_failed", {{"action", event.action}, {"target", event.target}});
}

Result<void> ControlPlane::change(const settlement::ControlEvent& event,
                                  const std::function<Result<void>()>& make) {
  // What can't be written now may wait in the audit log's memory, so it is taken back too.
  Result<void> done = audit(event);
  if (done) done = make();
  if (done) done = admit();
  if (!done) take_back(event, done.error());
  return done;
}

Result<void> ControlPlane::admit() const {
  const admission::AdmissionSpecs specs = merged(*config_);
  if (auto fine = admission::validate(specs); !fine) return fine;
  if (hooks_.admit) return hooks_.admit(specs);
  return {};
}

Result<void> ControlPlane::revoke(const std::string& id) {
  // The server first: a key that has leaked must die even while the disk is full.
  if (hooks_.revoke) hooks_.revoke(id);
  return registry_->revoke(id, options_.clock->wall());
}

Result<admission::NewKey> ControlPlane::make_key(admission::KeySpec spec, std::string rotated_from,
                                                 settlement::ControlEvent event) {
  admission::NewKey made = admission::make_key(*hasher_, *options_.random);
  spec.id = made.id;
  admission::KeyRecord record;
  record.spec = std::move(spec);
  record.rotated_from = std::move(rotated_from);
  record.hash = made.hash;
  record.created = options_.clock->wall();
  if (auto ok = registry_->put(record); !ok) return refuse(std::move(ok.error()));
  event.tenant = record.spec.tenant;
  event.target = made.id;
  Result<void> done = audit(event);
  if (done) done = admit();
  if (done) return made;
  // Nothing may be handed out that the audit log does not know of.
  (void)revoke(made.id);
  take_back(event, done.error());
  return refuse(std::move(done.error()));
}

Result<void> ControlPlane::make_tenant(const admission::TenantSpec& tenant) {
  return change(
      {.action = "tenant.create", .actor = kStart, .tenant = tenant.id, .target = tenant.id},
      [&] { return registry_->put(tenant); });
}

Result<std::string> ControlPlane::ensure_admin_key() {
  const std::optional<std::string> there = read_admin_key(options_.dir);
  if (there && admission::is_well_formed_key(*there)) {
    const std::string id(admission::key_id_of(*there));
    for (const admission::KeyRecord& key : registry_->keys()) {
      if (key.spec.id == id && key.hash == (*hasher_)(*there) && !key.revoked) return *there;
    }
  }
  if (!has_tenant(registry_->tenants(), kAdminTenant) &&
      !has_tenant(config_->tenants, kAdminTenant)) {
    admission::TenantSpec tenant;
    tenant.id = kAdminTenant;
    tenant.name = "Operators";
    if (auto ok = make_tenant(tenant); !ok) return refuse(std::move(ok.error()));
  }
  admission::KeySpec spec;
  spec.tenant = kAdminTenant;
  spec.name = "admin.key";
  spec.roles = admission::roles_of(admission::Role::admin);
  auto made = make_key(std::move(spec), {}, {.action = "key.create", .actor = kStart});
  if (!made) return refuse(std::move(made.error()));
  if (auto ok = write_private_file(options_.dir.admin_key(), made->text + "\n"); !ok) {
    return refuse(std::move(ok.error()));
  }
  return made->text;
}

Result<std::optional<FirstStart>> ControlPlane::first_start() {
  const std::lock_guard lock(mutex_);
  const bool fresh = registry_->tenants().empty() && config_->tenants.empty();
  std::optional<FirstStart> first;
  const Result<void> done = registry_->together([&]() -> Result<void> {
    auto admin_key = ensure_admin_key();
    if (!admin_key) return refuse(std::move(admin_key.error()));
    if (!fresh) return {};
    auto demo = make_demo(std::move(*admin_key));
    if (!demo) return refuse(std::move(demo.error()));
    first = std::move(*demo);
    return {};
  });
  if (done) return first;
  take_back({.action = "system.first_start", .actor = kStart}, done.error());
  return refuse(done.error());
}

Result<FirstStart> ControlPlane::make_demo(std::string admin_key) {
  admission::TenantSpec tenant;
  tenant.id = kDemoTenant;
  tenant.name = "Demo";
  if (auto ok = make_tenant(tenant); !ok) return refuse(std::move(ok.error()));
  admission::KeySpec spec;
  spec.tenant = kDemoTenant;
  spec.name = "first key";
  auto made = make_key(std::move(spec), {}, {.action = "key.create", .actor = kStart});
  if (!made) return refuse(std::move(made.error()));
  return FirstStart{kDemoTenant, made->text, std::move(admin_key)};
}

std::vector<std::string> ControlPlane::needs_restart() const {
  const std::lock_guard lock(mutex_);
  const boost::json::value before = config::to_json(config::root_schema(), started_with_.get());
  const boost::json::value now = config::to_json(config::root_schema(), config_.get());
  std::vector<std::string> changed;
  for (const StartSection& section : kStartSections) {
    const boost::json::value* a = before.as_object().if_contains(section.name);
    const boost::json::value* b = now.as_object().if_contains(section.name);
    if ((a == nullptr) != (b == nullptr) || (a != nullptr && *a != *b))
      changed.emplace_back(section.name);
  }
  return changed;
}

std::shared_ptr<const config::Config> ControlPlane::applicable(
    const std::shared_ptr<const config::Config>& next) const {
  auto config = std::make_shared<config::Config>(*next);
  for (const StartSection& section : kStartSections) section.keep(*config, *started_with_);
  return config;
}

Result<void> ControlPlane::reload(const std::string& actor, config::ConfigErrors& errors) {
  // Read under the lock: of two reloads at once, the later one has the later file.
  const std::lock_guard lock(mutex_);
  auto loaded = read_config(options_);
  settlement::ControlEvent event;
  event.action = "config.reload";
  event.actor = actor;
  const std::string file = options_.config_file.string();
  event.target = file;
  const auto failed = [&](Refusal refusal) -> Result<void> {
    event.ok = false;
    event.detail = refusal.message;
    (void)audit(event);
    return refuse(std::move(refusal));
  };
  if (!loaded) {
    errors = std::move(loaded.error());
    return failed(bad_config());
  }
  const auto next = std::make_shared<const config::Config>(std::move(*loaded));
  const admission::AdmissionSpecs specs = merged(*next);
  Result<void> fine = admission::validate(specs);
  if (fine) fine = check_policies(*next, specs, options_.clock->wall());
  if (!fine) {
    add_refusal(*next, fine.error(), errors);
    return failed(bad_config());
  }
  if (hooks_.apply) {
    if (auto applied = hooks_.apply(applicable(next)); !applied) {
      add_refusal(*next, applied.error(), errors);
      return failed(std::move(applied.error()));
    }
  }
  if (hooks_.admit) {
    if (auto admitted = hooks_.admit(specs); !admitted) {
      if (hooks_.apply)
        (void)hooks_.apply(applicable(config_));  // was running before, so it can again
      add_refusal(*next, admitted.error(), errors);
      return failed(std::move(admitted.error()));
    }
  }
  config_ = next;
  warn_of_orphans(specs);
  (void)audit(event);  // it has happened; a full disk doesn't undo it, and health tells
  return {};
}

}  // namespace gatehouse::control
