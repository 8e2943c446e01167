// serve, check, usage, reload, version: commands of a few lines each.
#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/cli/admin_client.h"
#include "app/cli/cli.h"
#include "app/cli/output.h"
#include "app/cli/spec_flags.h"
#include "app/serve.h"
#include "app/version.h"
#include "config/config.h"
#include "config/host_port.h"
#include "config/json_text.h"
#include "config/keys.h"
#include "config/published.h"

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;

struct CheckOptions {
  std::string file;
  bool json = false, no_secrets = false, no_files = false, show = false, schema = false,
       reference = false;
};

bj::array errors_json(const config::ConfigErrors& errors) {
  bj::array list;
  for (const config::ConfigError& error : errors) {
    list.push_back(bj::object{{"file", error.file},
                              {"line", error.line},
                              {"column", error.column},
                              {"key", error.key},
                              {"value", error.value},
                              {"message", error.message},
                              {"hint", error.hint}});
  }
  return list;
}

int check(const CheckOptions& options) {
  if (options.schema) {
    print(config::json_schema());
    return kOk;
  }
  if (options.reference) {
    print(config::reference());
    return kOk;
  }
  if (options.file.empty()) {
    complain("check: name a configuration file, for example gatehouse.yaml");
    return kUsage;
  }
  config::LoadOptions load;
  load.resolve_secrets = !options.no_secrets;
  load.check_files = !options.no_files;
  const auto config = config::load(options.file, load);
  const config::ConfigErrors errors = config ? config::ConfigErrors{} : config.error();
  if (options.json) {
    bj::object out{{"file", options.file}, {"valid", errors.empty()}};
    out["errors"] = errors_json(errors);
    if (config && options.show) out["config"] = config::to_json(config::root_schema(), &*config);
    print(config::pretty(out));
    return errors.empty() ? kOk : kFailed;
  }
  if (!errors.empty()) {
    complain(errors);
    complain(
        fmt::format("{}: {} error{}.", options.file, errors.size(), errors.size() == 1 ? "" : "s"));
    return kFailed;
  }
  if (options.show) {
    print(config::pretty(config::to_json(config::root_schema(), &*config)));
  } else {
    print_line(fmt::format("{} is valid: {} upstreams, {} models, {} tenants, {} policies.",
                           options.file, config->upstreams.size(), config->models.size(),
                           config->tenants.size(), config->firewall.policies.size()));
  }
  return kOk;
}

struct UsageOptions {
  DataOptions data;
  std::string tenant, by = "tenant", period = "month";
};

int usage(const UsageOptions& options) {
  std::string target = fmt::format("/usage?by={}&period={}", options.by, options.period);
  if (!options.tenant.empty()) target += "&tenant=" + url_encoded(options.tenant);
  const auto body = admin_call(options.data, "GET", target);
  if (!body) return kFailed;
  if (options.data.json) {
    print(config::pretty(*body));
    return kOk;
  }
  // A tenant's own rows need no second column that says so.
  const bool with_tenant = options.by != "tenant";
  std::vector<std::string> head{"period", options.by, "requests", "tokens", "usd", "reserved usd"};
  if (with_tenant) head.insert(head.begin() + 2, "tenant");
  Table table(std::move(head));
  for (const bj::value& each : body->at("usage").as_array()) {
    const bj::object& row = each.as_object();
    const bj::object& spent = row.at("spent").as_object();
    std::vector<std::string> cells{
        cell(row, "period"),   cell(row, "id"),    cell(row, "requests"),
        cell(spent, "tokens"), cell(spent, "usd"), cell(row.at("reserved").as_object(), "usd")};
    if (with_tenant) cells.insert(cells.begin() + 2, cell(row, "tenant"));
    table.add(std::move(cells));
  }
  print(table.to_string());
  return kOk;
}

int reload(const DataOptions& options) {
  auto client = AdminClient::connect(options);
  if (client && !(*client)->online()) {
    complain("reload: no server runs on this data folder.");
    return kFailed;
  }
  const auto body = admin_call(options, "POST", "/reload");
  if (!body) return kFailed;
  if (options.json) {
    print(config::pretty(*body));
    return kOk;
  }
  print_line("Reloaded.");
  const std::string restart = cell(body->as_object(), "needs_restart");
  if (!restart.empty()) print_line("Takes effect at the next start only: " + restart);
  return kOk;
}

