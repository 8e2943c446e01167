#include "config/validate.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "admission/keys.h"
#include "net/client.h"

namespace gatehouse::config {
namespace {

using inference::UpstreamSpec;

/// What is known by name, to find a name that leads nowhere.
struct Names {
  std::vector<std::string> upstreams, policies, tenants, models;
};

class Validator {
 public:
  Validator(const Config& config, const Node& root, const LoadOptions& options,
            ConfigErrors& errors)
      : config_(config), root_(root), options_(options), errors_(errors) {
    for (const auto& upstream : config.upstreams) names_.upstreams.push_back(upstream.name);
    if (config.engine.enabled) names_.upstreams.emplace_back(kLocalUpstream);
    for (const auto& policy : config.firewall.policies) names_.policies.push_back(policy.name);
    add_once(names_.policies, "default");
    for (const auto& tenant : config.tenants) names_.tenants.push_back(tenant.id);
    for (const auto& model : config.models) names_.models.push_back(model.name);
  }

  void run() {
    server();
    engine();
    upstreams();
    models();
    policies();
    tenants();
    users();
    keys();
    prices();
  }

 private:
  static void add_once(std::vector<std::string>& list, std::string name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(std::move(name));
  }

  void add(const std::string& path, std::string message, std::string hint = {}) {
    const Node& node = node_at(root_, path);
    // A place that is wrong in itself, or in its parts, was reported before; once is enough.
    const bool known = std::any_of(errors_.begin(), errors_.end(), [&](const ConfigError& error) {
      return error.key.starts_with(path) &&
             (error.key.size() == path.size() || error.key[path.size()] == '.' ||
              error.key[path.size()] == '[');
    });
    if (known) return;
    errors_.push_back(ConfigError{config_.file.string(), node.line, node.column, path,
                                  node.kind == Node::Kind::scalar ? shown(node.text) : "",
                                  std::move(message), std::move(hint)});
  }

