// Every kind of mistake in a configuration file, with the exact words that the operator reads.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/config.h"

namespace gatehouse::config {
namespace {

struct Mistake {
  std::string kind;  // names the test
  std::string yaml;
  std::vector<std::string> errors;  // as printed, without "gatehouse.yaml:"
};

std::optional<std::string> environment(const std::string& name) {
  static const std::map<std::string, std::string> variables{
      {"UPSTREAM_KEY", "sk-upstream"},
      {"EMPTY", ""},
      {"NOT_A_KEY", "hello"},
      {"TWO_LINES", "a\nb"},
  };
  const auto it = variables.find(name);
  if (it == variables.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> errors_of(const std::string& yaml) {
  LoadOptions options;
  options.environment = environment;
  const auto config = parse(yaml, "gatehouse.yaml", options);
  std::vector<std::string> out;
  if (config) return out;
  for (const ConfigError& error : config.error()) {
    std::string line = error.to_string();
    constexpr std::string_view kFile = "gatehouse.yaml:";
    EXPECT_TRUE(line.starts_with(kFile)) << line;
    out.push_back(line.substr(kFile.size()));
  }
  return out;
}

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreRefusedInTheseWords) {
  EXPECT_EQ(errors_of(GetParam().yaml), GetParam().errors);
}

const std::vector<Mistake> kMistakes{
    {"UnknownKeyWithANearOne",
     "server:\n  lisen: 127.0.0.1:1\n",
     {R"(2: server.lisen: Unknown key. Did you mean "listen"?)"}},
    {"UnknownKeyWithoutUnit",
     "server:\n  idle_timeout: 5\n",
     {R"(2: server.idle_timeout: Unknown key. Did you mean "idle_timeout_ms"?)"}},
    {"UnknownKey", "log:\n  xyzzy: 1\n", {"2: log.xyzzy: Unknown key. Known here: level, format."}},
    {"TextForNumber",
     "server:\n  threads: many\n",
     {R"(2: server.threads: "many" is text; expected a whole number from 0 to 1024.)"}},
    {"UnitInValue",
     "server:\n  idle_timeout_ms: 30s\n",
     {R"(2: server.idle_timeout_ms: "30s" is text; expected a whole number from 1 to 86400000. )"
      R"(The unit is in the key's name: write 30000.)"}},
    {"SizeInValue",
     "server:\n  max_body_bytes: 10MiB\n",
     {R"(2: server.max_body_bytes: "10MiB" is text; expected a whole number from 1024 to )"
      R"(1073741824. The unit is in the key's name: write 10485760.)"}},
    {"FractionForNumber",
     "server:\n  threads: 1.5\n",
     {"2: server.threads: 1.5 is a number; expected a whole number from 0 to 1024."}},
    {"QuotedNumber",
     "server:\n  threads: \"4\"\n",
     {R"(2: server.threads: "4" is text; expected a whole number from 0 to 1024.)"}},
    {"OutOfRange",
     "server:\n  threads: 5000\n",
     {"2: server.threads: 5000 is out of range; expected a whole number from 0 to 1024."}},
    {"TooLargeForAnyNumber",
     "server:\n  threads: 99999999999999999999\n",
     {"2: server.threads: 99999999999999999999 is out of range; expected a whole number from 0 to "
      "1024."}},
    {"YesForTrue",
     "engine:\n  enabled: yes\n",
     {R"(2: engine.enabled: "yes" is text; expected true or false.)"}},
    {"NumberForText",
     "tenants:\n  - id: 17\n",
     {R"(2: tenants[0].id: 17 is a whole number; expected 1 to 64 of a-z, 0-9, '-', '_' and '.', )"
      R"(for example acme. Quote it: "17".)"}},
    {"BooleanForText",
     "tenants:\n  - id: a\n    name: true\n",
     {R"(3: tenants[0].name: true is a boolean; expected text. Quote it: "true".)"}},
    {"NoValue",
     "server:\n  listen:\n",
     {"2: server.listen: There is no value; expected ADDRESS:PORT, for example 127.0.0.1:8080."}},
    {"ListForMap", "server: [1]\n", {"1: server: This is a list; expected a map of keys."}},
    {"MapForList", "tenants: {id: a}\n", {"1: tenants: This is a map; expected a list of maps."}},
    {"TextForList",
     "upstreams: openai\n",
     {R"(1: upstreams: "openai" is text; expected a list of maps.)"}},
    {"TextForMap",
     "upstreams: [openai]\n",
     {R"(1: upstreams[0]: "openai" is text; expected a map of keys.)"}},
    {"ListAtTop", "- a\n", {"1: This is a list; expected a map of keys."}},
    {"Choice",
     "log:\n  level: warning\n",
     {R"(2: log.level: "warning" is not allowed; expected one of debug, info, warn, error, off.)"}},
    {"ChoiceNear",
     "log:\n  level: dbug\n",
     {R"(2: log.level: "dbug" is not allowed; expected one of debug, info, warn, error, off. )"
      R"(Did you mean "debug"?)"}},
    {"Listen",
     "server:\n  listen: \"8080\"\n",
     {R"(2: server.listen: "8080" is malformed; expected ADDRESS:PORT, for example )"
      R"(127.0.0.1:8080.)"}},
    {"ListenPort",
     "server:\n  listen: 127.0.0.1:99999\n",
     {R"(2: server.listen: "127.0.0.1:99999" is malformed; expected ADDRESS:PORT, for example )"
      R"(127.0.0.1:8080.)"}},
    {"Missing",
     "upstreams:\n  - name: a\n",
     {"2: upstreams[0].base_url: Missing; expected an http:// or https:// URL, for example "
      "https://api.example.com/v1."}},
    {"Empty",
     "models:\n  - name: a\n    targets: []\n",
     {"3: models[0].targets: The list has 0 entries; expected 1 to 16."}},
    {"Money",
     "tenants:\n  - id: a\n    budgets: [{period: day, usd: -1}]\n",
     {"3: tenants[0].budgets[0].usd: -1 is malformed; expected dollars with at most nine decimals, "
      "without a sign, for example 250.00."}},
    {"Date",
     "prices:\n  - {upstream: local, model: m, from: 2026-02-30, "
     "input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 1}\n",
     {R"(2: prices[0].from: "2026-02-30" is malformed; expected a date, YYYY-MM-DD, for example )"
      R"(2026-11-01.)"}},
    {"Threshold",
     "firewall:\n  policies:\n    - name: p\n      rules: [{category: pii, threshold: 1.5}]\n",
     {"4: firewall.policies[0].rules[0].threshold: 1.5 is malformed; expected a number from 0 to "
      "1."}},
    {"ListEntry",
     "tenants:\n  - id: a\n    models: [gpt, 4]\n",
     {R"(3: tenants[0].models[1]: 4 is a whole number; expected text. Quote it: "4".)"}},
    {"HeaderValue",
     "upstreams:\n  - {name: a, base_url: http://h/v1, headers: {x-n: 1}}\n",
     {R"(2: upstreams[0].headers.x-n: 1 is a whole number; expected text. Quote it: "1".)"}},

    {"Syntax",
     "server:\n  listen: [\n",
     {"3: This is not YAML: end of sequence flow not found (column 1)."}},
    {"Duplicate",
     "log: {}\nserver: {}\nlog: {}\n",
     {"3: log: The key is written twice in the same place; first on line 1."}},
    {"DuplicateDeep",
     "tenants:\n  - id: a\n    name: x\n    name: y\n",
     {"4: tenants[0].name: The key is written twice in the same place; first on line 3."}},
    {"Anchor", "log: &l {}\n", {"1: YAML anchors are not supported: write the value out."}},
    {"Alias",
     "log: &l {}\naudit: *l\n",
     {"1: YAML anchors are not supported: write the value out.",
      "2: YAML aliases are not supported: write the value out.",
      "2: audit: There is no value; expected a map of keys."}},
    {"Tag",
     "data_dir: !!binary aGk=\n",
     {"1: YAML tags are not supported; found \"tag:yaml.org,2002:binary\"."}},
    {"TwoDocuments",
     "log: {}\n---\nlog: {}\n",
     {"3: The file holds a second YAML document; expected one."}},
    {"BadUtf8", "log: {}\n# \xff\n", {"2: The line is not valid UTF-8."}},

    {"SecretInFile",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key: sk-12345}\n",
     {R"(2: upstreams[0].api_key: A secret does not belong in this file: name an environment )"
      R"(variable with "api_key_env", or a file of mode 0600 with "api_key_file".)"}},
    {"SecretForVariable",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key_env: sk-12345}\n",
     {"2: upstreams[0].api_key_env: The value (not shown, since it may be the secret itself) is "
      "not "
      "the name of an environment variable; expected capital letters, digits and _, for example "
      "OPENAI_API_KEY."}},
    {"VariableNotSet",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key_env: NOT_SET}\n",
     {R"(2: upstreams[0].api_key_env: The environment variable "NOT_SET" is not set.)"}},
    {"VariableEmpty",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key_env: EMPTY}\n",
     {R"(2: upstreams[0].api_key_env: The environment variable "EMPTY" is empty.)"}},
    {"VariableWithLines",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key_env: TWO_LINES}\n",
     {R"(2: upstreams[0].api_key_env: The environment variable "TWO_LINES" holds control )"
      R"(characters.)"}},
    {"SecretFileMissing",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key_file: no/such}\n",
     {R"(2: upstreams[0].api_key_file: The file "no/such" does not exist.)"}},
    {"SecretTwice",
     "upstreams:\n  - {name: a, base_url: http://h/v1, api_key_env: UPSTREAM_KEY, "
     "api_key_file: x}\n",
     {R"(2: upstreams[0].api_key_file: Both "api_key_env" and "api_key_file" are there; expected )"
      R"(one of them.)"}},
    {"SecretMissing",
     "tenants: [{id: a}]\nkeys: [{tenant: a}]\n",
     {R"(2: keys[0].secret: Missing; expected "secret_env" or "secret_file".)"}},
    {"NotAKey",
     "tenants: [{id: a}]\nkeys: [{tenant: a, secret_env: NOT_A_KEY}]\n",
     {"2: keys[0].secret_env: What it holds is not a key of Gatehouse; make one with `gatehouse "
      "key "
      "generate`."}},
    {"SecretHeader",
     "upstreams:\n  - {name: a, base_url: http://h/v1, headers: {Authorization: Bearer x}}\n",
     {R"(2: upstreams[0].headers.Authorization: A credential does not belong in this file: use )"
      R"("api_key_env" or "api_key_file".)"}},
};