int version(bool json) {
  const std::string compiler =
#ifdef __clang__
      "clang " __clang_version__;
#else
      "g++ " __VERSION__;
#endif
  if (json) {
    print(config::pretty(bj::object{{"version", kVersion}, {"compiler", compiler}}));
  } else {
    print_line(fmt::format("gatehouse {} ({})", kVersion, compiler));
  }
  return kOk;
}

}  // namespace

void add_serve(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("serve", "Runs the server");
  command->footer(
      "Examples:\n"
      "  gatehouse serve --data ./var --listen 127.0.0.1:8080\n"
      "  gatehouse serve --config /etc/gatehouse/gatehouse.yaml\n\n"
      "Without --config it runs the embedded engine. On an empty data folder it makes a tenant\n"
      "\"demo\" with a key and prints both once. SIGHUP reloads the configuration; SIGTERM and\n"
      "Ctrl-C drain: what is in flight is finished first.");
  struct Options {
    std::string config, data, listen;
  };
  const auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The configuration file")
      ->envname("GATEHOUSE_CONFIG")
      ->type_name("FILE");
  command->add_option("--data", options->data, "The data folder; else the file's, else ./var")
      ->envname("GATEHOUSE_DATA")
      ->type_name("DIR");
  command->add_option("--listen", options->listen, "Where clients connect, over the file's")
      ->type_name("HOST:PORT")
      ->check([](const std::string& text) {
        return config::parse_host_port(text)
                   ? std::string()
                   : "expected ADDRESS:PORT, for example 127.0.0.1:8080, not \"" + text + "\"";
      });
  runs(*command, exit_code, [options] {
    ServerOptions server;
    server.config_file = options->config;
    if (!options->data.empty()) server.data_dir = options->data;
    if (!options->listen.empty()) server.listen = options->listen;
    return serve(server);
  });
}

void add_check(CLI::App& root, int& exit_code) {
  CLI::App* command =
      root.add_subcommand("check", "Tells everything that is wrong with a configuration file");
  command->footer(
      "Examples:\n"
      "  gatehouse check gatehouse.yaml\n"
      "  gatehouse check --no-secrets --no-files gatehouse.yaml   (in CI)\n"
      "  gatehouse check --json gatehouse.yaml\n"
      "  gatehouse check --print-schema > gatehouse.schema.json");
  const auto options = std::make_shared<CheckOptions>();
  command->add_option("file,--config", options->file, "The configuration file")
      ->envname("GATEHOUSE_CONFIG")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Errors as JSON");
  command->add_flag("--no-secrets", options->no_secrets,
                    "Don't look up environment variables and secret files");
  command->add_flag("--no-files", options->no_files, "Don't look for certificates and models");
  command->add_flag("--show", options->show, "Print the configuration with all defaults");
  command->add_flag("--print-schema", options->schema, "Print the JSON Schema of the file");
  command->add_flag("--print-reference", options->reference, "Print docs/configuration.md");
  runs(*command, exit_code, [options] { return check(*options); });
}

void add_usage(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("usage", "Tokens and money from the ledger");
  command->footer(
      "Examples:\n"
      "  gatehouse usage\n"
      "  gatehouse usage --by key --tenant acme --period day --json");
  const auto options = std::make_shared<UsageOptions>();
  add_data_options(*command, options->data);
  command->add_option("--by", options->by, "tenant, user or key")
      ->check(CLI::IsMember({"tenant", "user", "key"}));
  command->add_option("--period", options->period, "day or month")
      ->check(CLI::IsMember({"day", "month"}));
  command->add_option("--tenant", options->tenant, "Only of this tenant");
  runs(*command, exit_code, [options] { return usage(*options); });
}

void add_reload(CLI::App& root, int& exit_code) {
  CLI::App* command =
      root.add_subcommand("reload", "Makes the running server read its configuration file anew");
  command->footer(
      "Example:\n  gatehouse reload --data ./var\n\n"
      "The file is checked first; on any error the old configuration stays.");
  const auto options = std::make_shared<DataOptions>();
  add_data_options(*command, *options);
  runs(*command, exit_code, [options] { return reload(*options); });
}

void add_version(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("version", "Tells the version");
  command->footer("Example:\n  gatehouse version --json");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "JSON");
  runs(*command, exit_code, [json] { return version(*json); });
}

}  // namespace gatehouse::app::cli
