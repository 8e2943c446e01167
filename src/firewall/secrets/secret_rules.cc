#include "firewall/secrets/secret_rules.h"

#include <algorithm>
#include <array>
#include <set>

#include <yaml-cpp/yaml.h>

namespace gatehouse::firewall {
namespace {

constexpr std::array<std::string_view, 7> kKeys = {"id",      "about",   "format", "anchor",
                                                   "context", "entropy", "pass"};
constexpr size_t kShortestPrefix = 2;

unexpected<Refusal> bad_rule(const std::string& id, const std::string& what) {
  return refuse(Refusal::invalid("rules." + id, "rule " + id + ": " + what, "bad_rule"));
}

Result<SecretRule> parse_rule(const YAML::Node& node) {
  const std::string id = node["id"] ? node["id"].as<std::string>() : "?";
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return bad_rule(id, "unknown key '" + key + "'");
    }
  }
  if (!node["id"] || !node["about"] || !node["format"])
    return bad_rule(id, "needs id, about and format");
  auto format = TokenFormat::parse(node["format"].as<std::string>());
  if (!format) return bad_rule(id, format.error().message);
  SecretRule rule{id, node["about"].as<std::string>(), std::move(*format), {}, {}, 0, {}};
  if (node["anchor"]) rule.anchor = node["anchor"].as<std::string>();
  if (node["context"]) rule.context = node["context"].as<std::vector<std::string>>();
  // Even without a demand of its own a format is not met by "ghp_xxxx…".
  if (rule.format.longest() >= 20) rule.entropy = 1.5;
  if (node["entropy"]) rule.entropy = node["entropy"].as<double>();
  if (node["pass"]) rule.pass = node["pass"].as<std::vector<std::string>>();
  if (!rule.anchor.empty() && !rule.format.before(rule.anchor).found) {
    return bad_rule(id, "the anchor is not in the format");
  }
  if (rule.anchor.empty() && rule.context.empty() &&
      rule.format.prefix().size() < kShortestPrefix) {
    return bad_rule(id, "needs a literal beginning of two characters, an anchor or context");
  }
  return rule;
}

}  // namespace

Result<std::vector<SecretRule>> parse_secret_rules(std::string_view yaml) {
  try {  // yaml-cpp reports by exceptions
    const YAML::Node root = YAML::Load(std::string(yaml));
    std::vector<SecretRule> rules;
    std::set<std::string> ids;
    for (const auto& node : root["rules"]) {
      auto rule = parse_rule(node);
      if (!rule) return unexpected<Refusal>(rule.error());
      if (!ids.insert(rule->id).second) return bad_rule(rule->id, "is defined twice");
      rules.push_back(std::move(*rule));
    }
    return rules;
  } catch (const YAML::Exception& error) {
    return refuse(Refusal::invalid(
        "rules", std::string("the rule file cannot be read: ") + error.what(), "bad_rules"));
  }
}

}  // namespace gatehouse::firewall