INSTANTIATE_TEST_SUITE_P(InOneKey, Mistakes, testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.kind; });

const std::vector<Mistake> kImpossible{
    {"CertificateWithoutKey",
     "server:\n  tls: {certificate_file: /dev/null}\n",
     {"2: server.tls.key_file: Missing; expected text, for example tls/server.key.",
      R"(2: server.tls.certificate_file: The file "/dev/null" does not exist.)"}},
    {"MutualTlsWithoutAuthority",
     "server:\n  tls:\n    certificate_file: a.pem\n    key_file: a.key\n"
     "    require_client_certificate: true\n",
     {R"(3: server.tls.certificate_file: The file "a.pem" does not exist.)",
      R"(4: server.tls.key_file: The file "a.key" does not exist.)",
      R"(5: server.tls.require_client_certificate: Client certificates can't be verified without )"
      R"("client_ca_file".)"}},
    {"ConnectionsPerAddress",
     "server:\n  max_connections: 10\n  max_connections_per_address: 20\n",
     {R"(3: server.max_connections_per_address: 20 connections per address are more than )"
      R"("max_connections" (10) allows in all.)"}},
    {"AnswerLongerThanContext",
     "engine:\n  context_tokens: 256\n  default_max_tokens: 512\n",
     {R"(3: engine.default_max_tokens: 512 tokens of an answer don't fit into "context_tokens" )"
      R"((256).)"}},
    {"NothingToAnswer",
     "engine:\n  enabled: false\n",
     {"2: engine.enabled: Nothing could answer a request: the engine is off and \"upstreams\" is "
      "empty."}},
    {"LocalTaken",
     "upstreams: [{name: local, base_url: http://h/v1}]\n",
     {R"(1: upstreams[0].name: "local" is the name of the embedded engine; expected another one.)"}},
    {"UpstreamTwice",
     "upstreams:\n  - {name: a, base_url: http://h/v1}\n  - {name: a, base_url: http://i/v1}\n",
     {R"(3: upstreams[1].name: "a" is declared twice; first in upstreams[0].)"}},
    {"CaFileForPlainHttp",
     "upstreams:\n  - {name: a, base_url: http://h/v1, ca_file: /etc/passwd}\n",
     {"2: upstreams[0].ca_file: There is no certificate to verify on an http:// URL."}},
    {"TimeoutsCross",
     "upstreams:\n  - name: a\n    base_url: http://h/v1\n    first_byte_timeout_ms: 5000\n"
     "    between_chunks_timeout_ms: 1000\n    total_timeout_ms: 4000\n",
     {R"(4: upstreams[0].first_byte_timeout_ms: "first_byte_timeout_ms" (5000) is longer than )"
      R"("total_timeout_ms" (4000).)"}},
    {"AliasToUnknownUpstream",
     "upstreams: [{name: openai, base_url: http://h/v1}]\n"
     "models: [{name: m, targets: [{upstream: opnai, model: x}]}]\n",
     {R"(2: models[0].targets[0].upstream: "opnai" is not the name of an upstream; known: openai, )"
      R"(local. Did you mean "openai"?)"}},
    {"AliasToUnknownLocalModel",
     "models: [{name: m, targets: [{upstream: local, model: llama}]}]\n",
     {R"(1: models[0].targets[0].model: "llama" is not the name of a model of the embedded engine; )"
      R"(known: smollm2, all-minilm-l6-v2.)"}},
    {"AliasTwice",
     "models:\n  - {name: m, targets: [{upstream: local, model: smollm2}]}\n"
     "  - {name: m, targets: [{upstream: local, model: smollm2}]}\n",
     {R"(3: models[1].name: "m" is declared twice; first in models[0].)"}},
    {"AliasUnknownPolicy",
     "models: [{name: m, policy: strict, targets: [{upstream: local, model: smollm2}]}]\n",
     {R"(1: models[0].policy: "strict" is not the name of a policy; known: default.)"}},
    {"PolicyTwice",
     "firewall:\n  policies:\n    - {name: p}\n    - {name: p}\n",
     {R"(4: firewall.policies[1].name: "p" is declared twice; first in firewall.policies[0].)"}},
    {"RuleThatDoesNothing",
     "firewall: {policies: [{name: p, rules: [{category: pii}]}]}\n",
     {"1: firewall.policies[0].rules[0]: A rule needs an action, a threshold, or both."}},
    {"MandatoryDetectorOff",
     "firewall: {policies: [{name: p, detectors: {pii: {enabled: false, on_failure: closed}}}]}\n",
     {"1: firewall.policies[0].detectors.pii: A detector that is switched off cannot be mandatory "
      "(closed)."}},
    {"TenantTwice",
     "tenants:\n  - id: a\n  - id: a\n",
     {R"(3: tenants[1].id: "a" is declared twice; first in tenants[0].)"}},
    {"TenantUnknownPolicy",
     "tenants:\n  - id: a\n    policy: defualt\n",
     {R"(3: tenants[0].policy: "defualt" is not the name of a policy; known: default. Did you mean )"
      R"("default"?)"}},
    {"KeyUnknownPolicy",
     "tenants: [{id: a}]\nkeys:\n  - tenant: a\n    policy: defualt\n",
     {R"(3: keys[0].secret: Missing; expected "secret_env" or "secret_file".)",
      R"(4: keys[0].policy: "defualt" is not the name of a policy; known: default. Did you mean )"
      R"("default"?)"}},
    {"UserOfUnknownTenant",
     "users: [{id: u, tenant: nobody}]\n",
     {R"(1: users[0].tenant: "nobody" is not the name of a tenant of this file; known: none.)"}},
    {"UserTwice",
     "tenants: [{id: a}]\nusers:\n  - {id: u, tenant: a}\n  - {id: u, tenant: a}\n",
     {R"(4: users[1].id: "a/u" is declared twice; first in users[0].)"}},
    {"PriceOfUnknownUpstream",
     "prices:\n  - {upstream: nowhere, model: m, input_usd_per_million_tokens: 1, "
     "output_usd_per_million_tokens: 2}\n",
     {R"(2: prices[0].upstream: "nowhere" is not the name of an upstream; known: local, *.)"}},
    {"PriceDatesFall",
     "prices:\n"
     "  - {upstream: local, model: m, from: 2026-06-01, input_usd_per_million_tokens: 1, "
     "output_usd_per_million_tokens: 2}\n"
     "  - {upstream: local, model: m, from: 2026-01-01, input_usd_per_million_tokens: 1, "
     "output_usd_per_million_tokens: 2}\n",
     {"3: prices[1].from: The dates of one model's prices must rise; prices[0] of the same model "
      "has "
      "the same or a later one."}},
};

