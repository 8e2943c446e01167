#include "control/admin_api.h"

#include "control/admin_routes.h"
#include "core/log.h"

namespace gatehouse::control {
namespace {

constexpr std::string_view kPrefix = "/admin/v1";

net::Response to_http(AdminResponse response) {
  net::Response out;
  out.status = response.status;
  out.headers.add("content-type", response.content_type);
  out.headers.add("cache-control", "no-store");  // answers may hold a new key
  if (response.status == 401) out.headers.add("www-authenticate", "Bearer");
  out.body = std::move(response.body);
  return out;
}

Result<void> check_role(const admission::Principal& caller) {
  if (caller.has_role(admission::Role::admin)) return {};
  Refusal refusal;
  refusal.kind = ErrorKind::permission;
  refusal.layer = Layer::control;
  refusal.code = "admin_role_needed";
  refusal.message = "The admin API needs a key of the role admin.";
  return refuse(std::move(refusal));
}

}  // namespace

AdminApi::AdminApi(ControlPlane& control, admission::AdmissionService& admission)
    : control_(control), admission_(admission) {}

bool AdminApi::is_admin_path(std::string_view path) {
  return path.starts_with(kPrefix) &&
         (path.size() == kPrefix.size() || path[kPrefix.size()] == '/');
}

Task<void> AdminApi::handle(net::Exchange& exchange) {
  net::Request& request = exchange.request();
  const std::string_view key =
      admission::presented_key(request.header("authorization"), request.header("x-api-key"));
  const auto caller =
      admission_.loop(exchange.loop().index()).authenticate(key, request.peer_address());
  const Result<void> allowed = caller ? check_role(*caller) : refuse(caller.error());
  AdminResponse response;
  if (!allowed) {
    response = problem(allowed.error());
    RefusedCall call;
    if (caller) {
      call.key_id = caller->key_id();
      call.tenant = caller->tenant_id();
    }
    call.client = request.peer_address();
    call.method = request.method();
    call.code = allowed.error().code;
    co_await note(std::move(call));
  } else {
    AdminRequest admin;
    admin.method = request.method();
    admin.target = request.target();
    admin.body = std::move(request.body());
    admin.actor = caller->key_id();
    std::function<void()> job = [&] { response = handle_admin(control_, admin); };
    const Result<void> ran = co_await workers_.run(std::move(job));
    if (!ran) response = problem(ran.error());
  }
  net::Response http = to_http(std::move(response));
  (void)co_await exchange.respond(std::move(http));
}

Task<void> AdminApi::note(RefusedCall call) {
  if (!control_.refused_calls().count(call.client)) co_return;
  std::function<void()> job = [&] { control_.note(call); };
  const Result<void> ran = co_await workers_.run(std::move(job));
  if (!ran) log::warn("admin_refusal_not_noted", {{"code", call.code}, {"client", call.client}});
}

}  // namespace gatehouse::control
