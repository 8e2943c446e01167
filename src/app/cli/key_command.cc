#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "admission/keys.h"
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
  std::string id, tenant, user, name, expires;
  std::optional<std::string> policy, new_name;
  std::vector<std::string> models, ip_ranges, roles;
  int64_t grace_seconds = 0;
  SpecFlags flags;
};
using Shared = std::shared_ptr<Options>;

bj::array array_of(const std::vector<std::string>& list) {
  return bj::array(list.begin(), list.end());
}

/// The key alone on standard output, so that `KEY=$(gatehouse key create …)` works; the rest on
/// standard error.
void print_new_key(const Options& options, const bj::value& body, std::string_view what) {
  if (options.data.json) return print(config::pretty(body));
  const bj::object& key = body.as_object();
  print_line(cell(key, "key"));
  std::fprintf(stderr, "%s\n",
               fmt::format("{} {} of \"{}\". The key is shown this once; only its hash is kept.",
                           what, cell(key, "id"), cell(key, "tenant"))
                   .c_str());
}

int create(const Options& options) {
  bj::object spec{{"tenant", options.tenant}};
  if (!options.user.empty()) spec["user"] = options.user;
  if (!options.name.empty()) spec["name"] = options.name;
  if (options.policy) spec["policy"] = *options.policy;
  if (!options.models.empty()) spec["models"] = array_of(options.models);
  if (!options.ip_ranges.empty()) spec["ip_ranges"] = array_of(options.ip_ranges);
  if (!options.roles.empty()) spec["roles"] = array_of(options.roles);
  if (!options.expires.empty()) {
    try {
      spec["expires"] = expiry_of(options.expires);
    } catch (const CLI::ValidationError& error) {
      complain(error.what());
      return kUsage;
    }
  }
  options.flags.put_into(spec);
  const auto body = admin_call(options.data, "POST", "/keys", spec);
  if (!body) return kFailed;
  print_new_key(options, *body, "Made the key");
  return kOk;
}

int list(const Options& options) {
  const std::string query = options.tenant.empty() ? "" : "?tenant=" + url_encoded(options.tenant);
  const auto body = admin_call(options.data, "GET", "/keys" + query);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
    return kOk;
  }
  Table table({"id", "tenant", "user", "name", "roles", "policy", "status", "expires",
               "limits and budgets", "from"});
  for (const bj::value& each : body->at("keys").as_array()) {
    const bj::object& k = each.as_object();
    const std::string policy = cell(k, "policy");
    const std::string expires = cell(k, "expires");
    table.add({cell(k, "id"), cell(k, "tenant"), cell(k, "user"), cell(k, "name"), cell(k, "roles"),
               policy.empty() ? "the tenant's" : policy, cell(k, "status"),
               expires.empty() ? "never" : expires, limits_cell(k), cell(k, "declared_in")});
  }
  print(table.to_string());
  return kOk;
}

int show(const Options& options) {
  const auto body = admin_call(options.data, "GET", "/keys/" + url_encoded(options.id));
  if (!body) return kFailed;
  print(config::pretty(*body));
  return kOk;
}

int update(const Options& options) {
  bj::object change;
  if (options.new_name) change["name"] = *options.new_name;
  if (options.policy) change["policy"] = *options.policy;
  if (change.empty()) {
    complain("key update: nothing to change; give --policy or --name.");
    return kUsage;
  }
  const auto body = admin_call(options.data, "PATCH", "/keys/" + url_encoded(options.id), change);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
  } else {
    const std::string policy = cell(body->as_object(), "policy");
    print_line(fmt::format("Changed the key {}: its policy is {}.", options.id,
                           policy.empty() ? "the tenant's" : '"' + policy + '"'));
  }
  return kOk;
}

int revoke(const Options& options) {
  const auto body =
      admin_call(options.data, "POST", "/keys/" + url_encoded(options.id) + "/revoke");
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
  } else {
    print_line(fmt::format("Revoked the key {}.", options.id));
  }
  return kOk;
}

int rotate(const Options& options) {
  const auto body = admin_call(options.data, "POST",
                               fmt::format("/keys/{}/rotate?grace_seconds={}",
                                           url_encoded(options.id), options.grace_seconds));
  if (!body) return kFailed;
  print_new_key(options, *body, fmt::format("Replaced {} by", options.id));
  return kOk;
}

int generate(const Options& options) {
  // The hash is not used here: only the text matters, and any pepper makes the same text.
  admission::KeyHasher hasher(admission::Pepper(std::array<unsigned char, 32>{}));
  const admission::NewKey key = admission::make_key(hasher, Random::system());
  if (options.data.json) {
    print(config::pretty(bj::object{{"key", key.text}, {"id", key.id}}));
  } else {
    print_line(key.text);
  }
  return kOk;
}

}  // namespace

void add_key(CLI::App& root, int& exit_code) {
  CLI::App* key = root.add_subcommand("key", "API keys: shown once, stored as a keyed hash");
  key->require_subcommand(1);
  key->footer(
      "Examples:\n"
      "  KEY=$(gatehouse key create --tenant acme --name ci --expires 90d)\n"
      "  gatehouse key create --tenant acme --role admin --ip 10.0.0.0/8\n"
      "  gatehouse key update 4f9c2k7m --policy strict\n"
      "  gatehouse key rotate 4f9c2k7m --grace-seconds 3600\n"
      "  gatehouse key revoke 4f9c2k7m\n\n"
      "A revoked key is refused within one second, on open connections too.");
  const auto options = std::make_shared<Options>();
  add_data_command(*key, "list", "Lists keys, without their text", options, exit_code, list)
      .add_option("--tenant", options->tenant, "Only of this tenant");
  CLI::App& made =
      add_data_command(*key, "create", "Makes a key and prints it", options, exit_code, create);
  made.add_option("--tenant", options->tenant, "The tenant")->required();
  made.add_option("--user", options->user, "A user of the tenant");
  made.add_option("--name", options->name, "For people");
  made.add_option("--policy", options->policy,
                  "Its firewall policy, where the model has none; the tenant's if missing");
  made.add_option("--model", options->models, "A model that it may use; repeatable");
  made.add_option("--ip", options->ip_ranges, "An address or CIDR range; repeatable");
  made.add_option("--role", options->roles, "data (the model APIs) or admin; repeatable")
      ->check(CLI::IsMember({"data", "admin"}));
  made.add_option("--expires", options->expires, "30d, 12h, or a date: 2027-01-31");
  options->flags.add_limits(made);
  options->flags.add_budgets(made);
  CLI::App& changed = add_data_command(*key, "update", "Changes what is given, keeps the rest",
                                       options, exit_code, update);
  changed.add_option("id", options->id, "The key's id")->required();
  changed.add_option("--name", options->new_name, "For people");
  changed.add_option("--policy", options->policy, "Its firewall policy; \"\" is the tenant's");
  add_data_command(*key, "show", "Shows one key as JSON", options, exit_code, show)
      .add_option("id", options->id, "The key's id")
      ->required();
  add_data_command(*key, "revoke", "Refuses a key from now on", options, exit_code, revoke)
      .add_option("id", options->id, "The key's id")
      ->required();
  CLI::App& rotated = add_data_command(*key, "rotate", "Replaces a key by one of the same rights",
                                       options, exit_code, rotate);
  rotated.add_option("id", options->id, "The key's id")->required();
  rotated.add_option("--grace-seconds", options->grace_seconds,
                     "How long the old key stays valid beside the new one");
  add_data_command(*key, "generate", "Prints a new key for `keys` of the configuration file",
                   options, exit_code, generate);
}

}  // namespace gatehouse::app::cli
