#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/cli/admin_client.h"
#include "app/cli/cli.h"
#include "app/cli/output.h"
#include "app/cli/spec_flags.h"
#include "config/config.h"
#include "config/json_text.h"

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;

struct Options {
  DataOptions data;
  std::string id, name, policy, tenant;
  std::vector<std::string> models;
  bool suspend = false, resume = false;
  SpecFlags flags;
};
using Shared = std::shared_ptr<Options>;

void put_tenant(const Options& options, bj::object& spec) {
  if (!options.name.empty()) spec["name"] = options.name;
  if (!options.policy.empty()) spec["policy"] = options.policy;
  if (!options.models.empty()) {
    spec["models"] = bj::array(options.models.begin(), options.models.end());
  }
  if (options.suspend) spec["suspended"] = true;
  if (options.resume) spec["suspended"] = false;
  options.flags.put_into(spec);
}

void add_tenant_flags(CLI::App& command, Options& options) {
  command.add_option("--name", options.name, "Its name, for people");
  command.add_option("--policy", options.policy, "Its firewall policy");
  command.add_option("--model", options.models, "A model that it may use, \"gpt-4*\"; repeatable");
  options.flags.add_limits(command);
  options.flags.add_budgets(command);
}

int list(const Options& options) {
  const auto body = admin_call(options.data, "GET", "/tenants");
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
    return kOk;
  }
  Table table({"id", "name", "policy", "limits and budgets", "status", "from"});
  for (const bj::value& each : body->at("tenants").as_array()) {
    const bj::object& t = each.as_object();
    const std::string policy = cell(t, "policy");
    table.add({cell(t, "id"), cell(t, "name"), policy.empty() ? "default" : policy, limits_cell(t),
               cell(t, "suspended") == "true" ? "suspended" : "active", cell(t, "declared_in")});
  }
  print(table.to_string());
  return kOk;
}

int show(const Options& options) {
  const auto body = admin_call(options.data, "GET", "/tenants/" + url_encoded(options.id));
  if (!body) return kFailed;
  print(config::pretty(*body));
  return kOk;
}

int create(const Options& options) {
  bj::object spec{{"id", options.id}};
  put_tenant(options, spec);
  const auto body = admin_call(options.data, "POST", "/tenants", spec);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
  } else {
    print_line(fmt::format("Made the tenant \"{0}\". Next: gatehouse key create --tenant {0}",
                           options.id));
  }
  return kOk;
}

int update(const Options& options) {
  const std::string target = "/tenants/" + url_encoded(options.id);
  auto body = admin_call(options.data, "GET", target);
  if (!body) return kFailed;
  bj::object spec = body->as_object();
  spec.erase("declared_in");
  put_tenant(options, spec);
  body = admin_call(options.data, "PUT", target, spec);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
  } else {
    print_line(
        fmt::format("Changed the tenant \"{}\": {}.", options.id, limits_cell(body->as_object())));
  }
  return kOk;
}

int remove(const Options& options) {
  const auto body = admin_call(options.data, "DELETE", "/tenants/" + url_encoded(options.id));
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
  } else {
    print_line(fmt::format("Deleted the tenant \"{}\" and its {} keys.", options.id,
                           cell(body->as_object(), "keys")));
  }
  return kOk;
}

int list_users(const Options& options) {
  const std::string query = options.tenant.empty() ? "" : "?tenant=" + url_encoded(options.tenant);
  const auto body = admin_call(options.data, "GET", "/users" + query);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
    return kOk;
  }
  Table table({"tenant", "id", "name", "budgets", "from"});
  for (const bj::value& each : body->at("users").as_array()) {
    const bj::object& u = each.as_object();
    table.add({cell(u, "tenant"), cell(u, "id"), cell(u, "name"), limits_cell(u),
               cell(u, "declared_in")});
  }
  print(table.to_string());
  return kOk;
}

int create_user(const Options& options) {
  bj::object spec{{"id", options.id}, {"tenant", options.tenant}};
  if (!options.name.empty()) spec["name"] = options.name;
  options.flags.put_into(spec);
  const auto body = admin_call(options.data, "POST", "/users", spec);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
  } else {
    print_line(fmt::format("Made the user \"{}\" of \"{}\".", options.id, options.tenant));
  }
  return kOk;
}

int remove_user(const Options& options) {
  const auto body = admin_call(
      options.data, "DELETE",
      fmt::format("/tenants/{}/users/{}", url_encoded(options.tenant), url_encoded(options.id)));
  if (!body) return kFailed;
  print_line(fmt::format("Deleted the user \"{}\" and revoked {} keys.", options.id,
                         cell(body->as_object(), "keys")));
  return kOk;
}

}  // namespace

void add_tenant(CLI::App& root, int& exit_code) {
  CLI::App* tenant = root.add_subcommand("tenant", "Tenants: teams or customers with own limits");
  tenant->require_subcommand(1);
  tenant->footer(
      "Examples:\n"
      "  gatehouse tenant create acme --usd-per-month 250 --requests-per-minute 600\n"
      "  gatehouse tenant update acme --suspend\n"
      "  gatehouse tenant list --json\n\n"
      "Works on the running server of the data folder, or on the folder itself.");
  const auto options = std::make_shared<Options>();
  add_data_command(*tenant, "list", "Lists all tenants", options, exit_code, list);
  CLI::App& made =
      add_data_command(*tenant, "create", "Makes a tenant", options, exit_code, create);
  made.add_option("id", options->id, "1 to 64 of a-z, 0-9, '-', '_', '.'")->required();
  add_tenant_flags(made, *options);
  CLI::App& changed = add_data_command(*tenant, "update", "Changes what is given, keeps the rest",
                                       options, exit_code, update);
  changed.add_option("id", options->id, "The tenant")->required();
  add_tenant_flags(changed, *options);
  CLI::Option* suspend = changed.add_flag("--suspend", options->suspend, "Refuse all its keys");
  changed.add_flag("--resume", options->resume, "Accept its keys again")->excludes(suspend);
  add_data_command(*tenant, "show", "Shows one tenant as JSON", options, exit_code, show)
      .add_option("id", options->id, "The tenant")
      ->required();
  add_data_command(*tenant, "delete", "Deletes a tenant with its users and keys", options,
                   exit_code, remove)
      .add_option("id", options->id, "The tenant")
      ->required();
}

void add_user(CLI::App& root, int& exit_code) {
  CLI::App* user =
      root.add_subcommand("user", "Users of tenants, with budgets over all their keys");
  user->require_subcommand(1);
  user->footer(
      "Examples:\n"
      "  gatehouse user create ada --tenant acme --usd-per-day 5\n"
      "  gatehouse user list --tenant acme");
  const auto options = std::make_shared<Options>();
  add_data_command(*user, "list", "Lists users", options, exit_code, list_users)
      .add_option("--tenant", options->tenant, "Only of this tenant");
  CLI::App& made =
      add_data_command(*user, "create", "Makes a user", options, exit_code, create_user);
  made.add_option("id", options->id, "Unique within the tenant")->required();
  made.add_option("--tenant", options->tenant, "The tenant")->required();
  made.add_option("--name", options->name, "For people");
  options->flags.add_budgets(made);
  CLI::App& gone = add_data_command(*user, "delete", "Deletes a user and revokes the keys", options,
                                    exit_code, remove_user);
  gone.add_option("id", options->id, "The user")->required();
  gone.add_option("--tenant", options->tenant, "The tenant")->required();
}

}  // namespace gatehouse::app::cli
