#pragma once

#include <string>
#include <string_view>

#include "admission/admission.h"
#include "control/control_plane.h"
#include "core/task.h"
#include "core/worker_pool.h"
#include "net/server.h"

namespace gatehouse::control {

/// One call of the admin API, however it came.
struct AdminRequest {
  std::string method;
  std::string target;  // "/admin/v1/tenants/acme?limit=5"
  std::string body;    // JSON
  std::string actor;   // for the audit log: a key's id, "cli"
};

struct AdminResponse {
  int status = 200;
  std::string content_type = "application/json";  // or "application/problem+json" (RFC 9457)
  std::string body;
};

/// The admin API without HTTP: what the server answers and what the commands do where no server
/// runs. Blocks on the disk. Thread-safe.
AdminResponse handle_admin(ControlPlane& control, const AdminRequest& request);

/// The admin API on the event loops. Thread-safe.
class AdminApi {
 public:
  /// Both must outlive it.
  AdminApi(ControlPlane& control, admission::AdmissionService& admission);

  /// Whether the path is the admin API's: "/admin/v1" or below.
  static bool is_admin_path(std::string_view path);

  /// Answers one request: checks that its key has the role `admin`, and does the work on a thread
  /// of its own. A `net::Handler` for the admin listener.
  Task<void> handle(net::Exchange& exchange);

 private:
  ControlPlane& control_;
  admission::AdmissionService& admission_;
  WorkerPool workers_{1, 64};
};

}  // namespace gatehouse::control
