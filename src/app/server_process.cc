#include "app/server_process.h"

#include <thread>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "app/load_firewall.h"
#include "app/loading_memory.h"
#include "app/server_metrics.h"
#include "app/snapshot.h"
#include "app/version.h"
#include "config/host_port.h"
#include "core/log.h"
#include "settlement/process_metrics.h"

namespace gatehouse::app {
namespace {

size_t or_cores(size_t count) {
  return count > 0 ? count : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const ServerOptions& options,
                                                            config::ConfigErrors& errors) {
  std::unique_ptr<ServerProcess> process(new ServerProcess);
  if (Result<void> step = process->open_control(options, errors); !step) {
    return refuse(std::move(step.error()));
  }
  const std::shared_ptr<const config::Config> config = process->control_->config();
  if (Result<void> step = process->open_layers(*config); !step) {
    return refuse(std::move(step.error()));
  }
  process->connect_control();
  if (Result<void> step = process->open_listeners(*config); !step) {
    return refuse(std::move(step.error()));
  }
  // Last of what can fail: the key is shown once, and only by a start that has worked.
  Result<std::optional<control::FirstStart>> first = process->control_->first_start();
  if (!first) return refuse(std::move(first.error()));
  process->first_start_ = std::move(*first);
  process->gateway_->set_ready(true);
  return process;
}

Result<void> ServerProcess::open_control(const ServerOptions& options,
                                         config::ConfigErrors& errors) {
  control::ControlOptions control;
  control.config_file = options.config_file;
  control.overrides = [options](config::Config& config) {
    if (options.data_dir) config.data_dir = *options.data_dir;
    if (!options.listen) return;
    if (const auto host_port = config::parse_host_port(*options.listen)) {
      config.server.http.address = host_port->host;
      config.server.http.port = host_port->port;
    }
  };
  // Where the data lies may stand in the file, and the folder is locked before anything in it
  // opens.
  config::Config first = config::defaults();
  if (!options.config_file.empty()) {
    auto loaded = config::load(options.config_file);
    if (!loaded) {
      errors = std::move(loaded.error());
      return refuse(Refusal::invalid("", "The configuration has errors.", "invalid_configuration"));
    }
    first = std::move(*loaded);
  }
  control.overrides(first);
  control.dir.root = first.data_dir;
  if (Result<void> prepared = control.dir.prepare(); !prepared) return prepared;
  Result<std::unique_ptr<control::DataDirLock>> lock = control::DataDirLock::acquire(control.dir);
  if (!lock) return refuse(std::move(lock.error()));
  lock_ = std::move(*lock);

  Result<std::unique_ptr<control::ControlPlane>> plane =
      control::ControlPlane::open_to_serve(control, errors);
  if (!plane) return refuse(std::move(plane.error()));
  control_ = std::move(*plane);
  return {};
}

Result<void> ServerProcess::open_layers(const config::Config& config) {
  log::global().set_level(config.log.level);
  const size_t loops = or_cores(config.server.threads);
  drain_limit_ = std::chrono::milliseconds(config.server.drain_timeout_ms);

  settlement::SettlementOptions settlement = config.audit.settlement;
  settlement.data_dir = control_->dir().root;
  settlement.loops = loops;
  auto opened = settlement::Settlement::open(settlement, Clock::system(), Random::system());
  if (!opened) return refuse(std::move(opened.error()));
  settlement_ = std::move(*opened);
  settlement::add_process_metrics(settlement_->metrics(), std::string(kVersion));

  admission::AdmissionOptions admission;
  admission.dir = control_->dir().admission();
  admission.loops = loops;
  Result<admission::AdmissionSpecs> specs = control_->specs();
  if (!specs) return refuse(std::move(specs.error()));
  auto service = admission::AdmissionService::open(admission, *specs);
  if (!service) return refuse(std::move(service.error()));
  admission_ = std::move(*service);

  const LoadingMemory loading;
  auto wall = load_firewall();
  if (!wall) return refuse(std::move(wall.error()));
  firewall_ = std::move(*wall);

  if (config.engine.enabled) {
    auto local = inference::local::LocalBackend::open(config.engine);
    if (!local) return refuse(std::move(local.error()));
    local_ = std::move(*local);
  }
  workers_ = std::make_unique<WorkerPool>(or_cores(config.server.worker_threads),
                                          config.server.worker_queue_limit);
  loops_ = std::make_unique<net::LoopGroup>(loops);
  return {};
}

void ServerProcess::connect_control() {
  control::ControlHooks hooks;
  hooks.apply = [this](const std::shared_ptr<const config::Config>& next) { return apply(*next); };
  hooks.admit = [this](const admission::AdmissionSpecs& specs) {
    return admission_->update(specs);
  };
  hooks.revoke = [this](const std::string& key_id) { admission_->revoke(key_id); };
  hooks.balances = [this] { return admission_->balances(); };
  hooks.problems = [this] { return problems(); };
  hooks.audit = [this](const settlement::ControlEvent& event) {
    return settlement_->audit().note(event);
  };
  control_->set_hooks(std::move(hooks));
}

Result<void> ServerProcess::open_listeners(const config::Config& config) {
  Result<std::shared_ptr<const gateway::Snapshot>> snapshot = build_snapshot(config, local_);
  if (!snapshot) return refuse(std::move(snapshot.error()));
  admin_ = std::make_unique<control::AdminApi>(*control_, *admission_);
  const net::Handler admin = [this](net::Exchange& exchange) { return admin_->handle(exchange); };
  gateway_ = std::make_unique<gateway::Gateway>(
      gateway::GatewayParts{*loops_, *admission_, *settlement_, *firewall_, *workers_, config.pool,
                            config.admin.on_main_listener ? admin : net::Handler{},
                            std::function<void(std::string&)>{}},
      *snapshot);
  loops_->start();

  net::ServerOptions http = config.server.http;
  http.render_error = gateway::render_plain_error;
  auto server = net::Server::start(
      *loops_, http, [this](net::Exchange& exchange) { return gateway_->handle(exchange); });
  if (!server) return refuse(std::move(server.error()));
  server_ = std::move(*server);
  url_ = server_->url();
  add_server_metrics(settlement_->metrics(), {*server_, *admission_, settlement_->audit(), local_});

  net::ServerOptions private_http;
  private_http.address = config.admin.address;
  private_http.port = config.admin.port;
  auto admin_server = net::Server::start(*loops_, private_http, admin);
  if (!admin_server) return refuse(std::move(admin_server.error()));
  admin_server_ = std::move(*admin_server);
  admin_url_ = admin_server_->url();

  control::ServerFile file;
  file.pid = ::getpid();
  file.url = url_;
  file.admin_url = admin_url_;
  file.version = kVersion;
  return file.write(control_->dir());
}

Result<void> ServerProcess::apply(const config::Config& next) {
  Result<std::shared_ptr<const gateway::Snapshot>> snapshot = build_snapshot(next, local_);
  if (!snapshot) return refuse(std::move(snapshot.error()));
  gateway_->swap(std::move(*snapshot));
  log::global().set_level(next.log.level);
  return {};
}

std::vector<std::pair<std::string, std::string>> ServerProcess::problems() const {
  std::vector<std::pair<std::string, std::string>> found;
  if (!admission_->healthy()) found.emplace_back("journal", "The budget journal can't be written.");
  if (!settlement_->audit().healthy())
    found.emplace_back("audit", "The audit log can't be written.");
  for (const std::filesystem::path& segment : admission_->damaged_segments()) {
    found.emplace_back(
        "journal_damaged",
        fmt::format("A part of the budget journal was damaged, so that some spending may not be "
                    "counted. Look at {}, then move it away.",
                    segment.string()));
  }
  return found;
}

void ServerProcess::reload() {
  config::ConfigErrors errors;
  Result<void> reloaded = control_->reload("sighup", errors);
  if (reloaded) {
    log::info("config_reloaded", {{"file", control_->config()->file.string()}});
    return;
  }
  for (const config::ConfigError& error : errors) {
    log::error("config_refused", {{"error", error.to_string()}});
  }
  if (errors.empty()) log::error("config_refused", {{"error", reloaded.error().message}});
}

void ServerProcess::drain() {
  gateway_->set_ready(false);
  server_->drain(drain_limit_);
  admin_server_->drain(std::chrono::milliseconds(500));
}

ServerProcess::~ServerProcess() {
  if (control_) control::ServerFile::remove(control_->dir());
  server_.reset();
  admin_server_.reset();
  if (loops_) {
    loops_->stop();
    loops_->join();
  }
  gateway_.reset();
  admin_.reset();
  // Hooks refer to what goes now.
  if (control_) control_->set_hooks({});
  workers_.reset();
  local_.reset();
}

}  // namespace gatehouse::app
