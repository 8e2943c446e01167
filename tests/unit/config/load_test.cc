#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "config/config.h"
#include "config/host_port.h"
#include "config/keys.h"
#include "config/scalars.h"

namespace gatehouse::config {
namespace {

namespace fs = std::filesystem;

template <typename Specs>
const auto* named(const Specs& specs, std::string_view name) {
  for (const auto& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return static_cast<const typename Specs::value_type*>(nullptr);
}

TEST(ConfigDefaults, RunTheEmbeddedEngineUnderItsNamesAndDefault) {
  const Config config = defaults();
  EXPECT_EQ(config.server.http.address, "127.0.0.1");
  EXPECT_EQ(config.server.http.port, 8080);
  ASSERT_EQ(config.upstream_names(), std::vector<std::string>{"local"});
  EXPECT_EQ(config.upstreams[0].kind, inference::UpstreamSpec::Kind::local);
  for (const auto& [alias, model] :
       std::map<std::string, std::string>{{"smollm2", "smollm2"},
                                          {"default", "smollm2"},
                                          {"all-minilm-l6-v2", "all-minilm-l6-v2"}}) {
    const routing::AliasSpec* spec = named(config.models, alias);
    ASSERT_NE(spec, nullptr) << alias;
    EXPECT_EQ(spec->targets[0].upstream, "local");
    EXPECT_EQ(spec->targets[0].model, model);
  }
  ASSERT_EQ(config.firewall.policies.size(), 1U);
  EXPECT_EQ(config.firewall.policies[0].name, "default");
  EXPECT_TRUE(config.tenants.empty());
}

TEST(ConfigParse, EmptyFileIsTheDefaults) {
  for (const char* yaml : {"", "# nothing\n", "---\n", "{}\n"}) {
    const auto config = parse(yaml, "gatehouse.yaml");
    ASSERT_TRUE(config.has_value()) << to_string(config.error());
    EXPECT_EQ(config->upstream_names(), defaults().upstream_names());
  }
}

TEST(ConfigParse, ListedModelsAreServedWithoutAnEntry) {
  const auto config = parse(R"(
engine: {enabled: false}
upstreams:
  - {name: a, base_url: "http://h/v1", models: [both, both, mine]}
  - {name: b, base_url: "http://h/v1", models: [b-only, both]}
models: [{name: mine, targets: [{upstream: b, model: other}]}]
)",
                            "f.yaml", {});
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
  ASSERT_EQ(config->models.size(), 3U);
  EXPECT_EQ(named(config->models, "mine")->targets[0].model, "other");
  EXPECT_EQ(named(config->models, "b-only")->targets[0].upstream, "b");
  const routing::AliasSpec* both = named(config->models, "both");
  ASSERT_EQ(both->targets.size(), 2U);
  EXPECT_EQ(both->targets[0].upstream, "a");
  EXPECT_EQ(both->targets[1].upstream, "b");
  EXPECT_EQ(both->targets[1].model, "both");
  EXPECT_FALSE(
      parse(R"(upstreams: [{name: a, base_url: "http://h/v1", models: ["a b"]}])", "f.yaml", {}));
}

TEST(ConfigParse, EveryKindOfKeyReachesItsSpec) {
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "OPENAI_API_KEY" ? std::optional<std::string>("sk-1") : std::nullopt;
  };
  const auto config = parse(R"(
data_dir: state
server:
  listen: "[::1]:9000"
  threads: 3
  max_body_bytes: 2048
  drain_timeout_ms: 5
log: {level: debug, format: json}
engine: {threads: 2, default_max_tokens: 64}
upstreams:
  - name: openai
    base_url: https://api.example.com/v1
    api_key_env: OPENAI_API_KEY
    headers: {x-team: core}
    models: [gpt-4o-mini]
    total_timeout_ms: 90000
  - {name: claude, kind: anthropic, base_url: https://api.example.org}
models:
  - name: default
    policy: strict
    targets: [{upstream: openai, model: gpt-4o-mini}, {upstream: local, model: smollm2}]
firewall:
  policies:
    - name: strict
      mode: shadow
      inspect: [user, tool]
      max_hold_back_chars: 640
      rules: [{category: pii, direction: output, action: block, threshold: 0.25}]
      detectors: {learned: {budget_us: 500, on_failure: closed}}
tenants:
  - id: acme
    name: "42"
    policy: strict
    models: ["gpt-4*"]
    limits: {requests_per_minute: 60, tokens_per_minute: 0}
    budgets: [{period: month, usd: 250.50}, {period: day, tokens: 1000}]
users: [{id: ada, tenant: acme}]
prices:
  - {upstream: openai, model: gpt-4o-mini, input_usd_per_million_tokens: 0.15,
     output_usd_per_million_tokens: "0.60", cached_input_usd_per_million_tokens: 0.075}
  - {upstream: openai, model: gpt-4o-mini, from: 2027-01-01, input_usd_per_million_tokens: 0.1,
     output_usd_per_million_tokens: 0.5, cache_write_usd_per_million_tokens: 0.125}
audit: {on_failure: continue, access_log: true, seal_every_ms: 50}
)",
                            "/etc/gatehouse/gatehouse.yaml", options);
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
  EXPECT_EQ(config->data_dir, "/etc/gatehouse/state");
  EXPECT_EQ(config->server.http.address, "::1");
  EXPECT_EQ(config->server.http.port, 9000);
  EXPECT_EQ(config->server.threads, 3U);
  EXPECT_EQ(config->server.http.max_body_bytes, 2048U);
  EXPECT_EQ(config->log.level, log::Level::debug);
  EXPECT_EQ(config->engine.threads, 2);
  ASSERT_EQ(config->upstreams.size(), 3U);
  EXPECT_EQ(config->upstreams[0].api_key, "sk-1");
  EXPECT_EQ(config->upstreams[0].headers.at("x-team"), "core");
  EXPECT_EQ(config->upstreams[0].total_timeout_ms, 90'000);
  EXPECT_EQ(config->upstreams[1].kind, inference::UpstreamSpec::Kind::anthropic);
  EXPECT_EQ(config->upstreams[2].name, "local");
  EXPECT_EQ(config->upstreams[2].default_max_tokens, 64);
  // The file's own "default" wins over the built-in one.
  EXPECT_EQ(named(config->models, "default")->targets.size(), 2U);
  EXPECT_EQ(named(config->models, "default")->policy, "strict");
  ASSERT_NE(named(config->models, "smollm2"), nullptr);
  ASSERT_NE(named(config->models, "gpt-4o-mini"), nullptr);
  EXPECT_EQ(named(config->models, "gpt-4o-mini")->targets[0].upstream, "openai");
  const firewall::PolicySpec* strict = named(config->firewall.policies, "strict");
  ASSERT_NE(strict, nullptr);
  EXPECT_EQ(strict->mode, firewall::Mode::shadow);
  EXPECT_EQ(strict->inspect,
            (std::vector<firewall::Source>{firewall::Source::user, firewall::Source::tool}));
  ASSERT_EQ(strict->rules.size(), 1U);
  EXPECT_EQ(strict->rules[0].category, firewall::Category::pii);
  EXPECT_EQ(strict->rules[0].direction, firewall::Direction::output);
  EXPECT_FALSE(strict->rules[0].source.has_value());
  EXPECT_EQ(strict->rules[0].action, firewall::Action::block);
  EXPECT_EQ(strict->rules[0].threshold, 0.25F);
  const auto& learned = strict->detectors[static_cast<size_t>(firewall::Detector::learned)];
  EXPECT_EQ(learned.budget, std::chrono::microseconds(500));
  EXPECT_EQ(learned.on_failure, firewall::OnFailure::closed);
  const admission::TenantSpec& acme = config->tenants[0];
  EXPECT_EQ(acme.name, "42");
  EXPECT_EQ(acme.limits.requests_per_minute, 60);
  EXPECT_EQ(acme.limits.tokens_per_minute, 0);
  EXPECT_FALSE(acme.limits.max_concurrency.has_value());
  EXPECT_EQ(acme.budgets[0].money, Money{250'500'000'000});
  EXPECT_EQ(acme.budgets[1].tokens, 1000);
  EXPECT_EQ(config->prices[0].input, admission::Price{150'000'000});
  EXPECT_EQ(config->prices[0].cached_input, admission::Price{75'000'000});
  EXPECT_EQ(config->prices[0].output, admission::Price{600'000'000});
  EXPECT_FALSE(config->prices[0].cache_write_input.has_value());
  EXPECT_EQ(config->prices[1].cache_write_input, admission::Price{125'000'000});
  EXPECT_EQ(config->prices[1].from, *admission::parse_date("2027-01-01"));
  EXPECT_EQ(config->audit.settlement.on_audit_failure, settlement::OnAuditFailure::continue_);
  EXPECT_EQ(config->audit.settlement.seal_every, std::chrono::milliseconds(50));

  // What is shown of it is in the file's own shape, reads back as the same, and holds no secret.
  const std::string shown_text = boost::json::serialize(to_json(root_schema(), &*config));
  EXPECT_EQ(shown_text.find("sk-1"), std::string::npos);
  EXPECT_NE(shown_text.find("\"usd\":\"250.5\""), std::string::npos) << shown_text;
  EXPECT_NE(shown_text.find("\"threshold\":2.5E-1"), std::string::npos) << shown_text;
}

TEST(ConfigParse, CheckWithoutSecretsNeedsNone) {
  LoadOptions options;
  options.resolve_secrets = false;
  options.environment = [](const std::string&) { return std::nullopt; };
  const auto config = parse(
      "upstreams: [{name: a, base_url: http://h/v1, api_key_env: NOT_SET}]\n"
      "tenants: [{id: t}]\nkeys: [{tenant: t, secret_file: /no/such}]\n",
      "gatehouse.yaml", options);
  EXPECT_TRUE(config.has_value()) << to_string(config.error());
}

TEST(ConfigLoad, ReadsSecretsFromFilesBesideTheConfiguration) {
  char folder[] = "/tmp/gatehouse-config-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const fs::path dir = folder;
  std::ofstream(dir / "key") << "sk-from-file\n";
  std::ofstream(dir / "gatehouse.yaml")
      << "upstreams: [{name: a, base_url: http://h/v1, api_key_file: key}]\n";
  const auto config = load(dir / "gatehouse.yaml");
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
  EXPECT_EQ(config->upstreams[0].api_key, "sk-from-file");

  EXPECT_EQ(load(dir / "none.yaml").error()[0].to_string(),
            (dir / "none.yaml").string() + ": The file does not exist.");
  EXPECT_EQ(load(dir).error()[0].message, "This is a folder; expected a YAML file.");
  fs::remove_all(dir);
}

TEST(ConfigLoad, TheExampleIsValid) {
  LoadOptions options;
  options.resolve_secrets = false;
  options.check_files = false;
  const auto config = load(fs::path(GATEHOUSE_SOURCE_DIR) / "gatehouse.example.yaml", options);
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
}

TEST(HostPort, ReadsAddressesAndRefusesNames) {
  EXPECT_EQ(parse_host_port("localhost:80")->host, "127.0.0.1");
  EXPECT_EQ(parse_host_port("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_host_port("0.0.0.0:0")->port, 0);
  for (const char* bad : {"", ":", ":80", "80", "1.2.3:80", "::1:80", "[::1]", "[x]:1", "h:80",
                          "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8o", "127.0.0.1:-1"}) {
    EXPECT_FALSE(parse_host_port(bad).has_value()) << bad;
  }
  EXPECT_EQ(join_host_port("::1", 8), "[::1]:8");
}

TEST(Scalars, KnowWhatYamlReadsAsNoText) {
  for (const char* literal : {"1", "-1", "+7", "0x1F", "0o17", "1.5", ".5", "1e9", "true", "null",
                              "~", ".nan", "-.inf"}) {
    EXPECT_TRUE(is_plain_literal(literal)) << literal;
  }
  for (const char* text : {"", "1.2.3", "2026-11-24", "127.0.0.1", "yes", "1e", "0x", "-", "1s"}) {
    EXPECT_FALSE(is_plain_literal(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::config
