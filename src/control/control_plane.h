#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "admission/admission.h"
#include "admission/keys.h"
#include "config/config.h"
#include "control/data_dir.h"
#include "control/refused_calls.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "settlement/audit.h"

namespace gatehouse::control {

class Registry;

struct ControlOptions {
  DataDir dir;
  std::filesystem::path config_file;  // empty: config::defaults()
  /// What the command line says over the file (`--listen`, `--data`); applied after each load.
  std::function<void(config::Config&)> overrides;
  const Clock* clock = &Clock::system();
  Random* random = &Random::system();
};

/// What a first start made; the texts are shown once and kept nowhere but in admin.key.
struct FirstStart {
  std::string tenant;     // "demo"
  std::string key;        // for the model APIs
  std::string admin_key;  // also in DIR/admin.key
};

/// The changes that the control plane brings about in a running server. Each is called with the
/// control plane's lock held: it must not call back.
struct ControlHooks {
  /// Makes the server run with `next`, or refuses and leaves it as it was. Called on reload, with
  /// what changed already checked; the sections that need a restart are those of the start.
  std::function<Result<void>(std::shared_ptr<const config::Config> next)> apply;
  /// Swaps tenants, users, keys and prices (`AdmissionService::update`).
  std::function<Result<void>(const admission::AdmissionSpecs&)> admit;
  /// Refuses one key from now on (`AdmissionService::revoke`).
  std::function<void(const std::string& key_id)> revoke;
  /// The budgets' figures (`AdmissionService::balances`); where there is none, the ledger is read
  /// from disk.
  std::function<std::vector<admission::Balance>()> balances;
  /// What is wrong with journals and audit log, if anything: (name, what is wrong).
  std::function<std::vector<std::pair<std::string, std::string>>()> problems;
  /// Writes to the audit log. An error stops the change from being made.
  std::function<Result<void>(const settlement::ControlEvent&)> audit;
};

/// Who may do what, and how the server is configured: merges the configuration file with the
/// tenants, users and keys of the data folder, and changes both. Thread-safe: one change at a time.
/// Blocks on the disk, so never call it on an event loop; `AdminApi` runs it on a thread of its
/// own.
class ControlPlane {
 public:
  /// Loads the configuration and opens the control database, `config_errors` telling what is wrong
  /// with the former. The data folder must be prepared and locked by the caller.
  static Result<std::unique_ptr<ControlPlane>> open(const ControlOptions& options,
                                                    config::ConfigErrors& config_errors);
  /// The same for a server, which also refuses tenants and keys whose policy is not declared. The
  /// commands that mend those open the folder without that, and without the server's file.
  static Result<std::unique_ptr<ControlPlane>> open_to_serve(const ControlOptions& options,
                                                             config::ConfigErrors& config_errors);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  /// On a data folder without any tenant and a configuration without one: makes the tenant "demo"
  /// with a key, and an admin key; all or nothing, so that a start that fails is not the first one.
  /// Nothing if there is something already. To be called when all else of the start has worked:
  /// the key is shown this once.
  Result<std::optional<FirstStart>> first_start();

  /// From then on changes reach the running server.
  void set_hooks(ControlHooks hooks);

  std::shared_ptr<const config::Config> config() const;
  /// All tenants, users and keys, of the file and of the database.
  Result<admission::AdmissionSpecs> specs() const;

  /// Reads the configuration file anew and swaps it whole; on any error the old one stays, and the
  /// errors say why. `actor` is who asked for it: "sighup", a key's id.
  Result<void> reload(const std::string& actor, config::ConfigErrors& errors);

  /// Notes a call that was refused for its key.
  void note(const RefusedCall& call);
  /// Which of those calls are noted one by one. Waits for nothing.
  RefusedCalls& refused_calls() { return refused_calls_; }

  /// Sections of the configuration that changed since the start and take effect at the next one.
  std::vector<std::string> needs_restart() const;

  const DataDir& dir() const { return options_.dir; }
  const Clock& clock() const { return *options_.clock; }

 private:
  friend class AdminRoutes;
  explicit ControlPlane(ControlOptions options);

  // All of these with the mutex held.
  admission::AdmissionSpecs merged(const config::Config& config) const;
  /// Logs the keys of the database that are of no use, since the file has dropped their owner.
  void warn_of_orphans(const admission::AdmissionSpecs& specs) const;
  Result<void> audit(const settlement::ControlEvent& event) const;
  /// Says in the audit log that what `event` tells of did not come about.
  void take_back(settlement::ControlEvent event, const Refusal& why) const;
  /// Notes a change, makes it, and hands it to the running server.
  Result<void> change(const settlement::ControlEvent& event,
                      const std::function<Result<void>()>& make);
  /// Checks the specs as they are now and hands them to the running server.
  Result<void> admit() const;
  /// `event` without tenant and target: the key's.
  Result<admission::NewKey> make_key(admission::KeySpec spec, std::string rotated_from,
                                     settlement::ControlEvent event);
  /// Refuses the key from now on, whatever becomes of the disk; an error says that it is not
  /// written yet.
  Result<void> revoke(const std::string& id);
  Result<std::string> ensure_admin_key();
  Result<void> make_tenant(const admission::TenantSpec& tenant);
  Result<FirstStart> make_demo(std::string admin_key);
  /// `next` as the running server can take it on: with what the start has fixed.
  std::shared_ptr<const config::Config> applicable(
      const std::shared_ptr<const config::Config>& next) const;
  void note_refused_calls(bool all);
  void keep_up(const std::stop_token& stop);

  ControlOptions options_;
  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const config::Config> config_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<admission::KeyHasher> hasher_;
  std::shared_ptr<const config::Config> started_with_;
  ControlHooks hooks_;
  RefusedCalls refused_calls_;  // has a lock of its own
  std::jthread upkeep_;         // the last member: it uses the others
};

}  // namespace gatehouse::control
