#include "firewall/signatures/rule.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <yaml-cpp/yaml.h>

#include "firewall/signatures/vectorscan.h"

namespace gatehouse::firewall {
namespace {

using Defines = std::map<std::string, std::string>;

constexpr std::array<std::string_view, 15> kKeys = {
    "id",      "category",  "score",  "owasp",        "atlas", "about", "pattern", "lead",
    "sources", "direction", "except", "except_after", "match", "pass",  "disabled"};

unexpected<Refusal> bad_rule(const std::string& id, std::string what) {
  return refuse(Refusal::invalid("rules." + id, "rule " + id + ": " + std::move(what), "bad_rule"));
}

// {name} becomes the definition; a space outside brackets becomes "a few bytes that are no word
// characters", and an optional space none or a few.
std::string expand(const std::string& pattern, const Defines& defines, unsigned depth = 0) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out.append(pattern, i, 2);
      ++i;
      continue;
    }
    if (c == '[' && !in_class) in_class = true;
    if (c == ']' && in_class) in_class = false;
    if (c == ' ' && !in_class && depth == 0) {
      const bool optional = i + 1 < pattern.size() && pattern[i + 1] == '?';
      out += optional ? "\\W{0,4}" : "\\W{1,4}";
      i += optional ? 1u : 0u;
      continue;
    }
    if (c == '{' && i + 1 < pattern.size() && pattern[i + 1] >= 'a' && pattern[i + 1] <= 'z') {
      const size_t end = pattern.find('}', i);
      const auto define = end == std::string::npos
                              ? defines.end()
                              : defines.find(pattern.substr(i + 1, end - i - 1));
      if (define != defines.end()) {
        // Definitions are written with the same spaces; they are expanded with this pattern.
        out += depth < 4 ? expand(define->second, defines, depth) : define->second;
        i = end;
        continue;
      }
    }
    out.push_back(c);
  }
  return out;
}

Result<SignatureRule> parse_rule(const YAML::Node& node, const Defines& defines) {
  SignatureRule rule;
  rule.id = node["id"] ? node["id"].as<std::string>() : "?";
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return bad_rule(rule.id, "unknown key '" + key + "'");
    }
  }
  for (const char* needed : {"id", "category", "score", "pattern", "about", "match", "pass"}) {
    if (!node[needed]) return bad_rule(rule.id, std::string("'") + needed + "' is missing");
  }
  const auto category = category_from_string(node["category"].as<std::string>());
  if (!category)
    return bad_rule(rule.id, "unknown category '" + node["category"].as<std::string>() + "'");
  rule.category = *category;
  rule.score = node["score"].as<float>();
  if (rule.score <= 0 || rule.score > 1)
    return bad_rule(rule.id, "score must be above 0 and at most 1");
  rule.about = node["about"].as<std::string>();
  if (node["owasp"]) rule.owasp = node["owasp"].as<std::string>();
  if (node["atlas"]) rule.atlas = node["atlas"].as<std::string>();
  rule.pattern = expand(node["pattern"].as<std::string>(), defines);
  if (node["lead"]) rule.lead = expand(node["lead"].as<std::string>(), defines);
  if (node["except"]) rule.except = expand(node["except"].as<std::string>(), defines);
  if (node["except_after"]) {
    rule.except_after = expand(node["except_after"].as<std::string>(), defines);
  }
  if (node["sources"]) {
    rule.sources = 0;
    for (const auto& name : node["sources"]) {
      const auto source = source_from_string(name.as<std::string>());
      if (!source) return bad_rule(rule.id, "unknown source '" + name.as<std::string>() + "'");
      rule.sources = static_cast<uint8_t>(rule.sources | 1u << static_cast<unsigned>(*source));
    }
  }
  if (node["direction"]) {
    const auto name = node["direction"].as<std::string>();
    if (name != "input" && name != "output" && name != "both") {
      return bad_rule(rule.id, "direction must be input, output or both");
    }
    rule.directions = name == "both" ? 3 : name == "output" ? 2 : 1;
  }
  rule.match = node["match"].as<std::vector<std::string>>();
  rule.pass = node["pass"].as<std::vector<std::string>>();
  return rule;
}

Result<std::vector<SignatureRule>> parse(std::string_view yaml) {
  const YAML::Node root = YAML::Load(std::string(yaml));
  Defines defines;
  if (root["define"]) {
    for (const auto& entry : root["define"]) {
      defines[entry.first.as<std::string>()] = entry.second.as<std::string>();
    }
  }
  std::vector<SignatureRule> rules;
  std::set<std::string> ids;
  for (const auto& node : root["rules"]) {
    auto rule = parse_rule(node, defines);
    if (!rule) return unexpected<Refusal>(rule.error());
    if (!ids.insert(rule->id).second) return bad_rule(rule->id, "is defined twice");
    if (node["disabled"] && node["disabled"].as<bool>()) continue;
    rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace

std::vector<Expression> pattern_expressions(std::span<const SignatureRule> rules,
                                            Direction direction) {
  std::vector<Expression> expressions;
  for (unsigned i = 0; i < rules.size(); ++i) {
    const SignatureRule& rule = rules[i];
    if (!rule.holds_for(direction)) continue;
    // The first match settles a rule, unless the place where it stands can speak against it.
    const bool anywhere = rule.lead.empty() && rule.except.empty() && rule.except_after.empty();
    const unsigned flags = anywhere ? HS_FLAG_SINGLEMATCH : 0;
    expressions.push_back({rule.pattern, flags, i, rule.id});
  }
  return expressions;
}

std::vector<Expression> around_expressions(std::span<const SignatureRule> rules) {
  std::vector<Expression> expressions;
  for (size_t i = 0; i < rules.size(); ++i) {
    const SignatureRule& rule = rules[i];
    const auto add = [&](Around around, std::string pattern, unsigned flags) {
      expressions.push_back({std::move(pattern), flags, around_id(i, around), rule.id});
    };
    if (!rule.except.empty()) add(Around::except, rule.except, HS_FLAG_SINGLEMATCH);
    if (!rule.except_after.empty()) {
      add(Around::except_after, rule.except_after, HS_FLAG_SINGLEMATCH);
    }
    // All matches: one that ends at a given place is wanted.
    if (!rule.lead.empty()) add(Around::whole, rule.whole(), 0);
  }
  return expressions;
}

Result<std::vector<SignatureRule>> parse_signature_rules(std::string_view yaml) {
  try {  // yaml-cpp reports by exceptions
    return parse(yaml);
  } catch (const YAML::Exception& error) {
    return refuse(Refusal::invalid(
        "rules", std::string("the rule file cannot be read: ") + error.what(), "bad_rules"));
  }
}

}  // namespace gatehouse::firewall