INSTANTIATE_TEST_SUITE_P(InCombination, Mistakes, testing::ValuesIn(kImpossible),
                         [](const auto& test) { return test.param.kind; });

TEST(ConfigErrors, AllAreReportedAtOnceInTheOrderOfTheFile) {
  const auto errors = errors_of(
      "tenants:\n  - id: BAD ID\n    policy: nope\nserver:\n  threads: x\n  lisen: 1\nlog: 3\n");
  ASSERT_EQ(errors.size(), 5U);
  EXPECT_TRUE(errors[0].starts_with("2: tenants[0].id: \"BAD ID\" is malformed"));
  EXPECT_TRUE(errors[1].starts_with("3: tenants[0].policy: \"nope\" is not the name of a policy"));
  EXPECT_TRUE(errors[2].starts_with("5: server.threads:"));
  EXPECT_TRUE(errors[3].starts_with("6: server.lisen:"));
  EXPECT_TRUE(errors[4].starts_with("7: log: 3 is a whole number; expected a map of keys."));
}

TEST(ConfigErrors, NoneHoldsASecretThatStandsInTheFile) {
  for (const char* yaml : {
           "upstreams: [{name: a, base_url: http://h/v1, api_key: sk-very-secret}]\n",
           "upstreams: [{name: a, base_url: http://h/v1, api_key_env: sk-very-secret}]\n",
           "upstreams: [{name: a, base_url: http://h/v1, headers: {X-Api-Key: sk-very-secret}}]\n",
           "tenants: [{id: t}]\nkeys: [{tenant: t, secret: sk-very-secret}]\n",
           "api_key: sk-very-secret\n",
       }) {
    const auto config = parse(yaml, "gatehouse.yaml");
    ASSERT_FALSE(config.has_value()) << yaml;
    for (const ConfigError& error : config.error()) {
      EXPECT_EQ(error.to_string().find("very-secret"), std::string::npos) << error.to_string();
      EXPECT_EQ(error.value.find("very-secret"), std::string::npos) << error.value;
    }
  }
}

TEST(ConfigErrors, YamlBombsAreRefusedQuickly) {
  const std::string huge((size_t{1} << 20) + 1, '#');
  EXPECT_EQ(parse(huge, "g.yaml").error()[0].to_string(),
            "g.yaml: The file is larger than 1048576 bytes.");
  std::string deep = "server: ";
  deep += std::string(200, '[') + std::string(200, ']');
  EXPECT_EQ(parse(deep, "g.yaml").error()[0].message, "Nested deeper than 32 levels.");
  std::string many = "tenants: [";
  for (int i = 0; i < 120'000; ++i) many += "1,";
  many += "]";
  EXPECT_EQ(parse(many, "g.yaml").error()[0].message, "The file holds more than 100000 values.");
  std::string laughs = "a: &a [x,x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    laughs += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ",*" +
              static_cast<char>(c - 1) + "]\n";
  }
  const auto bomb = parse(laughs, "g.yaml");
  ASSERT_FALSE(bomb.has_value());
  EXPECT_LT(bomb.error().size(), 200U);
}

}  // namespace
}  // namespace gatehouse::config
