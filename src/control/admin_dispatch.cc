#include <algorithm>
#include <array>
#include <span>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "config/json_tree.h"
#include "control/admin_routes.h"
#include "core/percent.h"

namespace gatehouse::control {
namespace {

constexpr std::string_view kPrefix = "/admin/v1";
constexpr size_t kMaxSegments = 4;

/// Takes the next "name=value" off the front of a query.
std::string_view next_pair(std::string_view& rest) {
  const std::string_view pair = rest.substr(0, rest.find('&'));
  rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
  return pair;
}

std::string_view query_of(std::string_view target) {
  const size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// Refuses a query of which a part would not be read, or not as it was meant: without it, the call
/// may be another one.
Result<void> check_query(std::string_view target, std::span<const std::string_view> parameters) {
  std::vector<std::string_view> seen;
  for (std::string_view rest = query_of(target); !rest.empty();) {
    const std::string_view pair = next_pair(rest);
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(pair.size(), name.size() + 1));
    const auto is_name = [&](std::string_view known) { return !known.empty() && known == name; };
    if (std::none_of(parameters.begin(), parameters.end(), is_name)) {
      return refuse(bad_query(name, "This call has no such parameter."));
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return refuse(bad_query(name, "Expected it once."));
    }
    seen.push_back(name);
    if (value.empty()) return refuse(bad_query(name, "Expected a value."));
    if (!percent_decoded(value)) {
      return refuse(bad_query(name, "Expected two hex digits behind each %."));
    }
  }
  return {};
}

/// The parts of the path behind the prefix; nothing if it is not a path of ours.
std::optional<std::vector<std::string>> segments_of(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  std::vector<std::string> segments;
  while (!path.empty()) {
    if (path.front() != '/' || segments.size() == kMaxSegments) return std::nullopt;
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    auto decoded = percent_decoded(segment);
    if (!decoded || decoded->empty()) return std::nullopt;
    segments.push_back(std::move(*decoded));
    path.remove_prefix(segment.size());
  }
  return segments;
}

using Segments = std::vector<std::string>;
using Call = AdminResponse (*)(AdminRoutes&, const Segments&);

struct Route {
  std::string_view method;
  std::array<std::string_view, kMaxSegments> pattern;  // "*" matches any one; "" is the end
  Call call;
  std::array<std::string_view, 3> parameters = {};  // that its query may have; "" is the end
};

constexpr std::array kRoutes{
    Route{"GET", {"tenants"}, [](AdminRoutes& r, const Segments&) { return r.list_tenants(); }},
    Route{"POST", {"tenants"}, [](AdminRoutes& r, const Segments&) { return r.create_tenant(); }},
    Route{"GET",
          {"tenants", "*"},
          [](AdminRoutes& r, const Segments& s) { return r.show_tenant(s[1]); }},
    Route{"PUT",
          {"tenants", "*"},
          [](AdminRoutes& r, const Segments& s) { return r.replace_tenant(s[1]); }},
    Route{"DELETE",
          {"tenants", "*"},
          [](AdminRoutes& r, const Segments& s) { return r.delete_tenant(s[1]); }},
    Route{"GET",
          {"users"},
          [](AdminRoutes& r, const Segments&) { return r.list_users(); },
          {"tenant"}},
    Route{"POST", {"users"}, [](AdminRoutes& r, const Segments&) { return r.create_user(); }},
    Route{"DELETE",
          {"tenants", "*", "users", "*"},
          [](AdminRoutes& r, const Segments& s) { return r.delete_user(s[1], s[3]); }},
    Route{
        "GET", {"keys"}, [](AdminRoutes& r, const Segments&) { return r.list_keys(); }, {"tenant"}},
    Route{"POST", {"keys"}, [](AdminRoutes& r, const Segments&) { return r.create_key(); }},
    Route{"GET", {"keys", "*"}, [](AdminRoutes& r, const Segments& s) { return r.show_key(s[1]); }},
    Route{"PATCH",
          {"keys", "*"},
          [](AdminRoutes& r, const Segments& s) { return r.change_key(s[1]); }},
    Route{"DELETE",
          {"keys", "*"},
          [](AdminRoutes& r, const Segments& s) { return r.revoke_key(s[1]); }},
    Route{"POST",
          {"keys", "*", "revoke"},
          [](AdminRoutes& r, const Segments& s) { return r.revoke_key(s[1]); }},
    Route{"POST",
          {"keys", "*", "rotate"},
          [](AdminRoutes& r, const Segments& s) { return r.rotate_key(s[1]); },
          {"grace_seconds"}},
    Route{"GET",
          {"usage"},
          [](AdminRoutes& r, const Segments&) { return r.usage(); },
          {"by", "period", "tenant"}},
    Route{"GET", {"budgets"}, [](AdminRoutes& r, const Segments&) { return r.budgets(); }},
    Route{"GET", {"config"}, [](AdminRoutes& r, const Segments&) { return r.config(); }},
    Route{"GET", {"health"}, [](AdminRoutes& r, const Segments&) { return r.health(); }},
};

bool matches(const Route& route, const Segments& segments) {
  for (size_t i = 0; i < kMaxSegments; ++i) {
    const std::string_view wanted = route.pattern[i];
    if (i >= segments.size()) return wanted.empty();
    if (wanted.empty() || (wanted != "*" && wanted != segments[i])) return false;
  }
  return segments.size() <= kMaxSegments;
}

AdminResponse reload(ControlPlane& control, const AdminRequest& request) {
  config::ConfigErrors errors;
  if (auto done = control.reload(request.actor, errors); !done) {
    return problem(done.error(), errors);
  }
  boost::json::array restart;
  for (const std::string& section : control.needs_restart()) restart.emplace_back(section);
  return answer(200, {{"reloaded", true}, {"needs_restart", std::move(restart)}});
}

}  // namespace

AdminRoutes::AdminRoutes(ControlPlane& control, const AdminRequest& request)
    : control_(control), request_(request), lock_(control.mutex_) {}

std::string AdminRoutes::query(std::string_view name) const {
  for (std::string_view rest = query_of(request_.target); !rest.empty();) {
    const std::string_view pair = next_pair(rest);
    if (pair.substr(0, pair.find('=')) != name) continue;
    return percent_decoded(pair.substr(std::min(pair.size(), name.size() + 1))).value_or("");
  }
  return {};
}

std::optional<AdminResponse> AdminRoutes::read_body(const config::Schema& schema, void* object,
                                                    std::string_view id) {
  const auto body = json::thread_parser().parse_copy(request_.body);
  if (!body) return problem(body.error());
  if (!body->is_object()) {
    return problem(Refusal::invalid(
        "", fmt::format("The body must be a JSON object, but is {}.", json::type_name(*body)),
        "invalid_json"));
  }
  config::ConfigErrors errors;
  config::bind_json(schema, *body, object, errors, id);
  if (errors.empty()) return std::nullopt;
  const config::ConfigError& first = errors.front();
  return problem(
      Refusal::invalid(first.key, fmt::format("{}{}{}", first.message,
                                              first.hint.empty() ? "" : " ", first.hint)),
      errors);
}

settlement::ControlEvent AdminRoutes::event(std::string_view action, std::string_view tenant,
                                            std::string_view target) const {
  return {.action = action, .actor = request_.actor, .tenant = tenant, .target = target};
}

AdminResponse handle_admin(ControlPlane& control, const AdminRequest& request) {
  const auto segments = segments_of(request.target);
  if (segments && segments->size() == 1 && (*segments)[0] == "reload" && request.method == "POST") {
    if (auto fine = check_query(request.target, {}); !fine) return problem(fine.error());
    return reload(control, request);
  }
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.layer = Layer::control;
  refusal.code = "unknown_path";
  refusal.message = "The admin API has no such path.";
  if (!segments) return problem(refusal);
  bool path_exists = segments->size() == 1 && (*segments)[0] == "reload";
  for (const Route& route : kRoutes) {
    if (!matches(route, *segments)) continue;
    path_exists = true;
    if (route.method != request.method) continue;
    if (auto fine = check_query(request.target, route.parameters); !fine) {
      return problem(fine.error());
    }
    AdminRoutes routes(control, request);
    return route.call(routes, *segments);
  }
  if (path_exists) {
    refusal.kind = ErrorKind::method_not_allowed;
    refusal.code = "method_not_allowed";
    refusal.message = fmt::format("The path does not take {}.", config::shown(request.method));
  }
  return problem(refusal);
}

}  // namespace gatehouse::control
