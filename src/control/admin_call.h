#pragma once

#include <string>

namespace gatehouse::control {

class ControlPlane;

/// One call of the admin API, however it came.
struct AdminRequest {
  std::string method;
  std::string target;  // "/admin/v1/keys?tenant=acme"
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

}  // namespace gatehouse::control
