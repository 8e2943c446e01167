#include "control/admin_api.h"

#include "control/admin_routes.h"

namespace gatehouse::control {
namespace {

constexpr std::string_view kPrefix = "/admin/v1";

/// The key of "authorization: Bearer KEY" or "x-api-key: KEY"; empty if there is none.
std::string_view presented_key(const net::Request& request) {
  std::string_view value = request.header("authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (value.size() > kBearer.size() && net::same_name(value.substr(0, kBearer.size()), kBearer)) {
    value.remove_prefix(kBearer.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
  }
  return request.header("x-api-key");
}

net::Response to_http(AdminResponse response) {
  net::Response out;
  out.status = response.status;
  out.headers.add("content-type", response.content_type);
  out.headers.add("cache-control", "no-store");  // answers may hold a new key
  if (response.status == 401) out.headers.add("www-authenticate", "Bearer");
  out.body = std::move(response.body);
  return out;
}

/// The key's id if it may use the admin API.
Result<std::string> authorize(admission::AdmissionService& admission, net::Exchange& exchange) {
  const net::Request& request = exchange.request();
  auto principal = admission.loop(exchange.loop().index())
                       .authenticate(presented_key(request), request.peer_address());
  if (!principal) return refuse(std::move(principal.error()));
  if (principal->has_role(admission::Role::admin)) return principal->key_id();
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
  AdminResponse response;
  Result<std::string> actor = authorize(admission_, exchange);
  if (!actor) {
    response = problem(actor.error());
  } else {
    AdminRequest request;
    request.method = exchange.request().method();
    request.target = exchange.request().target();
    request.body = std::move(exchange.request().body());
    request.actor = std::move(*actor);
    std::function<void()> job = [&] { response = handle_admin(control_, request); };
    const Result<void> ran = co_await workers_.run(std::move(job));
    if (!ran) response = problem(ran.error());
  }
  net::Response http = to_http(std::move(response));
  (void)co_await exchange.respond(std::move(http));
}

}  // namespace gatehouse::control
