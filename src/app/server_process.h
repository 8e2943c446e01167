#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "admission/admission.h"
#include "config/error.h"
#include "control/admin_api.h"
#include "control/control_plane.h"
#include "core/worker_pool.h"
#include "firewall/firewall.h"
#include "gateway/gateway.h"
#include "inference/local/local_backend.h"
#include "net/server.h"
#include "settlement/settlement.h"

namespace gatehouse::app {

struct ServerOptions {
  std::filesystem::path config_file;  // empty: the embedded defaults
  std::optional<std::filesystem::path> data_dir;
  std::optional<std::string> listen;  // "HOST:PORT", over the file's
};

/// Everything that a running server is made of, put together in the order of dependence. The
/// composition root: the only object that knows all layers.
class ServerProcess {
 public:
  /// Starts to serve. Blocks on the disk and while the model loads. `errors` tells what is wrong
  /// with the configuration file, if that is what failed.
  static Result<std::unique_ptr<ServerProcess>> start(const ServerOptions& options,
                                                      config::ConfigErrors& errors);
  ~ServerProcess();

  /// Reads the configuration anew; what was wrong is logged and the old one stays.
  void reload();
  /// Stops accepting, finishes what is in flight, closes the rest.
  void drain();

  /// What clients use: "http://127.0.0.1:8080".
  const std::string& url() const { return url_; }
  const std::string& admin_url() const { return admin_url_; }
  const std::optional<control::FirstStart>& first_start() const { return first_start_; }

 private:
  ServerProcess() = default;
  Result<void> open_control(const ServerOptions& options, config::ConfigErrors& errors);
  Result<void> open_layers(const config::Config& config);
  Result<void> open_listeners(const config::Config& config);
  void connect_control();
  Result<void> apply(const config::Config& next);
  std::vector<std::pair<std::string, std::string>> problems() const;

  std::unique_ptr<control::DataDirLock> lock_;
  std::unique_ptr<control::ControlPlane> control_;
  std::optional<control::FirstStart> first_start_;
  std::unique_ptr<settlement::Settlement> settlement_;
  std::unique_ptr<admission::AdmissionService> admission_;
  std::unique_ptr<firewall::Firewall> firewall_;
  std::shared_ptr<inference::local::LocalBackend> local_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<net::LoopGroup> loops_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<control::AdminApi> admin_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Server> admin_server_;
  std::string url_, admin_url_;
  std::chrono::milliseconds drain_limit_{0};
};

}  // namespace gatehouse::app
