#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace gatehouse::app::cli {

/// Exit codes of every command.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;  // the command ran and the answer is no, or something broke
inline constexpr int kUsage = 2;   // the command line itself is wrong

/// The program: parses the command line, runs the command, returns the exit code.
int run(int argc, char** argv);

/// Options that tell where the server or its data is; see `add_data_options`.
struct DataOptions {
  std::string config_file;
  std::string data_dir;
  bool json = false;
};
/// --data, --config and --json.
void add_data_options(CLI::App& command, DataOptions& options);

/// Makes `command` run `body`, whose result is the exit code.
void runs(CLI::App& command, int& exit_code, std::function<int()> body);

/// Adds a subcommand that works on a data folder and runs `body` with the options shared by its
/// family; `Options` has a member `data` of type DataOptions.
template <typename Options>
CLI::App& add_data_command(CLI::App& parent, const char* name, const char* about,
                           const std::shared_ptr<Options>& options, int& exit_code,
                           int (*body)(const Options&)) {
  CLI::App* command = parent.add_subcommand(name, about);
  add_data_options(*command, options->data);
  runs(*command, exit_code, [options, body] { return body(*options); });
  return *command;
}

// Each adds one command, with its subcommands, to `root`.
void add_serve(CLI::App& root, int& exit_code);
void add_check(CLI::App& root, int& exit_code);
void add_tenant(CLI::App& root, int& exit_code);
void add_user(CLI::App& root, int& exit_code);
void add_key(CLI::App& root, int& exit_code);
void add_usage(CLI::App& root, int& exit_code);
void add_reload(CLI::App& root, int& exit_code);
void add_upstream(CLI::App& root, int& exit_code);
void add_model(CLI::App& root, int& exit_code);
void add_chat(CLI::App& root, int& exit_code);
void add_firewall(CLI::App& root, int& exit_code);
void add_audit(CLI::App& root, int& exit_code);
void add_explain(CLI::App& root, int& exit_code);
void add_doctor(CLI::App& root, int& exit_code);
void add_version(CLI::App& root, int& exit_code);
void add_completion(CLI::App& root, int& exit_code);

}  // namespace gatehouse::app::cli
