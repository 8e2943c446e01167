#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "config/bind.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/validate.h"
#include "config/yaml_tree.h"

namespace gatehouse::config {
namespace {

/// The models that upstreams say they have. One that several have leads to the first of them, then
/// to the others in the file's order.
void add_listed_models(Config& config) {
  const auto declared = static_cast<std::ptrdiff_t>(config.models.size());
  for (const inference::UpstreamSpec& upstream : config.upstreams) {
    for (const std::string& model : upstream.models) {
      const auto named = [&model](const routing::AliasSpec& spec) { return spec.name == model; };
      const auto listed = config.models.begin() + declared;
      if (std::any_of(config.models.begin(), listed, named)) continue;
      auto alias = std::find_if(listed, config.models.end(), named);
      if (alias == config.models.end()) {
        alias = config.models.insert(alias, routing::AliasSpec{model, {}, {}});
      }
      const bool again = !alias->targets.empty() && alias->targets.back().upstream == upstream.name;
      if (!again) alias->targets.push_back({upstream.name, model});
    }
  }
}

/// Adds what is there without being written: the models that upstreams list, the embedded engine's
/// upstream and models, and the policy "default". What the file itself declares comes first and
/// wins.
void add_built_in(Config& config) {
  add_listed_models(config);
  if (config.engine.enabled) {
    inference::UpstreamSpec local;
    local.name = kLocalUpstream;
    local.kind = inference::UpstreamSpec::Kind::local;
    local.default_max_tokens = config.engine.default_max_tokens;
    local.models = {std::string(kChatModel), std::string(kEmbeddingModel)};
    config.upstreams.push_back(std::move(local));
    for (const auto& [alias, model] :
         {std::pair{kChatModel, kChatModel}, std::pair{kDefaultModel, kChatModel},
          std::pair{kEmbeddingModel, kEmbeddingModel}}) {
      if (has_name(config.models, alias)) continue;
      routing::AliasSpec spec;
      spec.name = alias;
      spec.targets.push_back({std::string(kLocalUpstream), std::string(model)});
      config.models.push_back(std::move(spec));
    }
  }
  if (!has_name(config.firewall.policies, "default")) config.firewall.policies.emplace_back();
}

tl::unexpected<ConfigErrors> failed(const std::filesystem::path& file, std::string message) {
  ConfigError error;
  error.file = file.string();
  error.message = std::move(message);
  return tl::unexpected<ConfigErrors>(ConfigErrors{std::move(error)});
}

}  // namespace

std::vector<std::string> Config::upstream_names() const {
  std::vector<std::string> names;
  for (const inference::UpstreamSpec& upstream : upstreams) names.push_back(upstream.name);
  return names;
}

Config defaults() {
  Config config;
  add_built_in(config);
  return config;
}

tl::expected<Config, ConfigErrors> parse(const std::string& text, const std::filesystem::path& file,
                                         const LoadOptions& options) {
  ConfigErrors errors;
  const std::string name = file.string();
  const Node root = parse_yaml(name, text, errors);
  Config config;
  config.file = file;
  BindOptions bind_options;
  bind_options.file = name;
  bind_options.folder = file.parent_path();
  bind_options.resolve_secrets = options.resolve_secrets;
  bind_options.environment = options.environment;
  bind_tree(root_schema(), root, &config, bind_options, errors);
  validate(config, root, options, errors);
  if (!errors.empty()) {
    sort_by_line(errors);
    return tl::unexpected<ConfigErrors>(std::move(errors));
  }
  add_built_in(config);
  return config;
}

tl::expected<Config, ConfigErrors> load(const std::filesystem::path& path,
                                        const LoadOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return failed(path, "The file does not exist.");
  if (std::filesystem::is_directory(path, error)) {
    return failed(path, "This is a folder; expected a YAML file.");
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) return failed(path, "The file can't be read.");
  text.resize(static_cast<size_t>(in.gcount()));
  return parse(text, path, options);
}

}  // namespace gatehouse::config
