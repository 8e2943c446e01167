#include "app/cli/cli.h"

#include <cstdio>
#include <exception>

#include "app/version.h"

namespace gatehouse::app::cli {
namespace {

constexpr const char* kAbout =
    "Gatehouse: a gateway between an application and its models.\n"
    "It checks keys, limits and budgets, runs the AI firewall, routes to providers or to its own\n"
    "model, and keeps an audit log that can be proved.";

constexpr const char* kFooter =
    "Examples:\n"
    "  gatehouse serve --data ./var --listen 127.0.0.1:8080\n"
    "  gatehouse chat \"What is the capital of Japan?\"\n"
    "  gatehouse tenant create acme --requests-per-minute 600\n"
    "  gatehouse key create --tenant acme\n"
    "  gatehouse doctor\n\n"
    "Exit codes: 0 done, 1 failed, 2 the command line is wrong.\n"
    "Environment: GATEHOUSE_DATA, GATEHOUSE_CONFIG, GATEHOUSE_URL, GATEHOUSE_KEY.";

}  // namespace

void add_data_options(CLI::App& command, DataOptions& options) {
  command
      .add_option("--data", options.data_dir,
                  "The data folder; else the configuration's `data_dir`, else ./var")
      ->envname("GATEHOUSE_DATA")
      ->type_name("DIR");
  command.add_option("--config", options.config_file, "The configuration file")
      ->envname("GATEHOUSE_CONFIG")
      ->type_name("FILE");
  command.add_flag("--json", options.json, "JSON instead of a table");
}

void runs(CLI::App& command, int& exit_code, std::function<int()> body) {
  command.callback([&exit_code, body = std::move(body)] { exit_code = body(); });
}

int run(int argc, char** argv) {
  CLI::App root{kAbout, "gatehouse"};
  root.footer(kFooter);
  root.require_subcommand(1);
  root.set_version_flag("--version", std::string("gatehouse ") + std::string(kVersion));
  int exit_code = kOk;
  add_serve(root, exit_code);
  add_check(root, exit_code);
  add_tenant(root, exit_code);
  add_user(root, exit_code);
  add_key(root, exit_code);
  add_usage(root, exit_code);
  add_reload(root, exit_code);
  add_upstream(root, exit_code);
  add_model(root, exit_code);
  add_chat(root, exit_code);
  add_firewall(root, exit_code);
  add_audit(root, exit_code);
  add_explain(root, exit_code);
  add_doctor(root, exit_code);
  add_version(root, exit_code);
  add_completion(root, exit_code);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gatehouse: %s\n", error.what());
    return kFailed;
  }
  return exit_code;
}

}  // namespace gatehouse::app::cli
