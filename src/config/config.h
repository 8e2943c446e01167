#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "admission/specs.h"
#include "config/error.h"
#include "core/log.h"
#include "firewall/policy/policy.h"
#include "inference/specs.h"
#include "net/client.h"
#include "net/server.h"
#include "routing/routes.h"
#include "settlement/settlement.h"

/// The one file that says how Gatehouse runs, as plain values of the layers' own types.
namespace gatehouse::config {

/// Whether one of the specs is called so.
template <typename Specs>
bool has_name(const Specs& specs, std::string_view name) {
  return std::any_of(specs.begin(), specs.end(),
                     [name](const auto& spec) { return spec.name == name; });
}

/// The listener, its limits and the program's threads.
struct ServerSpec {
  ServerSpec() { http.port = 8080; }

  net::ServerOptions http;
  size_t threads = 0;         // event loops; 0: one per core
  size_t worker_threads = 0;  // for CPU-heavy work of the firewall; 0: one per core
  size_t worker_queue_limit = 1024;
  int64_t drain_timeout_ms = 30'000;  // for requests in flight when the server stops
};

struct LogSpec {
  enum class Format : unsigned char { automatic, json, text };
  log::Level level = log::Level::info;
  Format format = Format::automatic;  // text on a terminal, else JSON
};

/// Where the admin API is answered. The loopback listener is always there: the CLI uses it.
struct AdminSpec {
  std::string address = "127.0.0.1";
  uint16_t port = 0;              // 0: any free one, written to DATA/server.json
  bool on_main_listener = false;  // also under /admin/v1 of the main listener
};

struct FirewallSpec {
  bool enabled = true;
  std::vector<firewall::PolicySpec> policies;  // "default" is always there
};

struct AuditSpec {
  bool enabled = true;
  settlement::SettlementOptions settlement;  // `data_dir` and `loops` are set by who starts it
};

struct BudgetsSpec {
  bool enabled = true;
};

/// A key that the file declares: its text comes from the environment or a file of its own.
struct KeyEntry {
  admission::KeySpec spec;
  std::string secret;  // the key's text, "gh_…"; never shown
};

struct Config {
  std::filesystem::path file;  // empty: the defaults
  std::filesystem::path data_dir = "var";
  ServerSpec server;
  AdminSpec admin;
  LogSpec log;
  net::ClientOptions pool;  // of upstream connections; the limit per upstream is the upstream's own
  inference::LocalEngineSpec engine;
  std::vector<inference::UpstreamSpec> upstreams;  // with "local" if the engine is enabled
  std::vector<routing::AliasSpec> models;          // with the built-in ones
  FirewallSpec firewall;
  std::vector<admission::TenantSpec> tenants;
  std::vector<admission::UserSpec> users;
  std::vector<KeyEntry> keys;
  std::vector<admission::PriceSpec> prices;
  AuditSpec audit;
  BudgetsSpec budgets;

  std::vector<std::string> upstream_names() const;
};

struct LoadOptions {
  /// Looks up `*_env` and `*_file`. Off: a file can be checked where the secrets are not.
  bool resolve_secrets = true;
  /// Whether certificates and model files must exist.
  bool check_files = true;
  /// Instead of the process's environment, for tests.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

/// The whole file, checked, or everything that is wrong with it. Blocks on the disk.
tl::expected<Config, ConfigErrors> load(const std::filesystem::path& path,
                                        const LoadOptions& options = {});

/// The same of text. `file` is what errors call it; relative paths start at its folder.
tl::expected<Config, ConfigErrors> parse(const std::string& text, const std::filesystem::path& file,
                                         const LoadOptions& options = {});

/// What runs without a file: the embedded engine and its models, no tenant, no price.
Config defaults();

/// The name of the upstream that is the embedded engine.
inline constexpr std::string_view kLocalUpstream = "local";
/// The models of the embedded engine, as it and clients name them.
inline constexpr std::string_view kChatModel = "smollm2";
inline constexpr std::string_view kEmbeddingModel = "all-minilm-l6-v2";
/// What "the model" is for a client that doesn't care.
inline constexpr std::string_view kDefaultModel = "default";

}  // namespace gatehouse::config
