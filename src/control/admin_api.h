#pragma once

#include <string>
#include <string_view>

#include "admission/admission.h"
#include "control/admin_call.h"
#include "control/refused_calls.h"
#include "core/task.h"
#include "core/worker_pool.h"
#include "net/server.h"

namespace gatehouse::control {

/// The admin API on the event loops. Thread-safe.
class AdminApi {
 public:
  /// Both must outlive it.
  AdminApi(ControlPlane& control, admission::AdmissionService& admission);

  /// Whether the path is the admin API's: "/admin/v1" or below.
  static bool is_admin_path(std::string_view path);

  /// Answers one request: checks that its key has the role `admin`, and does the work on a thread
  /// of its own; a call that is refused for its key leaves a record too. A `net::Handler` for the
  /// admin listener.
  Task<void> handle(net::Exchange& exchange);

 private:
  Task<void> note(RefusedCall call);

  ControlPlane& control_;
  admission::AdmissionService& admission_;
  WorkerPool workers_{1, 64};
};

}  // namespace gatehouse::control
