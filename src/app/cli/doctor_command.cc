#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/cli/admin_client.h"
#include "app/cli/cli.h"
#include "app/cli/doctor.h"
#include "app/cli/output.h"
#include "app/cli/pinned_files.h"
#include "app/cli/probe.h"
#include "app/install_paths.h"
#include "app/load_firewall.h"
#include "config/json_text.h"
#include "firewall/firewall.h"

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;
using State = Finding::State;

struct Options {
  DataOptions data;
  bool fast = false, offline = false;
};

void append(std::vector<Finding>& all, std::vector<Finding> more) {
  for (Finding& finding : more) all.push_back(std::move(finding));
}

/// The configuration, or the defaults and a finding for each error.
config::Config configuration(const Options& options, std::vector<Finding>& findings) {
  const std::string& file = options.data.config_file;
  if (file.empty()) {
    findings.push_back(Finding{State::ok, "configuration", "none: the embedded defaults", ""});
    return config::defaults();
  }
  auto config = config::load(file);
  if (config) {
    findings.push_back(Finding{State::ok, "configuration", file + " is valid", ""});
    return std::move(*config);
  }
  for (const config::ConfigError& error : config.error()) {
    findings.push_back(Finding{State::failed, "configuration", error.to_string(),
                               "docs/configuration.md describes every key."});
  }
  return config::defaults();
}

int doctor(const Options& options) {
  std::vector<Finding> findings;
  config::Config config = configuration(options, findings);
  const std::filesystem::path dir = options.data.data_dir.empty()
                                        ? config.data_dir
                                        : std::filesystem::path(options.data.data_dir);
  findings.push_back(check_cpu());
  findings.push_back(check_memory(config));
  findings.push_back(check_file_descriptors(config));
  findings.push_back(check_clock());
  append(findings, check_data_dir(dir));
  append(findings, check_ports(config, dir));
  append(findings, check_models(config, options.fast));
  findings.push_back(check_firewall());
  if (!options.offline) append(findings, check_upstreams(config));

  size_t failed = 0;
  bj::array rows;
  Table table({"", "what", "found"});
  for (const Finding& finding : findings) {
    if (finding.state == State::failed) ++failed;
    table.add({std::string(to_string(finding.state)), finding.what, finding.detail});
    if (!finding.advice.empty()) table.add({"", "", "-> " + finding.advice});
    rows.push_back(bj::object{{"state", to_string(finding.state)},
                              {"what", finding.what},
                              {"detail", finding.detail},
                              {"advice", finding.advice}});
  }
  if (options.data.json) {
    print(config::pretty(bj::object{{"ok", failed == 0}, {"findings", rows}}));
  } else {
    print(table.to_string());
    print_line(failed == 0
                   ? "Nothing stands in the way."
                   : fmt::format("{} thing{} must be mended.", failed, failed == 1 ? "" : "s"));
  }
  return failed == 0 ? kOk : kFailed;
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::warning:
      return "warn";
    case State::failed:
      return "FAIL";
  }
  return "";
}

std::vector<Finding> check_models(const config::Config& config, bool fast) {
  if (!config.engine.enabled) return {Finding{State::ok, "models", "the engine is off", ""}};
  const auto pins = pinned_files(read_text(installed_file("assets.lock")));
  std::vector<Finding> findings;
  for (const std::filesystem::path& file : engine_files(config.engine)) {
    Finding finding{State::ok, "model", file.string(), ""};
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      finding.state = State::failed;
      finding.detail += " is missing";
      finding.advice =
          "Run `make assets`, or set engine.chat_model_file and "
          "engine.embedding_model_file.";
      findings.push_back(finding);
      continue;
    }
    for (const PinnedFile& pin : pins) {
      if (fast || std::filesystem::path(pin.path).filename() != file.filename()) continue;
      if (sha256_of(file) == pin.sha256) {
        finding.detail += ", SHA-256 as pinned";
      } else {
        finding.state = State::failed;
        finding.detail += " has another SHA-256 than assets.lock pins";
        finding.advice = "Delete it and run `make assets`.";
      }
    }
    findings.push_back(finding);
  }
  return findings;
}

Finding check_firewall() {
  const std::filesystem::path folder = firewall_models();
  if (const auto firewall = load_firewall(); !firewall) {
    return Finding{
        State::failed, "firewall",
        firewall.error().reason.empty() ? firewall.error().message : firewall.error().reason,
        "Its files come with the program, in models/firewall."};
  }
  return Finding{State::ok, "firewall", "rules and model load from " + folder.string(), ""};
}

std::vector<Finding> check_upstreams(const config::Config& config) {
  std::vector<Finding> findings;
  for (const inference::UpstreamSpec& spec : config.upstreams) {
    if (spec.kind == inference::UpstreamSpec::Kind::local) continue;
    const Probe probe = probe_upstream(spec, config.engine, "");
    findings.push_back(Finding{probe.ok ? State::ok : State::failed, "upstream " + spec.name,
                               fmt::format("{}, {:.0f} ms", probe.detail, probe.milliseconds),
                               probe.ok ? "" : "gatehouse upstream test " + spec.name});
  }
  return findings;
}

void add_doctor(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand(
      "doctor", "Tells what is wrong with this machine and configuration, and what to do");
  command->footer(
      "Examples:\n"
      "  gatehouse doctor\n"
      "  gatehouse doctor --config gatehouse.yaml --data /var/lib/gatehouse --json\n\n"
      "Exit code 1 if something must be mended; warnings alone are 0.");
  const auto options = std::make_shared<Options>();
  add_data_options(*command, options->data);
  command->add_flag("--fast", options->fast, "Don't compute the sums of the model files");
  command->add_flag("--offline", options->offline, "Don't ask the upstreams");
  runs(*command, exit_code, [options] { return doctor(*options); });
}

}  // namespace gatehouse::app::cli