  /// A name that is not among `known`. `is` says what it should be: "an upstream".
  void name(const std::string& path, const std::string& value, std::string_view is,
            const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), value) != known.end()) return;
    const std::string near = nearest(value, known);
    add(path,
        fmt::format("\"{}\" is not the name of {}; known: {}.", shown(value), is,
                    known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))),
        near.empty() ? "" : fmt::format("Did you mean \"{}\"?", near));
  }

  void once(std::map<std::string, std::string>& seen, const std::string& value,
            const std::string& path, const std::string& key) {
    if (value.empty()) return;
    const auto [first, fresh] = seen.emplace(value, path);
    if (!fresh) {
      add(path + "." + key,
          fmt::format("\"{}\" is declared twice; first in {}.", shown(value), first->second));
    }
  }

  void file(const std::string& path, const std::string& value) {
    std::error_code error;
    if (value.empty() || !options_.check_files) return;
    if (!std::filesystem::is_regular_file(value, error)) {
      add(path, fmt::format("The file \"{}\" does not exist.", shown(value)));
    }
  }

  /// A check of the layer that owns the spec; its path continues ours.
  void check(const std::string& path, const Result<void>& result) {
    if (result) return;
    std::string where = path;
    std::string param = result.error().param;
    // Admission calls money what the file calls dollars.
    if (param.ends_with("money")) param.replace(param.size() - 5, 5, "usd");
    if (!param.empty()) where += (param.front() == '[' ? "" : ".") + param;
    add(where, sentence(result.error().message));
  }

  static std::string sentence(std::string text) {
    if (text.empty()) return text;
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    if (text.back() != '.') text += '.';
    return text;
  }

  void server() {
    const net::ServerOptions& http = config_.server.http;
    if (http.max_connections_per_address > http.max_connections &&
        root_.find("server") != nullptr) {
      add("server.max_connections_per_address",
          fmt::format("{} connections per address are more than \"max_connections\" ({}) allows "
                      "in all.",
                      http.max_connections_per_address, http.max_connections));
    }
    if (!http.tls) return;
    file("server.tls.certificate_file", http.tls->certificate_file);
    file("server.tls.key_file", http.tls->key_file);
    file("server.tls.client_ca_file", http.tls->client_ca_file);
    if (http.tls->require_client_certificate && http.tls->client_ca_file.empty()) {
      add("server.tls.require_client_certificate",
          "Client certificates can't be verified without \"client_ca_file\".");
    }
  }

  void engine() {
    file("engine.chat_model_file", config_.engine.chat_model_path);
    file("engine.embedding_model_file", config_.engine.embedding_model_path);
    if (config_.engine.default_max_tokens > config_.engine.context_tokens) {
      add("engine.default_max_tokens",
          fmt::format("{} tokens of an answer don't fit into \"context_tokens\" ({}).",
                      config_.engine.default_max_tokens, config_.engine.context_tokens));
    }
    if (!config_.engine.enabled && config_.upstreams.empty()) {
      add("engine.enabled",
          "Nothing could answer a request: the engine is off and \"upstreams\" is empty.");
    }
  }

  void upstreams() {
    std::map<std::string, std::string> seen;
    for (size_t i = 0; i < config_.upstreams.size(); ++i) {
      const UpstreamSpec& spec = config_.upstreams[i];
      const std::string path = fmt::format("upstreams[{}]", i);
      if (spec.name == kLocalUpstream) {
        add(path + ".name", "\"local\" is the name of the embedded engine; expected another one.");
      }
      once(seen, spec.name, path, "name");
      if (!spec.base_url.empty()) {
        if (const auto endpoint = net::Endpoint::parse(spec.base_url); !endpoint) {
          add(path + ".base_url", endpoint.error().message);
        }
      }
      file(path + ".ca_file", spec.ca_file);
      if (!spec.ca_file.empty() && spec.base_url.starts_with("http://")) {
        add(path + ".ca_file", "There is no certificate to verify on an http:// URL.");
      }
      for (const auto& [header, value] : spec.headers) secret_header(path, header);
      for (const auto& [key, timeout] :
           {std::pair{"connect_timeout_ms", spec.connect_timeout_ms},
            std::pair{"first_byte_timeout_ms", spec.first_byte_timeout_ms},
            std::pair{"between_chunks_timeout_ms", spec.between_chunks_timeout_ms}}) {
        if (timeout <= spec.total_timeout_ms) continue;
        add(node_at(root_, path).find(key) != nullptr ? path + "." + key
                                                      : path + ".total_timeout_ms",
            fmt::format("\"{}\" ({}) is longer than \"total_timeout_ms\" ({}).", key, timeout,
                        spec.total_timeout_ms));
      }
    }
  }

  void secret_header(const std::string& path, const std::string& header) {
    std::string lower;
    for (const char c : header) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower != "authorization" && lower != "x-api-key" && lower != "api-key" &&
        lower != "proxy-authorization" && lower != "cookie") {
      return;
    }
    const std::string where = path + ".headers." + shown(header);
    add(where,
        "A credential does not belong in this file: use \"api_key_env\" or "
        "\"api_key_file\".");
    errors_.back().value.clear();
  }

  void models() {
    std::map<std::string, std::string> seen;
    for (size_t i = 0; i < config_.models.size(); ++i) {
      const routing::AliasSpec& spec = config_.models[i];
      const std::string path = fmt::format("models[{}]", i);
      once(seen, spec.name, path, "name");
      for (size_t j = 0; j < spec.targets.size(); ++j) {
        const routing::Target& target = spec.targets[j];
        const std::string where = fmt::format("{}.targets[{}]", path, j);
        if (target.upstream.empty()) continue;
        name(where + ".upstream", target.upstream, "an upstream", names_.upstreams);
        // A chat model of the operator's own has a name of its own.
        if (target.upstream == kLocalUpstream && config_.engine.enabled && !target.model.empty() &&
            config_.engine.chat_model_path.empty() && config_.engine.embedding_model_path.empty()) {
          name(where + ".model", target.model, "a model of the embedded engine",
               {std::string(kChatModel), std::string(kEmbeddingModel)});
        }
      }
      if (!spec.policy.empty()) name(path + ".policy", spec.policy, "a policy", names_.policies);
    }
  }

  void policies() {
    std::map<std::string, std::string> seen;
    for (size_t i = 0; i < config_.firewall.policies.size(); ++i) {
      const firewall::PolicySpec& spec = config_.firewall.policies[i];
      const std::string path = fmt::format("firewall.policies[{}]", i);
      once(seen, spec.name, path, "name");
      if (const auto compiled = firewall::Policy::compile(spec); !compiled) {
        check(path, refuse(compiled.error()));
      }
      if (!spec.reroute_to.empty()) {
        name(path + ".reroute_to", spec.reroute_to, "a model", names_.models);
      }
    }
  }

  void tenants() {
    std::map<std::string, std::string> seen;
    for (size_t i = 0; i < config_.tenants.size(); ++i) {
      const admission::TenantSpec& spec = config_.tenants[i];
      const std::string path = fmt::format("tenants[{}]", i);
      once(seen, spec.id, path, "id");
      if (!spec.id.empty()) check(path, admission::validate(spec));
      if (!spec.policy.empty()) name(path + ".policy", spec.policy, "a policy", names_.policies);
    }
  }

  void users() {
    std::map<std::string, std::string> seen;
    for (size_t i = 0; i < config_.users.size(); ++i) {
      const admission::UserSpec& spec = config_.users[i];
      const std::string path = fmt::format("users[{}]", i);
      if (spec.id.empty() || spec.tenant.empty()) continue;
      once(seen, spec.tenant + "/" + spec.id, path, "id");
      name(path + ".tenant", spec.tenant, "a tenant of this file", names_.tenants);
      check(path, admission::validate(spec));
    }
  }

  void keys() {
    std::map<std::string, std::string> seen;
    for (size_t i = 0; i < config_.keys.size(); ++i) {
      const KeyEntry& key = config_.keys[i];
      const std::string path = fmt::format("keys[{}]", i);
      if (!key.spec.tenant.empty()) {
        name(path + ".tenant", key.spec.tenant, "a tenant of this file", names_.tenants);
      }
      if (!key.spec.user.empty()) user(path, key);
      if (!key.spec.policy.empty()) {
        name(path + ".policy", key.spec.policy, "a policy", names_.policies);
      }
      if (options_.resolve_secrets && !key.secret.empty()) {
        const std::string where =
            path + (node_at(root_, path).find("secret_file") ? ".secret_file" : ".secret_env");
        if (!admission::is_well_formed_key(key.secret)) {
          add(where,
              "What it holds is not a key of Gatehouse; make one with `gatehouse key "
              "generate`.");
        } else if (const auto [first, fresh] = seen.emplace(admission::key_id_of(key.secret), path);
                   !fresh) {
          add(where, fmt::format("The key is the same as that of {}.", first->second));
        }
      }
      admission::KeySpec spec = key.spec;
      spec.id = "a";  // it follows from the secret, which was looked at above
      if (!spec.tenant.empty()) check(path, admission::validate(spec));
    }
  }

  void user(const std::string& path, const KeyEntry& key) {
    std::vector<std::string> known;
    for (const admission::UserSpec& user : config_.users) {
      if (user.tenant == key.spec.tenant) known.push_back(user.id);
    }
    name(path + ".user", key.spec.user,
         fmt::format("a user of the tenant \"{}\"", shown(key.spec.tenant)), known);
  }

  void prices() {
    // The last date seen of each upstream and model: entries of one must follow each other in time.
    std::map<std::pair<std::string, std::string>, std::pair<WallTime, size_t>> last;
    std::vector<std::string> known = names_.upstreams;
    known.emplace_back("*");
    for (size_t i = 0; i < config_.prices.size(); ++i) {
      const admission::PriceSpec& spec = config_.prices[i];
      const std::string path = fmt::format("prices[{}]", i);
      if (spec.upstream.empty() || spec.model.empty()) continue;
      name(path + ".upstream", spec.upstream, "an upstream", known);
      check(path, admission::validate(spec));
      const auto [entry, fresh] =
          last.emplace(std::pair{spec.upstream, spec.model}, std::pair{spec.from, i});
      if (fresh) continue;
      if (spec.from <= entry->second.first) {
        add(path + ".from",
            fmt::format("The dates of one model's prices must rise; prices[{}] of the same model "
                        "has the same or a later one.",
                        entry->second.second));
      }
      entry->second = {std::max(spec.from, entry->second.first), i};
    }
  }

  const Config& config_;
  const Node& root_;
  const LoadOptions& options_;
  ConfigErrors& errors_;
  Names names_;
};

}  // namespace

void validate(const Config& config, const Node& root, const LoadOptions& options,
              ConfigErrors& errors) {
  Validator(config, root, options, errors).run();
}

}  // namespace gatehouse::config
