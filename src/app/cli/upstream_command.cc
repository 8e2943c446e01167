#include <algorithm>
#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/cli/admin_client.h"
#include "app/cli/cli.h"
#include "app/cli/output.h"
#include "app/cli/probe.h"
#include "config/config.h"
#include "config/json_text.h"

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;
using inference::UpstreamSpec;

struct Options {
  std::string config_file, name, model;
  bool json = false;
};

std::string_view kind_of(const UpstreamSpec& spec) {
  switch (spec.kind) {
    case UpstreamSpec::Kind::local:
      return "local";
    case UpstreamSpec::Kind::openai:
      return "openai";
    case UpstreamSpec::Kind::anthropic:
      return "anthropic";
  }
  return "";
}

std::string used_by(const config::Config& config, const std::string& upstream) {
  std::string out;
  for (const routing::AliasSpec& alias : config.models) {
    const bool uses = std::any_of(alias.targets.begin(), alias.targets.end(),
                                  [&](const auto& target) { return target.upstream == upstream; });
    if (uses) out += (out.empty() ? "" : ",") + alias.name;
  }
  return out;
}

int list(const Options& options) {
  const auto config = load_config(options.config_file, false);
  if (!config) return kFailed;
  bj::array rows;
  Table table({"name", "kind", "url", "models", "used by"});
  for (const UpstreamSpec& spec : config->upstreams) {
    table.add({spec.name, std::string(kind_of(spec)), spec.base_url,
               fmt::format("{}", fmt::join(spec.models, ",")), used_by(*config, spec.name)});
    rows.push_back(bj::object{{"name", spec.name},
                              {"kind", kind_of(spec)},
                              {"base_url", spec.base_url},
                              {"models", bj::array(spec.models.begin(), spec.models.end())}});
  }
  print(options.json ? config::pretty(bj::object{{"upstreams", rows}}) : table.to_string());
  return kOk;
}

int test(const Options& options) {
  const auto config = load_config(options.config_file, true);
  if (!config) return kFailed;
  bj::array rows;
  Table table({"upstream", "result", "ms", "detail"});
  bool all_well = true;
  bool found = false;
  for (const UpstreamSpec& spec : config->upstreams) {
    if (!options.name.empty() && spec.name != options.name) continue;
    found = true;
    const Probe probe = probe_upstream(spec, config->engine, options.model);
    all_well = all_well && probe.ok;
    table.add({spec.name, probe.ok ? "ok" : "FAILED", fmt::format("{:.0f}", probe.milliseconds),
               probe.detail});
    rows.push_back(bj::object{{"name", spec.name},
                              {"ok", probe.ok},
                              {"milliseconds", probe.milliseconds},
                              {"detail", probe.detail}});
  }
  if (!found) {
    const std::string near = config::nearest(options.name, config->upstream_names());
    complain(fmt::format("upstream test: there is no upstream \"{}\"{}", options.name,
                         near.empty() ? "." : ". Did you mean \"" + near + "\"?"));
    return kFailed;
  }
  print(options.json ? config::pretty(bj::object{{"upstreams", rows}}) : table.to_string());
  return all_well ? kOk : kFailed;
}

int models(const Options& options) {
  const auto config = load_config(options.config_file, false);
  if (!config) return kFailed;
  bj::array rows;
  Table table({"model", "leads to", "policy"});
  for (const routing::AliasSpec& alias : config->models) {
    std::string way;
    bj::array targets;
    for (const routing::Target& target : alias.targets) {
      way += fmt::format("{}{}/{}", way.empty() ? "" : ", then ", target.upstream, target.model);
      targets.push_back(bj::object{{"upstream", target.upstream}, {"model", target.model}});
    }
    table.add({alias.name, way, alias.policy.empty() ? "the key's or tenant's" : alias.policy});
    rows.push_back(
        bj::object{{"name", alias.name}, {"targets", targets}, {"policy", alias.policy}});
  }
  print(options.json ? config::pretty(bj::object{{"models", rows}}) : table.to_string());
  return kOk;
}

void add_options(CLI::App& command, Options& options) {
  command.add_option("--config", options.config_file, "The configuration file; else the defaults")
      ->envname("GATEHOUSE_CONFIG")
      ->type_name("FILE");
  command.add_flag("--json", options.json, "JSON instead of a table");
}

}  // namespace

void add_upstream(CLI::App& root, int& exit_code) {
  CLI::App* upstream = root.add_subcommand("upstream", "The servers that answer requests");
  upstream->require_subcommand(1);
  upstream->footer(
      "Examples:\n"
      "  gatehouse upstream list --config gatehouse.yaml\n"
      "  gatehouse upstream test openai --config gatehouse.yaml\n"
      "  gatehouse upstream test openai --model gpt-4o-mini   (asks for one token)");
  const auto options = std::make_shared<Options>();
  CLI::App* listed = upstream->add_subcommand("list", "Lists the upstreams");
  add_options(*listed, *options);
  runs(*listed, exit_code, [options] { return list(*options); });
  CLI::App* tested = upstream->add_subcommand(
      "test", "Asks each upstream for its models with its real credential; fails if one fails");
  add_options(*tested, *options);
  tested->add_option("name", options->name, "Only this one");
  tested->add_option("--model", options->model, "Ask this model for one token, too");
  runs(*tested, exit_code, [options] { return test(*options); });
}

void add_model(CLI::App& root, int& exit_code) {
  CLI::App* model = root.add_subcommand("model", "The model names that clients use");
  model->require_subcommand(1);
  model->footer("Example:\n  gatehouse model list --config gatehouse.yaml");
  const auto options = std::make_shared<Options>();
  CLI::App* listed = model->add_subcommand("list", "Lists the models and where they lead");
  add_options(*listed, *options);
  runs(*listed, exit_code, [options] { return models(*options); });
}

}  // namespace gatehouse::app::cli
